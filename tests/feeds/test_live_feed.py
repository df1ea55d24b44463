"""A live feed without Kafka: what it has told is written down, and no longer kept, also where nothing more comes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

from events.codec import decode
from events.envelope import Envelope
from services.feeds.appender import Appender
from services.feeds.facts import Teller
from services.feeds.live.checkpoint import load
from services.feeds.live.feed import Listening, feed
from services.feeds.live.spool import Spool
from services.feeds.three_cx.fields import ORDER
from services.feeds.three_cx.reader import ThreeCxMemory, ThreeCxReader
from tests.feeds.samples import facts, parked
from tests.feeds.test_appender import KAFKA, Broker, no_pause
from tests.feeds.three_cx.given import CALLER, COMPANY, row
from tests.feeds.watching import soon

ROW = row()


@dataclass
class Heard:
    """A phone system that says something, and then no more."""

    said: bytes
    folder: Path
    zone: tzinfo = UTC
    broker: Broker = field(default_factory=Broker)

    @property
    def told(self) -> list[Envelope]:
        """What is on the log."""
        return [decode(value).envelope for *_place, value in self.broker.log]

    @property
    def kept(self) -> bytes:
        """What lies in the spool."""
        return b"".join(file.read_bytes() for file in self.folder.glob("*.spool"))

    @property
    def position(self) -> int:
        """How far all is known to be on the log."""
        return load(self.folder / "checkpoint", ThreeCxMemory).position

    @asynccontextmanager
    async def feeding(self) -> AsyncGenerator[None]:
        """Listen to it."""
        stop = asyncio.Event()
        listening = Listening(
            origin="cdr",
            folder=self.folder,
            spool_bytes=1_000_000,
            listen=self._listen,
            memory=ThreeCxMemory,
            reader=lambda memory: ThreeCxReader(Teller("/3cx", COMPANY), ORDER, self.zone, memory),
        )
        async with Appender(KAFKA, connect=self.broker.connect, pause=no_pause) as appender:
            task = asyncio.create_task(feed(listening, appender, stop))
            try:
                yield
            finally:
                stop.set()
                await task

    async def _listen(self, spool: Spool) -> NoReturn:
        spool.write(self.said)
        while True:
            await asyncio.Event().wait()


async def test_what_was_told_is_written_down_and_kept_no_longer_though_nothing_more_comes(tmp_path: Path) -> None:
    heard = Heard(ROW, tmp_path)
    async with heard.feeding():
        assert await soon(lambda: heard.position == len(ROW))
        assert await soon(lambda: heard.kept == b"")
        assert len(facts(heard.told)) == 1


async def test_an_item_that_is_not_whole_yet_is_kept(tmp_path: Path) -> None:
    heard = Heard(ROW + ROW[:50], tmp_path)
    async with heard.feeding():
        assert await soon(lambda: heard.position == len(ROW))
    assert heard.kept == ROW + ROW[:50]


async def test_of_a_source_of_which_nothing_can_be_read_that_is_told_by_our_clock(tmp_path: Path) -> None:
    heard = Heard(ROW, tmp_path, ZoneInfo("Europe/Berlin"))
    begun = datetime.now(UTC)
    async with heard.feeding():
        assert await soon(lambda: heard.position == len(ROW))
        assert heard.kept == b""
    [told] = parked(heard.told)
    assert told.reason.startswith("time-start is not when the id of the call was made")
    assert begun <= told.occurred_at <= datetime.now(UTC)
    assert CALLER.encode() not in b"".join(value for *_place, value in heard.broker.log)
