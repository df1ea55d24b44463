"""Requests of some clients at once, each answered before its next, and what they cost the door's process."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

import psutil

from tests.bench.feeds.door import Door

BATCH = 100
"""How many items a request has."""
CLIENTS = 8


async def sent(door: Door, path: str, headers: Mapping[str, str], items: Sequence[bytes]) -> Mapping[str, float]:
    """Send them all, an item a line; how many a second were accepted, and what each cost the door's process."""
    bodies = iter([b"\n".join(items[start : start + BATCH]) for start in range(0, len(items), BATCH)])
    process = psutil.Process(door.pid)
    before, begun = cpu(process), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(_client(door, path, headers, bodies))
    took, spent = time.perf_counter() - begun, cpu(process) - before
    return {"events_s": round(len(items) / took), "us_cpu_per_event": round(spent / len(items) * 1e6, 2)}


async def _client(door: Door, path: str, headers: Mapping[str, str], bodies: Iterator[bytes]) -> None:
    address = urlsplit(door.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"POST {path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    for body in bodies:
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        told = await reader.readexactly(length)
        assert answer.startswith(b"HTTP/1.1 202"), (answer, told)
    writer.close()


def cpu(process: psutil.Process) -> float:
    """The seconds of processor time that a process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)
