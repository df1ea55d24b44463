"""The report on agents' time adds up states and planned time by the day of a zone, as a person does by the minute."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.agents import AgentRestated, AgentStateLasted, ShiftChanged, ShiftPlanned
from services.history.archive import Archive
from tests.events.examples.dates import TODAY, at
from tests.history.asking import ask, columns, declared, empty_archive, refusal, tell, words
from tests.telling import AGENTS, ANNA, BORIS, call_id, lasted

REPORT = "agent_time"
MOSCOW = ZoneInfo("Europe/Moscow")
STATES = ("ready", "ringing", "talking", "hold", "wrap", "paused", "offline")


def shift(starts: datetime, ends: datetime, rep: str = ANNA, activity: str = "calls") -> ShiftPlanned:
    return ShiftPlanned(occurred_at=at(5), day=TODAY, rep=rep, starts_at=starts, ends_at=ends, activity=activity)


def moved(
    planned: ShiftPlanned, starts: datetime | None = None, ends: datetime | None = None, told: datetime = at(6)
) -> ShiftChanged:
    """The change of a shift; withdrawn without a new start and end."""
    return ShiftChanged(
        occurred_at=told,
        day=TODAY,
        rep=planned.rep,
        planned_starts_at=planned.starts_at,
        starts_at=starts,
        ends_at=ends,
        reason="illness",
    )


def test_every_number_of_a_day(archive: Archive) -> None:
    pieces = [lasted(state, 10 * (place + 1), at(9, place)) for place, state in enumerate(STATES)]
    lunch = shift(at(10), at(10, 1), activity="lunch")
    tell(archive, *pieces, shift(at(9, 58), at(10, 3)), lunch, topic=AGENTS)
    assert ask(archive, REPORT) == [
        {
            "rep": ANNA,
            "day": TODAY,
            "ready_seconds": 10,
            "ringing_seconds": 20,
            "talking_seconds": 30,
            "hold_seconds": 40,
            "wrap_seconds": 50,
            "paused_seconds": 60,
            "offline_seconds": 70,
            "signed_in_seconds": 210,
            "on_contact_seconds": 120,
            "planned_seconds": 300,
            "occupancy": Decimal("92.31"),
            "occupancy_copc": Decimal("80.00"),
            "utilisation": Decimal("40.00"),
        }
    ]


def test_an_empty_archive_has_no_rows_but_all_columns(archive: Archive) -> None:
    assert ask(archive, REPORT) == []
    assert columns(archive, REPORT) == declared(REPORT)


def test_who_was_planned_and_did_not_come_used_none_of_it(archive: Archive) -> None:
    tell(archive, shift(at(9), at(10)), lasted("paused", 60, rep=BORIS), topic=AGENTS)
    anna, boris = ask(archive, REPORT)
    assert (anna["planned_seconds"], anna["utilisation"], anna["occupancy"]) == (3600, Decimal("0.00"), None)
    assert (boris["planned_seconds"], boris["utilisation"], boris["occupancy_copc"]) == (None, None, None)


def test_a_shift_counts_as_it_was_changed_last(archive: Archive) -> None:
    first, second, third = shift(at(9), at(10)), shift(at(11), at(13)), shift(at(14), at(15))
    tell(archive, first, second, third, topic=AGENTS)
    changes = [moved(first), moved(second, at(12), at(12, 30)), moved(third, told=at(7)), moved(third, at(15), at(16))]
    tell(archive, *changes, topic=AGENTS)
    [row] = ask(archive, REPORT)
    assert row["planned_seconds"] == 1800, (
        "the first is withdrawn, the second shorter, the third withdrawn after a move"
    )


def test_a_night_belongs_to_two_days_of_its_zone(archive: Archive) -> None:
    tell(archive, shift(at(20), at(23)), lasted("ready", 60, at(20)), lasted("talking", 60, at(22)), topic=AGENTS)
    [utc] = ask(archive, REPORT)
    assert (utc["planned_seconds"], utc["ready_seconds"], utc["talking_seconds"]) == (10_800, 60, 60)
    evening, night = ask(archive, REPORT, zone="Europe/Moscow")
    assert (evening["day"], evening["planned_seconds"], evening["ready_seconds"]) == (TODAY, 3600, 60)
    assert (night["day"], night["planned_seconds"], night["talking_seconds"]) == (date(2026, 11, 25), 7200, 60)
    assert ask(archive, REPORT, zone="Europe/Moscow", day="2026-11-25") == [night]


def test_what_was_corrected_counts_as_it_is_now(archive: Archive) -> None:
    was, now = lasted("ready", 60), lasted("talking", 50)
    correction = AgentRestated(occurred_at=at(18), day=TODAY, of=call_id(1), revision=1, reason="CDR", was=was, now=now)
    tell(archive, was, correction, topic=AGENTS)
    [row] = ask(archive, REPORT)
    assert (row["ready_seconds"], row["talking_seconds"], row["occupancy"]) == (0, 50, Decimal("100.00"))


@pytest.mark.parametrize(("name", "value"), [("zone", "Moscow"), ("day", "today"), ("agent", "anna")])
def test_what_cannot_be_asked_is_refused_by_name(archive: Archive, name: str, value: str) -> None:
    assert name in words(refusal(archive, REPORT, **{name: value}))


reps = st.sampled_from([ANNA, BORIS])
minutes = st.integers(0, 3 * 24 * 60).map(lambda number: at(0) + timedelta(minutes=number))


def planned(starts: datetime, length: int, rep: str) -> ShiftPlanned:
    return shift(starts, starts + timedelta(minutes=length), rep)


def piece(state: str, quarter: int, seconds: int, rep: str) -> AgentStateLasted:
    return lasted(state, seconds, at(0) + timedelta(minutes=15 * quarter), rep=rep)


shifts = st.builds(planned, minutes, st.integers(1, 30 * 60), reps)
pieces = st.builds(piece, st.sampled_from(STATES), st.integers(0, 3 * 24 * 4), st.integers(0, 900), reps)


def local(moment: datetime) -> date:
    return moment.astimezone(MOSCOW).date()


def planned_seconds(shifts: Sequence[ShiftPlanned]) -> dict[tuple[str, date], int]:
    """Count the minutes in which somebody is planned, each once."""
    told = set[tuple[str, datetime]]()
    for each in shifts:
        length = int((each.ends_at - each.starts_at).total_seconds()) // 60
        told |= {(each.rep, each.starts_at + timedelta(minutes=minute)) for minute in range(length)}
    days: dict[tuple[str, date], int] = {}
    for rep, minute in told:
        days[rep, local(minute)] = days.get((rep, local(minute)), 0) + 60
    return days


def spent(pieces: Sequence[AgentStateLasted]) -> dict[tuple[str, date], dict[str, int]]:
    days: dict[tuple[str, date], dict[str, int]] = {}
    for each in pieces:
        states = days.setdefault((each.rep, local(each.began_at)), dict.fromkeys(STATES, 0))
        states[each.state] += each.seconds
    return days


def percent(part: int, whole: int) -> Decimal | None:
    return Decimal(round(Fraction(10_000 * part, whole))) / 100 if whole else None


@settings(deadline=None, max_examples=8)
@given(st.lists(shifts, max_size=6), st.lists(pieces, max_size=20))
def test_days_are_those_that_are_counted_minute_by_minute(
    rota: list[ShiftPlanned], told: list[AgentStateLasted]
) -> None:
    with empty_archive() as archive:
        tell(archive, *rota, *told, topic=AGENTS)
        rows = {(row["rep"], row["day"]): row for row in ask(archive, REPORT, zone="Europe/Moscow")}
    at_work, days = planned_seconds(rota), spent(told)
    timed = {key for key, states in days.items() if any(states.values())}
    assert timed | at_work.keys() <= rows.keys() <= days.keys() | at_work.keys()
    for key, row in rows.items():
        states = days.get(key, dict.fromkeys(STATES, 0))
        contact = states["talking"] + states["hold"] + states["wrap"]
        assert {state: row[f"{state}_seconds"] for state in STATES} == states
        assert row["planned_seconds"] == at_work.get(key)
        assert row["occupancy"] == percent(contact, contact + states["ready"])
        assert row["occupancy_copc"] == percent(contact, contact + states["ready"] + states["ringing"])
        assert row["utilisation"] == percent(contact, at_work.get(key, 0))
