"""Sending to the door at a steady rate, whether or not it keeps up."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlsplit

from services.feeds.cloud_events import LINES
from services.runtime.errors import ClearError
from tests.bench.feeds.door import Door
from tests.bench.soak.calls import Calls

BATCH = 100
"""Events of a request."""
_CLIENTS = 8


class RefusedError(ClearError):
    """The door did not take what it was sent."""


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
        for _ in range(_CLIENTS):
            group.create_task(_client(door, calls, dues, ends, sent))
    sent.seconds = time.monotonic() - began
    return sent


async def _client(door: Door, calls: Calls, dues: Iterator[float], ends: float, sent: Sent) -> None:
    address = urlsplit(door.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"POST /v1/events HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: {LINES}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in door.credentials.items())
    for due in dues:
        if due >= ends:
            break
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        sent.latest_s = max(sent.latest_s, time.monotonic() - due)
        body = calls.body(BATCH)
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        if not answer.startswith(b"HTTP/1.1 202"):
            message = f"the door answered {answer.split()[1].decode()}"
            raise RefusedError(message)
    writer.close()
