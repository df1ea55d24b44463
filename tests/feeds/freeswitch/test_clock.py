"""The time that a FreeSWITCH tells when it is asked: how far all is told, and what follows from that alone."""

import asyncio
from pathlib import Path

import pytest

from events.codec import decode
from events.feeds import FeedBeat, FeedGapFound
from services.feeds.appender import Appender
from services.feeds.facts import Company, Micros
from services.feeds.freeswitch.esl import EslMemory
from services.feeds.freeswitch.framing import time_told
from services.feeds.freeswitch.live import connection
from services.feeds.freeswitch.live.connection import BEGINS
from services.feeds.freeswitch.live.feed import LiveFreeSwitch
from services.feeds.live.checkpoint import load
from tests.feeds.freeswitch.esl_server import EslServer
from tests.feeds.freeswitch.given import AUTH, Member, Switch, framed, read_on, reader
from tests.feeds.freeswitch.test_connection import Held, listening
from tests.feeds.freeswitch.test_scenario import MORNING
from tests.feeds.freeswitch.test_stays import served
from tests.feeds.samples import MOSCOW, NOON, at, ended, events_of, parked
from tests.feeds.test_appender import KAFKA, Broker, no_pause
from tests.feeds.watching import soon


def noon(seconds: int) -> bytes:
    """What is spooled when it is so many seconds after noon there."""
    return time_told(str(NOON + seconds).encode())


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ASK_S", 0.01)


async def test_the_time_is_asked_for_and_handed_on_and_what_is_none_is_not() -> None:
    server = EslServer([framed(MORNING[0])], times=["-ERR no", str(NOON), "9" * 11, f"{NOON + 1}\n"], ends=False)
    held = Held()
    async with listening(server, held):
        assert await soon(lambda: held.taken[-1:] == [noon(1)])
    assert held.taken == [BEGINS, MORNING[0], noon(0), noon(1)]


def test_a_stay_whose_hangups_are_not_heard_is_told_when_the_time_has_come() -> None:
    caller, begins = served(Switch())
    said = begins + caller.parted(6, 10, 70)
    assert not ended(read_on(said + noon(72)))
    [call] = ended(read_on(said + noon(74)))
    assert (call.talk_seconds, call.ended_at) == (60, at(70.15))


def test_the_time_alone_makes_no_gap_and_hides_none() -> None:
    switch = Switch(step=1)
    first, later = Member(switch, "c1").starts(), Member(switch, "c2")
    later.starts()
    told = read_on(AUTH + noon(0) + first + noon(60) + AUTH + noon(90) + later.cancelled(100, "TIMEOUT"))
    [gap] = events_of(FeedGapFound, told)
    assert (gap.starts_at, gap.ends_at, gap.missing) == (at(60), gap.occurred_at, 1)
    assert not parked(told)


def test_a_reader_says_the_time_that_was_told_and_that_of_a_heartbeat() -> None:
    reading = reader()
    assert reading.clock(b"\n" + noon(5).removesuffix(b"\n\n")) == (NOON + 5) * 1_000_000
    assert reading.clock(MORNING[0]) is None


async def test_it_beats_by_the_time_that_is_told_though_nothing_else_happens(tmp_path: Path) -> None:
    times, broker, stop = list[tuple[str, Micros]](), Broker(), asyncio.Event()
    server = EslServer([b""], times=[str(NOON + number // 2) for number in range(6)], ends=False)
    live = LiveFreeSwitch(
        socket=server.socket,
        company=Company(MOSCOW),
        home=tmp_path,
        system="sw1",
        told_time=lambda feed, moment: times.append((feed, moment)),
    )
    async with server.running(), Appender(KAFKA, connect=broker.connect, pause=no_pause) as appender:
        task = asyncio.create_task(live.run(appender, stop))
        assert await soon(lambda: len(times) == 6)
        stop.set()
        await task
    beats = events_of(FeedBeat, [decode(value).envelope for *_place, value in broker.log])
    assert [(beat.feed, beat.occurred_at) for beat in beats] == [("/freeswitch/sw1", at(n)) for n in range(3)]
    assert times[-1] == ("/freeswitch/sw1", (NOON + 2) * 1_000_000)
    assert load(tmp_path / "feeds" / "freeswitch-sw1" / "checkpoint", EslMemory).memory.latest is None
