"""Sending to the door at a steady rate, whether or not it keeps up."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from services.feeds.cloud_events import LINES
from tests.bench.feeds.door import Door
from tests.bench.feeds.sending import BATCH, CLIENTS, posting
from tests.bench.soak.calls import Calls


@dataclass(slots=True)
class Sent:
    """What was sent, and how late."""

    seconds: float = 0.0
    latest_s: float = 0.0
    """How long after it was due a request was sent, at most: the door, or this machine, did not keep up."""


async def send(door: Door, calls: Calls, per_s: int, seconds: float) -> Sent:
    """Send requests when they are due; raises RefusedError for an answer that is not 202."""
    sent, began, numbers = Sent(), time.monotonic(), count()
    dues = iter(lambda: began + next(numbers) * BATCH / per_s, began + seconds)
    ends = began + seconds
    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(_client(door, calls, dues, ends, sent))
    sent.seconds = time.monotonic() - began
    return sent


async def _client(door: Door, calls: Calls, dues: Iterator[float], ends: float, sent: Sent) -> None:
    async with posting(door, "/v1/events", {"Content-Type": LINES, **door.credentials}) as post:
        for due in dues:
            if due >= ends:
                break
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            sent.latest_s = max(sent.latest_s, time.monotonic() - due)
            await post(calls.body(BATCH))
