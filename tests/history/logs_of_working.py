"""The logs of reports on calls and queues, on people and what they do, and on feeds."""

from collections.abc import Mapping
from datetime import date

from events.deals import CustomerContacted
from events.directory import DirectoryMapped
from tests.events.examples.dates import TODAY, at, when
from tests.history import (
    courses,
    test_agent_time,
    test_outbound,
    test_staffing_table,
    test_watching,
)
from tests.history.courses import AFTER, BEFORE, COURSE, GLEB, STAFF, assessed, published, session
from tests.history.log import OCTOBER, YESTERDAY, Log
from tests.history.organisation import NORTH, VERA, organisation
from tests.telling import (
    ANNA,
    BORIS,
    DECEMBER,
    JANUARY,
    NOVEMBER,
    PBX,
    SALES,
    SUPPORT,
    abandoned,
    answered,
    beat,
    caught_up,
    closed,
    gap,
    lasted,
    restated,
)


def queues(*asked: Mapping[str, str]) -> Log:
    late = answered(20, 1_000, at(9, 10), call="3")
    calls = (
        answered(10, 60, call="1"),
        abandoned(30, at(9, 1), call="2"),
        late,
        restated(late, answered(20, 1_000, at(9, 10), call="3", queue=SUPPORT), number=3),
        answered(5, 100, at(9, 2), call="4", queue=SUPPORT),
        answered(5, 310, at(11), call="5"),
        answered(5, 60, call="6", queue=None),
    )
    return Log(calls=calls, asked=asked)


def agents() -> Log:
    shift, moved = test_agent_time.shift, test_agent_time.moved
    first, second = shift(at(9), at(10)), shift(at(11), at(13))
    agents = (
        lasted("ready", 10, at(9)),
        lasted("talking", 30, at(21, 30)),
        lasted("paused", 20, rep=BORIS),
        first,
        shift(at(20), at(22, 30)),
        second,
        moved(second, at(12), at(12, 30)),
        shift(at(9), at(10), BORIS),
    )
    return Log(agents=agents, asked=({"zone": "Europe/Moscow"},))


def feeds() -> Log:
    feeds = (
        gap(at(7), missing=17),
        gap(at(8), missing=5),
        gap(at(8, 30)),
        closed(gap(at(8), missing=5), 2),
        caught_up(at(8, 29), at(8, 31)),
        caught_up(at(5), at(6), feed=PBX),
        beat(at(9, 0, 40)),
        beat(at(9, 0, 44), parked=2),
        beat(at(9, 0, 59), feed="/other"),
    )
    return Log(feeds=feeds, asked=({},))


def certified() -> Log:
    granted = test_watching.granted
    decisions = (
        *organisation(NOVEMBER),
        granted(),
        granted(day=OCTOBER, expires_on=date(2026, 11, 26)),
        granted(programme="talks"),
        granted(BORIS, expires_on=None),
        courses.left(VERA, TODAY),
        granted(VERA),
        granted("nobody"),
    )
    return Log(decisions, asked=({},))


def breaches() -> Log:
    contact = CustomerContacted(**when(10), customer="x", rep=ANNA, channel="email", novelty="new")
    decisions = (
        *organisation(NOVEMBER),
        courses.published().model_copy(update={"required_of": "everyone"}),
        contact,
        test_watching.granted(BORIS, programme=COURSE),
    )
    calls = (
        answered(call="1"),
        answered(call="2", rep=BORIS),
        answered(call="3", rep=VERA, day=YESTERDAY),
        abandoned(),
    )
    return Log(decisions, calls)


def staff() -> Log:
    told = test_staffing_table
    decisions = (
        told.plan(4),
        told.plan(2, "south"),
        told.plan(9, starts_on=DECEMBER, ends_on=JANUARY),
        told.opened("1"),
        told.opened("2", part=5_000),
        told.opened("3", post=told.HEAD),
        told.opened("4"),
        told.closed("4", told.TENTH),
        told.filled("1"),
        told.filled("2", BORIS),
        told.vacated("2", told.TENTH, BORIS),
        told.filled("3", VERA),
        told.left(VERA, told.TWENTIETH),
    )
    return Log(decisions, asked=({}, {"unit": NORTH, "as_of": "2026-11-05"}))


def dials() -> Log:
    told = test_outbound
    calls = (
        told.dial("1", day=told.FIRST),
        told.dial("2"),
        told.dial("3", greeting_to_agent_ms=3_000),
        told.nobody("4", "voicemail"),
        told.nobody("5"),
        told.dial("6", campaign=told.SPRING),
        told.dial("7", campaign=None, answered_by=None),
        told.said("2", right=True),
        told.said("6", right=False),
        answered(call="8"),
    )
    return Log(calls=calls, asked=({},))


def taught() -> Log:
    decisions = (
        *STAFF,
        published(),
        session(ANNA, VERA),
        courses.certified(ANNA, courses.FIRST),
        session(BORIS, name="s2", programme=None),
        assessed(ANNA, 4_000, BEFORE),
        assessed(ANNA, 6_000, AFTER),
        courses.sold(100, ANNA, BEFORE),
        courses.sold(180, ANNA, AFTER),
        courses.sold(200, GLEB, BEFORE),
        courses.sold(190, GLEB, AFTER),
        courses.lost(ANNA, AFTER),
        courses.last_day(),
    )
    calls = (courses.call(ANNA, BEFORE, 60), courses.call(ANNA, AFTER, 40), courses.call(GLEB, AFTER, 50))
    return Log(decisions, calls, asked=({"days": "20"},))


def unmapped() -> Log:
    mapped = DirectoryMapped(**when(8), named_by=PBX, kind="queue", name="101", starts_at=at(6), to=SALES)
    calls = (answered(call="1", rep="Anna"), answered(call="2", rep="Anna"), answered(call="3", queue="102", rep=BORIS))
    return Log((*organisation(NOVEMBER), mapped), calls, (lasted("ready", 5, rep="Anna"), lasted("ready", 5)))
