"""What many large requests at once take of the memory, measured: no more than the door was told."""

import asyncio
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import httpx
import msgspec
import pytest

from services.feeds.appender import Appender, Record
from services.feeds.cloud_events import BATCH, LINES
from services.feeds.door import door
from tests.callers import bearer, watch
from tests.feeds.door_client import ENDED, NOWHERE, webhooks
from tests.feeds.webhooks.test_amazon_connect import contact, event, record
from tests.feeds.webhooks.test_receiving import delivery

MEMORY, SIZE, CHUNK = 12_000_000, 1_000_000, 64 * 1024
CLIENTS = 16


class Slow(Appender):
    """Takes as long as a log that is far away, and meanwhile holds what a producer would."""

    def __init__(self) -> None:
        super().__init__(NOWHERE)

    async def append(self, records: Sequence[Record]) -> None:
        batch = b"".join([record.value for record in records])
        for _ in range(CLIENTS):
            await asyncio.sleep(0)
        assert batch


async def trickle(body: bytes, together: asyncio.Barrier) -> AsyncIterator[bytes]:
    """Send as a socket brings it, all clients at once."""
    await together.wait()
    for start in range(0, len(body), CHUNK):
        await asyncio.sleep(0)
        yield body[start : start + CHUNK]


async def peak(home: Path, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[int, int]]:
    """How much was taken at the most, in bytes, and how often each status was answered."""
    appender, together = Slow(), asyncio.Barrier(CLIENTS)
    app = door(appender, lambda: True, watch(home), webhooks(appender, MEMORY))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://door", headers=headers) as http:
        tracemalloc.start()
        try:
            sent = [http.post(path, content=trickle(body, together)) for _ in range(CLIENTS)]
            answers = await asyncio.gather(*sent)
            return tracemalloc.get_traced_memory()[1], Counter(answer.status_code for answer in answers)
        finally:
            tracemalloc.stop()


EVENTS = [ENDED] * (SIZE // len(ENDED))
NUMBERS = [b"11"] * (SIZE // 3)


@pytest.mark.parametrize(
    ("body", "content_type", "answered"),
    [
        (b"\n".join(EVENTS), LINES, 202),
        (b"[" + b",".join(EVENTS) + b"]", BATCH, 202),
        (b"\n".join(NUMBERS[:30_000]), LINES, 422),
        (b"[" + b",".join(NUMBERS[:30_000]) + b"]", BATCH, 422),
        (b"\n".join(NUMBERS), LINES, 413),
        (b"[" + b",".join(NUMBERS) + b"]", BATCH, 413),
    ],
    ids=["lines", "array", "short lines", "short elements", "many lines", "many elements"],
)
async def test_events_that_come_at_once_stay_within_it(
    tmp_path: Path, body: bytes, content_type: str, answered: int
) -> None:
    headers = {**bearer(tmp_path, "feed"), "content-type": content_type}
    taken, statuses = await peak(tmp_path, "/v1/events", body, headers)
    assert taken < MEMORY
    assert statuses.keys() == {answered, 429}


def lines(item: object) -> bytes:
    line = msgspec.json.encode(item)
    return b"\n".join([line] * (SIZE // (len(line) + 1)))


WAITING = {"eventTime": 1_795_597_300_000, "conversationId": "c", "queueId": "q"}
SHORTEST = {"topicName": "v2.detail.events.conversation.1.acd.start", "eventBody": WAITING}


@pytest.mark.parametrize(
    ("source", "body", "answered"),
    [
        ("aircall", delivery(filler="x" * SIZE), 202),
        ("amazon_connect", lines(record()), 202),
        ("amazon_connect", lines(event("STATE_CHANGE", 5, "Available", contact("CONNECTED"))), 202),
        ("genesys", lines(SHORTEST), 202),
        ("genesys", lines({}), 413),
    ],
    ids=["one", "records", "states", "short lines", "many lines"],
)
async def test_deliveries_that_come_at_once_stay_within_it(
    tmp_path: Path, source: str, body: bytes, answered: int
) -> None:
    taken, statuses = await peak(tmp_path, f"/v1/feeds/{source}", body, {"x-api-key": "new"})
    assert taken < MEMORY
    assert statuses.keys() == {answered, 429}
