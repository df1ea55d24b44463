"""What was said of a former period when it was over is what a person reckons of what was known then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from events.calls import CallEnded
from events.deals import Credit, DealRefunded, DealWon
from services.history.archive import Archive
from services.runtime.parked import PARKED
from tests.history.asking import Row, empty_archive
from tests.history.organisation import VERA, organisation
from tests.history.test_parking import about
from tests.history.test_told_then import (
    DAY,
    NOW,
    SEPTEMBER,
    THEN,
    Log,
    numbers,
    on,
    rows,
    sale,
)
from tests.telling import (
    ANNA,
    BORIS,
    amended,
    answered,
    call_id,
    raw,
    refunded,
    restated,
)


@dataclass(frozen=True)
class Happening:
    """Something of a day, of which the log learns so many days later; and what becomes of it later still."""

    is_call: bool
    rep: str
    day: date
    amount: int
    late: int
    corrected: int | None
    """After how many more days it turns out to be another rep's."""
    refunded: int | None
    """After how many more days half of it goes back."""


REPS = (ANNA, BORIS, VERA)
happenings = st.lists(
    st.builds(
        Happening,
        st.booleans(),
        st.sampled_from(REPS),
        st.integers(0, 60).map(lambda number: date(2026, 9, 20) + number * DAY),
        st.integers(2, 999),
        st.integers(0, 25),
        st.none() | st.integers(0, 25),
        st.none() | st.integers(0, 25),
    ),
    min_size=3,
    max_size=12,
)


def learnt(told: Sequence[Happening]) -> list[tuple[datetime, int, Any]]:
    """What the log learns, in order: of which happening, and what."""
    found = list[tuple[datetime, int, Any]]()
    for number, each in enumerate(told):
        other = REPS[(REPS.index(each.rep) + 1) % len(REPS)]
        at = on(each.day + each.late * DAY, 6)
        corrected = at + DAY * (each.corrected or 0) + timedelta(hours=1)
        first: Any
        if each.is_call:
            first = answered(day=each.day, rep=each.rep, call=str(number))
            now = first.model_copy(update={"rep": other})
            change: Any = restated(first, now, number)
        else:
            first, now = (sale(f"d{number}", each.amount, each.day, rep) for rep in (each.rep, other))
            change = amended(first, now)
        found.append((at, number, first))
        if each.corrected is not None:
            found.append((corrected, number, change))
        if each.refunded is not None and not each.is_call:
            part = Credit(rep=each.rep, share_bp=10_000, amount_minor=each.amount // 2)
            back = refunded(each.amount // 2, f"d{number}", day=each.day, credits=(part,), sale=call_id(1))
            found.append((corrected + DAY * each.refunded + timedelta(hours=1), number, back))
    return sorted(found, key=lambda one: one[:2])


def reckoned(told: Sequence[tuple[datetime, int, Any]], rep: str | None, row: Row) -> tuple[int, int, int]:
    """Go through what was learnt by the moment, and count the former stretch of a rep, or of everybody."""
    calls, sales, back = dict[int, CallEnded](), dict[int, DealWon](), list[DealRefunded]()
    for at, number, event in told:
        if at > row["before_known_at"]:
            continue
        latest = getattr(event, "now", event)
        if isinstance(latest, CallEnded):
            calls[number] = latest
        elif isinstance(latest, DealWon):
            sales[number] = latest
        else:
            back.append(latest)
    first, last = row["before_starts_on"], row["before_through_on"]
    of_stretch = [each for each in sales.values() if first <= each.day <= last and rep in {None, each.credits[0].rep}]
    taken = [each for each in back if first <= each.day <= last and rep in {None, each.credits[0].rep}]
    return (
        sum(first <= each.day <= last and rep in {None, each.rep} for each in calls.values()),
        len(of_stretch),
        sum(each.amount_minor for each in of_stretch) - sum(each.amount_minor for each in taken),
    )


def by_whom(found: Sequence[Row], columns: Sequence[str]) -> dict[tuple[object, ...], int]:
    """Calls and sales that are any, by whose they are, and sales by currency as well."""
    told = dict[tuple[object, ...], int]()
    for each in found:
        whose = each["level"], each["rep"], None if each["level"] == "rep" else each["unit"]
        calls, *of_sales = numbers(each, columns)
        told[*whose, "calls"] = calls or 0
        told |= {(*whose, place, each["currency"]): number or 0 for place, number in enumerate(of_sales)}
    return {key: number for key, number in told.items() if number}


def said_as_of(archive: Archive, row: Row) -> Sequence[Row]:
    """What the report says of the stretch when it is asked as of the moment."""
    return rows(archive, archive.known_at(row["before_known_at"]), as_of=str(row["before_through_on"]))


@settings(deadline=None, max_examples=6, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(happenings, st.integers(0, 29).map(lambda number: date(2026, 11, 1) + number * DAY))
def test_it_is_what_the_report_said_then_and_what_a_person_reckons(told: list[Happening], as_of: date) -> None:
    log, news = Log(), learnt(told)
    for number, event in enumerate(organisation(SEPTEMBER)):
        log.decide(on(SEPTEMBER, 1), event, f"organisation/{number}")
    for at, number, event in news:
        if isinstance(getattr(event, "now", event), CallEnded):
            log.append(at, raw(event, number))
        else:
            log.decide(at, event, f"deal/d{number}")
    log.append(on(date(2027, 3, 1)), raw(about("kvota.other/0", 0), 99), PARKED)
    log.append(on(date(2027, 3, 1)), raw(answered(day=date(2026, 9, 1), call="expired"), 98))
    log.decide(on(date(2027, 3, 1)), organisation(SEPTEMBER)[0], "organisation/again")
    with empty_archive() as archive:
        archive.ingest(log.records)
        found = rows(archive, as_of=str(as_of))
        of_previous = [each for each in found if each["comparison"] == "previous" and each["before_known_at"]]
        said = said_as_of(archive, of_previous[0]) if of_previous else []
    assert by_whom(of_previous, THEN) == by_whom(said, NOW)
    for each in of_previous:
        if each["level"] in {"rep", "company"}:
            assert numbers(each, THEN) == reckoned(news, each["rep"], each), each
