"""Requests to the door, each answered before its next, and what they cost its process."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import psutil

from services.runtime.errors import ClearError
from tests.bench.feeds.door import Door

BATCH = 100
"""How many items a request has."""
CLIENTS = 8


class RefusedError(ClearError):
    """The door did not take what it was sent."""


async def sent(door: Door, path: str, headers: Mapping[str, str], items: Sequence[bytes]) -> Mapping[str, float]:
    """Send them all, an item a line; how many a second were accepted, and what each cost the door's process.

    Raises RefusedError for an answer that is not 202.
    """
    bodies = iter([b"\n".join(items[start : start + BATCH]) for start in range(0, len(items), BATCH)])
    process = psutil.Process(door.pid)
    before, begun = cpu(process), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(_client(door, path, headers, bodies))
    took, spent = time.perf_counter() - begun, cpu(process) - before
    return {"events_s": round(len(items) / took), "us_cpu_per_event": round(spent / len(items) * 1e6, 2)}


async def _client(door: Door, path: str, headers: Mapping[str, str], bodies: Iterator[bytes]) -> None:
    async with posting(door, path, headers) as post:
        for body in bodies:
            await post(body)


@asynccontextmanager
async def posting(
    door: Door, path: str, headers: Mapping[str, str]
) -> AsyncGenerator[Callable[[bytes], Awaitable[None]]]:
    """A connection to the door for a block, and what sends a body on it; that raises RefusedError, unless it is 202."""
    address = urlsplit(door.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"POST {path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())

    async def post(body: bytes) -> None:
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        told = await reader.readexactly(length)
        if not answer.startswith(b"HTTP/1.1 202"):
            message = f"the door answered {answer.split()[1].decode()}: {told.decode(errors='replace')}"
            raise RefusedError(message)

    yield post
    writer.close()


def cpu(process: psutil.Process) -> float:
    """The seconds of processor time that a process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)
