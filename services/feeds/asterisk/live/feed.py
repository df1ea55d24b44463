"""The live feed of one phone system: listens, spools, makes facts, appends them, and knows where it is."""

import asyncio
import os
from asyncio import Task
from collections.abc import Coroutine, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import structlog

from events.envelope import Envelope
from events.feeds import FeedBeat
from services.feeds.appender import ROUND, Appender, AppendError, Record, record_of
from services.feeds.asterisk.ami import AmiReader
from services.feeds.asterisk.live.checkpoint import dump, load, save
from services.feeds.asterisk.live.connection import Manager, listen, system_name
from services.feeds.asterisk.live.missed import MissedLines
from services.feeds.asterisk.live.spool import Spool
from services.feeds.asterisk.message import pong_at
from services.feeds.facts import Company, Micros, Teller, second
from services.feeds.frames import Cutter, Frame
from services.feeds.reading import Items
from services.runtime.errors import ClearError
from services.runtime.lock import own

SPOOL_BYTES = 512 * 1024 * 1024
"""How much is kept while Kafka is away: of a busy Asterisk five minutes, with the recommended filter a quarter hour."""
_CHUNK = 512 * 1024
_CHECKPOINT_S = 1.0
_AGAIN_S = 1.0
"""How long to wait before appending again what Kafka did not take."""
_FINISH_S = 5.0
"""How long what is spooled may take to be appended when we are told to stop; the rest is for the next start."""

Done = TypeVar("Done")

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveAsterisk:
    """What to listen to, and for whom."""

    manager: Manager
    company: Company
    home: Path
    """The spool lies below it, in feeds/<system>/."""
    system: str | None = None
    """The phone system's `systemname`; without one it is asked."""
    queue_log: Path | None = None
    """Its queue_log, where that can be read: it fills the holes."""
    spool_bytes: int = SPOOL_BYTES
    patient: bool = False
    """Whether a refused login is tried again, like a phone system that does not answer."""


async def run(live: LiveAsterisk, appender: Appender, stop: asyncio.Event) -> None:
    """Feed until `stop` is set.

    Raises ClearError when the login is refused (unless patient), or another process feeds from the same phone system
    here.
    """
    system = live.system
    if system is None:
        system = await _unless(stop, system_name(live.manager, patient=live.patient))
    if system is not None:
        with _owned(live.home / "feeds" / quote(system or "asterisk", safe="")) as folder:
            spool = Spool(folder, live.spool_bytes)
            try:
                await _feed(live, spool, _Telling(live, system, folder, spool, appender), stop)
            finally:
                spool.close()


async def _feed(live: LiveAsterisk, spool: Spool, telling: "_Telling", stop: asyncio.Event) -> None:
    """Listen and tell at the same time; when told to stop, no longer listen, and tell what there is."""
    at_work = asyncio.create_task(telling.tell())
    try:
        await _unless(stop, listen(live.manager, spool, patient=live.patient), at_work)
        spool.complete()
        await asyncio.wait({at_work}, timeout=_FINISH_S)
    finally:
        at_work.cancel()
        await asyncio.gather(at_work, return_exceptions=True)


async def _unless(
    stop: asyncio.Event, work: Coroutine[object, object, Done], beside: Task[None] | None = None
) -> Done | None:
    """Work until it is done or `stop` is set, which gives None; what fails, here or beside it, fails."""
    stopping, working = asyncio.create_task(stop.wait()), asyncio.create_task(work)
    ends: set[Task[Any]] = {stopping, working} | ({beside} if beside is not None else set())
    try:
        done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        working.cancel()
        await asyncio.gather(stopping, working, return_exceptions=True)
    for task in done - {stopping}:
        task.result()
    return working.result() if working in done else None


@contextmanager
def _owned(folder: Path) -> Generator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock = own(folder / "lock")
    except BlockingIOError:
        message = f"another process feeds from the same phone system: it has {folder}"
        raise ClearError(message) from None
    try:
        yield folder
    finally:
        os.close(lock)


class _Telling:
    """Makes facts of what is spooled, and appends them."""

    def __init__(self, live: LiveAsterisk, system: str, folder: Path, spool: Spool, appender: Appender) -> None:
        source = f"/asterisk/{system}" if system else "/asterisk"
        self._file = folder / "checkpoint"
        self._spool, self._appender = spool, appender
        self._checkpoint = load(self._file)
        missed = MissedLines(live.queue_log, source) if live.queue_log is not None else None
        self._reader = AmiReader(Teller(source, live.company), self._checkpoint.memory, missed)
        self._reader.feed = source
        self._items = Items(self._reader, "ami")
        self._items.received = self._checkpoint.received
        spool.begin_at(self._checkpoint.position)
        if self._checkpoint.position < spool.start:
            self._reader.lost()
        self._read = max(self._checkpoint.position, spool.start)
        self._cutter = Cutter(self._reader.separator, position=self._read)
        self._clock = asyncio.get_running_loop().time
        self._saved = self._clock()

    async def tell(self) -> None:
        """Tell all that is spooled, and what will be, until the spool is complete."""
        while await self._spool.grows(self._read):
            chunk = self._spool.read(self._read, _CHUNK)
            self._read += len(chunk)
            await self._tell(chunk)
            await asyncio.sleep(0)  # the socket comes first
            if self._clock() - self._saved >= _CHECKPOINT_S:
                await self._save()
        await self._save()

    async def _tell(self, chunk: bytes) -> None:
        records: list[Record] = []
        for envelope in self._envelopes(chunk):
            records.append(record_of(envelope))
            if len(records) == ROUND:
                await self._append(records)
                records = []
        if records:
            await self._append(records)

    def _envelopes(self, chunk: bytes) -> Iterator[Envelope]:
        for frame in self._cutter.feed(chunk):
            yield from self._items.item(frame)
            if frame.data is not None and (at := pong_at(frame.data.lstrip(b"\r\n"))) is not None:
                yield self._beat(frame, at)

    def _beat(self, frame: Frame, at: Micros) -> Envelope:
        """Tell that all before this moment of the phone system's clock is told: once for each of its seconds."""
        teller = self._reader.teller
        event = FeedBeat(
            **teller.when(at),
            feed=self._reader.feed,
            position=f"ami:{frame.position}",
            received=self._items.received,
        )
        return teller.tell(event, f"feed/{event.feed}", "beat", second(at))

    async def _append(self, records: Sequence[Record]) -> None:
        """Append, for as long as it takes: what is not on the log stays in the spool."""
        while True:
            try:
                await self._appender.append(records)
            except AppendError as error:
                await _log.awarning("kafka_does_not_take", records=len(records), reason=str(error))
                await asyncio.sleep(_AGAIN_S)
            else:
                return

    async def _save(self) -> None:
        """Write down how far all is on the log; not while something is parked of which the log does not know yet."""
        self._saved = self._clock()
        if self._items.holds or self._cutter.position == self._checkpoint.position:
            return
        self._checkpoint.position, self._checkpoint.received = self._cutter.position, self._items.received
        await asyncio.to_thread(save, self._file, dump(self._checkpoint))
        self._spool.forget(self._checkpoint.position)
