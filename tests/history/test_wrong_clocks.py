"""Phone systems whose clocks are wrong, and one that was cut off for hours: at every cut all ways meet all the same."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from operator import attrgetter
from zlib import crc32

import pytest

from events.calls import CallEnded, CallRestated
from events.codec import encode
from events.event import Event
from events.ids import restatement_id
from services.history.archive import Archive
from services.history.judging import LogRecord
from services.runtime.shards import Positions, Source
from tests.events.examples.dates import TODAY, at
from tests.events.examples.record import Example, fact
from tests.history.asking import PROJECTIONS
from tests.telling import AGENTS, CALLS, DECISIONS, abandoned, answered, decided, lasted, offered, picked_up, won
from tests.ways import Ways, every_way

TOMORROW = TODAY + timedelta(days=1)
OPENS, CLOSES = at(16), at(6, day=TOMORROW)
CUT_OFF, BACK = at(18), at(3, day=TOMORROW)
FASTER = 10_000
"""How many times as fast as it happened what was spooled is told."""
PARTITIONS, CALLS_EACH = 3, 60
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Phones:
    """A phone system: whom it rings, how far its clock is ahead, and whether it is the one that was cut off."""

    source: str
    queue: str
    rep: str
    ahead: timedelta = timedelta()
    spools: bool = False

    def heard(self, happened: datetime) -> datetime:
        """When the log hears of what happened: in a moment, or in one burst when the line is back."""
        return BACK + (happened - CUT_OFF) / FASTER if self.spools and CUT_OFF <= happened < BACK else happened + SECOND


SPOOLING = Phones("/asterisk/pbx4", "support", "gleb", timedelta(minutes=3), spools=True)
FLOOR = (
    Phones("/asterisk/pbx1", "sales", "anna"),
    Phones("/asterisk/pbx2", "support", "boris", timedelta(minutes=7)),
    Phones("/asterisk/pbx3", "sales", "vera", -timedelta(minutes=11)),
    SPOOLING,
)


@dataclass(frozen=True, slots=True)
class Told:
    """What is appended: when, to which partition, and what it is of which phone system."""

    heard: datetime
    to: Source
    raw: bytes
    event: Event
    phones: Phones | None = None

    @property
    def late(self) -> timedelta:
        """How long after the moment that it names."""
        return self.heard - self.event.occurred_at


def story(chance: random.Random) -> list[Told]:
    """Give an evening and a night, in the order in which the log hears of it."""
    told = [each for phones in FLOOR for each in _calls(phones, chance)]
    told += [_sold(number, chance) for number in range(40)]
    told += [_again(each, chance) for each in chance.sample(told, 60) if each.phones]
    return sorted(told, key=attrgetter("heard"))


def _calls(phones: Phones, chance: random.Random) -> Iterator[Told]:
    for number in range(CALLS_EACH):
        happened = OPENS + (CLOSES - OPENS) * chance.random()
        clock = happened + phones.ahead
        call, wait, talk = f"{phones.rep}-{number}", chance.randrange(400), chance.randrange(1, 900)
        about = {"call": call, "queue": phones.queue, "day": clock.date()}
        yield _of_call(phones, happened, offered(clock, **about), call)
        if chance.random() < 0.2:
            yield _of_call(phones, happened + wait * SECOND, abandoned(wait, clock, **about), call)
            continue
        spoken = clock + wait * SECOND
        yield _of_call(phones, happened + wait * SECOND, picked_up(wait, clock, rep=phones.rep, **about), call)
        over = happened + (wait + talk) * SECOND
        ended = answered(wait, talk, clock, rep=phones.rep, **about)
        yield _of_call(phones, over, ended, call)
        piece = lasted("talking", talk, spoken, rep=phones.rep, day=clock.date())
        yield _told(phones, over, AGENTS, phones.rep, fact(piece, phones.source, f"agent/{phones.rep}", number))
        if chance.random() < 0.1:
            yield _corrected(phones, over + timedelta(hours=1), ended, call)


def _of_call(phones: Phones, happened: datetime, event: Event, call: str) -> Told:
    return _told(phones, happened, CALLS, call, fact(event, phones.source, f"call/{call}", 1))


def _corrected(phones: Phones, happened: datetime, was: CallEnded, call: str) -> Told:
    now = was.model_copy(update={"talk_seconds": was.talk_seconds + 30, "wrap_seconds": 15})
    of = fact(was, phones.source, f"call/{call}", 1).envelope.id
    told = CallRestated(
        occurred_at=happened + phones.ahead, day=was.day, of=of, revision=1, reason="CDR", was=was, now=now
    )
    identity = restatement_id(of, 1)
    return _told(phones, happened, CALLS, call, fact(told, phones.source, f"call/{call}", 1, identity=identity))


def _told(phones: Phones, happened: datetime, topic: str, key: str, example: Example) -> Told:
    to = topic, crc32(key.encode()) % PARTITIONS
    return Told(phones.heard(happened), to, encode(example.envelope), example.event, phones)


def _sold(number: int, chance: random.Random) -> Told:
    """A sale, decided at the desk, whose clock is right."""
    moment = OPENS + (CLOSES - OPENS) * chance.random()
    sale = won(chance.randrange(1, 10**6), f"d{number}", occurred_at=moment, day=moment.date())
    return Told(moment + SECOND, (DECISIONS, 0), decided(sale, f"deal/d{number}", 1), sale)


def _again(told: Told, chance: random.Random) -> Told:
    """The same once more, within the hour."""
    return Told(told.heard + chance.randrange(3600) * SECOND, told.to, told.raw, told.event, told.phones)


def lain(story: Sequence[Told]) -> Iterator[LogRecord]:
    """Lay what was told into the partitions of a log, in its order."""
    places: Mapping[Source, Iterator[int]] = {told.to: count() for told in story}
    for told in story:
        appended_ms = round(told.heard.timestamp() * 1000)
        yield LogRecord(*told.to, next(places[told.to]), appended_ms, told.raw)


@pytest.fixture(scope="module")
def told() -> list[Told]:
    return story(random.Random(8))


@pytest.fixture(scope="module")
def ways(told: list[Told], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ways]:
    """What was told, archived and rolled up some hundreds at a time, and closed when all is over."""
    home, records = tmp_path_factory.mktemp("home"), list(lain(told))
    with Archive(home / "history.duckdb", PROJECTIONS, stretch=200) as archive:
        for start in range(0, len(records), 300):
            archive.ingest(records[start : start + 300])
        archive.note_ends(at(12, day=TOMORROW), archive.positions())
        with every_way(archive, home / "again") as ways:
            yield ways


def test_the_story_has_what_it_is_about(told: list[Told]) -> None:
    late = {phones.source: [each.late for each in told if each.phones == phones] for phones in FLOOR}
    assert min(late["/asterisk/pbx2"]) < -timedelta(minutes=6)
    assert min(late["/asterisk/pbx3"]) > timedelta(minutes=10)
    burst = [each for each in told if each.phones == SPOOLING and BACK <= each.heard < BACK + 5 * SECOND]
    assert len(burst) > 80
    assert max(each.late for each in burst) > timedelta(hours=8)
    assert {each.event.day for each in burst} == {TODAY, TOMORROW}
    assert len({each.raw for each in told}) < len(told)


def test_at_any_cut_every_way_comes_to_the_same_numbers(ways: Ways) -> None:
    chance = random.Random(20)
    for _ in range(20):
        ways.meet({source: chance.randint(0, end) for source, end in ways.archive.positions().items()})


def test_what_was_known_goes_by_when_the_log_heard_of_it_whatever_clocks_said(ways: Ways) -> None:
    cut_off, before, amid, after = (
        talked(ways, ways.archive.known_at(moment))
        for moment in (CUT_OFF + SECOND, BACK - SECOND, BACK + SECOND, BACK + 5 * SECOND)
    )
    assert cut_off == before < amid < after


def talked(ways: Ways, cut: Positions) -> int:
    """Give how many calls of the phone system that was cut off are known of its first day, by every way."""
    cells = ways.meet(cut)["rep_day"]
    calls = [values[0] for (rep, day, _), values in cells.items() if (rep, day) == (SPOOLING.rep, str(TODAY))]
    return sum(int(str(number)) for number in calls)
