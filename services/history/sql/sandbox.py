"""Running a query in a process of its own, and what came of it. The process can be lost; this one goes on."""

import asyncio
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from events.accesses import Outcome
from services.history.mart.database import FILE_NAME

_CHILD = Path(__file__).parent / "child.py"
_GRACE_S = 5.0
"""How much later than the kernel we end a process ourselves."""
_ABOUT_BYTES = 1024 * 1024
"""The most that an answer says of itself, besides its rows."""
_READ_BYTES = 64 * 1024
_OUT_OF_TIME = (-signal.SIGALRM, -signal.SIGXCPU)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one query may take."""

    seconds: float = 10
    rows: int = 10_000
    size_bytes: int = 16 * 1024 * 1024
    memory_mb: int = 512


class Column(msgspec.Struct, frozen=True):
    """A column of an answer, and its type as DuckDB calls it."""

    name: str
    type: str


class Said(msgspec.Struct, frozen=True):
    """What came of a query."""

    outcome: Outcome
    reason: str = ""
    """Why it was refused, in DuckDB's words."""
    as_of: Mapping[str, int] = {}
    columns: tuple[Column, ...] = ()
    count: int = 0
    rows: msgspec.Raw = msgspec.Raw(b"[]")
    took_ms: int = 0


_SAID = msgspec.json.Decoder(Said)


async def run(mart: Path, sql: str, bounds: Bounds) -> Said:
    """Have a query answered from a mart's folder, within bounds."""
    asked = {
        "mart": str(mart / FILE_NAME),
        "sql": sql,
        "seconds": bounds.seconds,
        "rows": bounds.rows,
        "bytes": bounds.size_bytes,
        "memory_mb": bounds.memory_mb,
    }
    started = time.monotonic()
    said = await _asked(msgspec.json.encode(asked), bounds)
    return msgspec.structs.replace(said, took_ms=round(1000 * (time.monotonic() - started)))


async def _asked(question: bytes, bounds: Bounds) -> Said:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(_CHILD)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(bounds.seconds + _GRACE_S):
            answer = await _answer(process, question, bounds.size_bytes + _ABOUT_BYTES)
            return _read(answer, await process.wait())
    except TimeoutError:
        return Said("out_of_time")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _answer(process: asyncio.subprocess.Process, question: bytes, most: int) -> bytes:
    """All that a process says, or more than it may."""
    assert process.stdin is not None  # noqa: S101  # both are pipes
    assert process.stdout is not None  # noqa: S101
    with suppress(BrokenPipeError, ConnectionResetError):  # it may die before it has heard all
        process.stdin.write(question)
        await process.stdin.drain()
    process.stdin.close()
    answer = bytearray()
    while len(answer) <= most and (some := await process.stdout.read(_READ_BYTES)):
        answer += some
    if len(answer) > most:
        process.kill()
    return bytes(answer)


def _read(answer: bytes, code: int) -> Said:
    if code in _OUT_OF_TIME:
        return Said("out_of_time")
    try:
        return _SAID.decode(answer) if code == 0 else Said("died")
    except msgspec.DecodeError:
        return Said("died")
