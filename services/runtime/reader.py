"""The reader of the log: aiokafka's consumer, which can be stopped at any moment."""

import asyncio

from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher


class Reader(AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka has no types
    """A consumer whose `stop` always comes to its end and always closes its connections.

    That of aiokafka 0.14 cancels whoever stops it while a request waits to be tried again, because its broker is away,
    and whoever stops it before it has begun (https://github.com/aio-libs/aiokafka/issues/647). Stopped just after
    `assign`, it never comes to its end: its fetcher takes its own end for that of a request, and goes on.
    """

    async def stop(self) -> None:
        """End what fetches, then everything else; raises what the fetcher has failed with, if it has."""
        fetcher: Fetcher | None = self._fetcher
        try:
            if fetcher is not None:
                await _end(fetcher)
            await super().stop()
        finally:
            await self._client.close()


async def _end(fetcher: Fetcher) -> None:
    """Cancel the fetcher until it has noticed, and then the requests that it leaves behind."""
    while not fetcher._fetch_task.done():  # noqa: SLF001  # no public way
        fetcher._fetch_task.cancel()  # noqa: SLF001  # no public way
        await asyncio.sleep(0)
    requests = set(fetcher._pending_tasks)  # noqa: SLF001  # no public way
    fetcher._pending_tasks.clear()  # noqa: SLF001  # no public way
    for request in requests:
        request.cancel()
    await asyncio.gather(*requests, return_exceptions=True)
