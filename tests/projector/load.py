"""A log that grows while workers come to grief."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from itertools import islice

from aiokafka import AIOKafkaProducer

from services.runtime.log import producer
from services.runtime.shards import Source
from tests.projector.workers import settings_for

_PIECE, _EVERY_S = 5, 0.04


@asynccontextmanager
async def growing(bootstrap: str, records: Iterator[tuple[Source, bytes]]) -> AsyncGenerator[None]:
    """Append records, a hundred a second, for a block; ends with the block, or when they end."""
    async with producer(settings_for(bootstrap)) as writer:
        appending = asyncio.create_task(_append(writer, records))
        try:
            yield
        finally:
            appending.cancel()
            await asyncio.wait({appending})


async def _append(writer: AIOKafkaProducer, records: Iterator[tuple[Source, bytes]]) -> None:
    while piece := list(islice(records, _PIECE)):
        for (topic, partition), value in piece:
            await writer.send(topic, value, partition=partition)
        await asyncio.sleep(_EVERY_S)
