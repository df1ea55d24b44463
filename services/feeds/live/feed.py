"""The live feed of one phone system: listens, spools, makes facts, appends them, and knows where it is."""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Generic, NoReturn, Protocol
from urllib.parse import quote

import structlog

from events.envelope import Envelope
from events.feeds import FeedBeat
from services.feeds.appender import ROUND, Appender, AppendError, record_of
from services.feeds.callers.heard import Callers
from services.feeds.facts import Micros, second
from services.feeds.frames import Cutter, Frame
from services.feeds.live.checkpoint import Checkpoint, Memory, dump, load, save
from services.feeds.live.spool import Spool
from services.feeds.reading import Items, Reader
from services.runtime.errors import ClearError
from services.runtime.lock import own
from services.runtime.stopping import unless

SPOOL_BYTES = 512 * 1024 * 1024
"""How much is kept while Kafka is away: of a busy Asterisk five minutes, with the recommended filter a quarter hour."""
CHECKPOINT_S = 1.0
_CHUNK = 512 * 1024
_NS = 1000
_AGAIN_S = 1.0
"""How long to wait before appending again what Kafka did not take."""
_FINISH_S = 5.0
"""How long what is spooled may take to be appended when we are told to stop; the rest is for the next start."""

_log = structlog.get_logger()


ToldTime = Callable[[str, Micros], None]
"""Takes note of what time it is at the phone system of a feed, as soon as that is heard."""


def unnoticed(_feed: str, _at: Micros) -> None:
    """Take no note of it."""


class LiveReader(Reader, Protocol):
    """A reader of what is heard live."""

    feed: str
    """What the feed calls itself where it speaks of gaps and beats."""

    def lost(self) -> None:
        """Take note that something may be missing between what was read and what comes next."""

    def clock(self, item: bytes) -> Micros | None:
        """Say what time it is at the phone system, where an item does nothing but tell that."""


class Cutting(Protocol):
    """Cuts what is spooled into items, as it grows."""

    position: int
    """Where the item begins that is being gathered."""

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """Give the items that are whole with this chunk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening(Generic[Memory]):
    """What is listened to, and how it is read."""

    origin: str
    """What is listened to, such as ami."""
    folder: Path
    """Where the spool and the checkpoint lie; no other process has it."""
    spool_bytes: int
    listen: Callable[[Spool], Coroutine[object, object, NoReturn]]
    """Writes all that is said to a spool, for ever."""
    memory: type[Memory]
    reader: Callable[[Memory], LiveReader]
    """Makes a reader that goes on with a memory."""
    cutter: Callable[[int], Cutting] | None = None
    """Cuts from a position on, where no separator ends the items."""
    told_time: ToldTime = unnoticed


async def feed(listening: Listening[Memory], appender: Appender, stop: asyncio.Event) -> None:
    """Listen and tell at the same time; when told to stop, no longer listen, and tell what there is."""
    spool = Spool(listening.folder, listening.spool_bytes)
    try:
        telling = _Telling(listening, spool, appender)
        at_work = asyncio.create_task(telling.tell())
        try:
            await unless(stop, listening.listen(spool), at_work)
            spool.complete()
            await asyncio.wait({at_work}, timeout=_FINISH_S)
        finally:
            at_work.cancel()
            await asyncio.gather(at_work, return_exceptions=True)
    finally:
        spool.close()


def folder_name(kind: str, system: str | None) -> str:
    """Name the folder of what is heard of one phone system, or of the only one that has no name."""
    return kind + (f"-{quote(system, safe='')}" if system else "")


@contextmanager
def owned(folder: Path) -> Generator[Path]:
    """Have a folder to ourselves; raises ClearError when another process has it."""
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


def our_clock() -> Micros:
    """What time it is here."""
    return time.time_ns() // _NS


async def append(appender: Appender, facts: Sequence[Envelope], callers: Callers | None) -> None:
    """Append, for as long as it takes: what is not on the log is kept where it comes from."""
    records = [record_of(fact) for fact in (facts if callers is None else await callers.identify(facts))]
    while records:
        try:
            await appender.append(records)
        except AppendError as error:
            await _log.awarning("kafka_does_not_take", records=len(records), reason=str(error))
            await asyncio.sleep(_AGAIN_S)
        else:
            return


class _Telling(Generic[Memory]):
    """Makes facts of what is spooled, and appends them."""

    def __init__(self, listening: Listening[Memory], spool: Spool, appender: Appender) -> None:
        self._file, self._origin = listening.folder / "checkpoint", listening.origin
        self._spool, self._appender = spool, appender
        self._checkpoint: Checkpoint[Memory] = load(self._file, listening.memory)
        self._reader = listening.reader(self._checkpoint.memory)
        self._items = Items(self._reader, self._origin)
        self._items.received, self._items.parked = self._checkpoint.received, self._checkpoint.parked
        self._told_time, self._beaten = listening.told_time, self._checkpoint.beaten
        self._callers = self._reader.teller.company.callers
        if self._callers is not None:
            self._callers.known = self._checkpoint.callers
        spool.begin_at(self._checkpoint.position)
        if self._checkpoint.position < spool.start:
            self._reader.lost()
        self._read = max(self._checkpoint.position, spool.start)
        self._cutter: Cutting = (
            Cutter(self._reader.separator, position=self._read)
            if listening.cutter is None
            else listening.cutter(self._read)
        )
        self._clock = asyncio.get_running_loop().time
        self._saved = self._clock()

    async def tell(self) -> None:
        """Tell all that is spooled, and what will be, until the spool is complete."""
        while await self._more():
            chunk = self._spool.read(self._read, _CHUNK)
            self._read += len(chunk)
            await self._tell(chunk)
            await asyncio.sleep(0)  # the socket comes first
            if self._clock() - self._saved >= CHECKPOINT_S:
                await self._save()
        await self._save()

    async def _more(self) -> bool:
        """Wait for more, and write down meanwhile what is told; False when nothing more will come."""
        while True:
            try:
                async with asyncio.timeout(CHECKPOINT_S):
                    return await self._spool.grows(self._read)
            except TimeoutError:
                await self._save()

    async def _tell(self, chunk: bytes) -> None:
        await self._append(self._envelopes(chunk))

    async def _append(self, told: Iterator[Envelope]) -> None:
        while facts := list(islice(told, ROUND)):
            await append(self._appender, facts, self._callers)

    def _envelopes(self, chunk: bytes) -> Iterator[Envelope]:
        for frame in self._cutter.feed(chunk):
            yield from self._items.item(frame)
            if frame.data is not None and (at := self._reader.clock(frame.data)) is not None:
                self._told_time(self._reader.feed, at)
                if second(at) != self._beaten:
                    yield self._beat(frame, at)

    def _beat(self, frame: Frame, at: Micros) -> Envelope:
        """Tell that all before this moment of the phone system's clock is told: once for each of its seconds."""
        teller = self._reader.teller
        self._beaten = second(at)
        parked, self._items.parked = self._items.parked, 0
        event = FeedBeat(
            **teller.when(at),
            feed=self._reader.feed,
            position=f"{self._origin}:{frame.position}",
            received=self._items.received,
            parked=parked,
        )
        return teller.tell(event, f"feed/{event.feed}", "beat", second(at))

    async def _save(self) -> None:
        """Write down how far all is on the log.

        What was parked, and waits for the phone system to tell the time, is told before that, by our clock: it may be
        that nothing the phone system says can be read.
        """
        self._saved = self._clock()
        if self._cutter.position == self._checkpoint.position:
            return
        await self._append(self._items.release(our_clock()))
        self._checkpoint.position = self._cutter.position
        self._checkpoint.received, self._checkpoint.parked = self._items.received, self._items.parked
        self._checkpoint.beaten = self._beaten
        await asyncio.to_thread(save, self._file, dump(self._checkpoint))
        self._spool.forget(self._checkpoint.position)
