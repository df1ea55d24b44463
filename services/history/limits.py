"""What an answer may cost: how long its statement runs, how many rows it gives, and how many run at once."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, Protocol

import duckdb

from services.history.errors import TooBusyError, TookTooLongError, TookTooMuchMemoryError, TooManyRowsError

_AGAIN_S = 0.05
"""How long after an interrupt the next one comes: one that comes before the statement runs is lost."""


class Interruptible(Protocol):
    """A connection whose statement can be interrupted, by any thread."""

    def interrupt(self) -> None:
        """End what runs, if anything does."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one answer may cost; None: as much as it likes."""

    seconds: float | None = None
    rows: int | None = None

    @contextmanager
    def time(self, con: Interruptible) -> Iterator[None]:
        """Interrupt what a connection runs within the block when it takes too long; raises TookTooLongError."""
        if self.seconds is None:
            yield
            return
        done = Event()
        watch = Thread(target=_interrupt, args=(con, self.seconds, done), name="statement-watch", daemon=True)
        watch.start()
        try:
            yield
        except duckdb.InterruptException:
            raise TookTooLongError(self.seconds) from None
        finally:
            done.set()
            watch.join()

    def enough_of(self, sql: str) -> str:
        """A query that ends with the first row that there may not be; `allow` tells whether there is one."""
        return sql if self.rows is None else f"FROM (\n{sql}\n) LIMIT {self.rows + 1}"

    def fetch(self, result: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
        """The rows of a result; raises TooManyRowsError when there are more than there may be."""
        if self.rows is None:
            return result.fetchall()
        rows = result.fetchmany(self.rows + 1)
        self.allow(len(rows))
        return rows

    def allow(self, rows: int) -> None:
        """Make sure that there may be so many rows; raises TooManyRowsError."""
        if self.rows is not None and rows > self.rows:
            raise TooManyRowsError(self.rows)


NO_LIMITS = Limits()


@contextmanager
def within_memory() -> Generator[None]:
    """Within a block, what needs more memory than DuckDB may use is a TookTooMuchMemoryError."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise TookTooMuchMemoryError from None


def _interrupt(con: Interruptible, after_s: float, done: Event) -> None:
    """Interrupt a connection when its time is over, and again until its statement is done."""
    wait_s = after_s
    while not done.wait(wait_s):
        con.interrupt()
        wait_s = _AGAIN_S


class Turns:
    """How many answers are made at once; whoever comes when that many are waits for a while."""

    def __init__(self, at_once: int, wait_s: float) -> None:
        """Let so many at once, and the next wait so long."""
        self._free, self._wait_s = asyncio.Semaphore(at_once), wait_s

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Have one for a block; raises TooBusyError when none comes free in time."""
        try:
            async with asyncio.timeout(self._wait_s):
                await self._free.acquire()
        except TimeoutError:
            raise TooBusyError from None
        try:
            yield
        finally:
            self._free.release()
