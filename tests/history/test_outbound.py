"""The report on outbound calls counts each dial once, in its campaign's own periods of thirty days."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.calls import CallDispositioned, CallEnded
from services.history.archive import Archive
from tests.events.examples.dates import TODAY, at
from tests.history.asking import Row, ask, columns, declared, empty_archive, refusal, tell, words
from tests.telling import ANNA, answered, restated

REPORT = "outbound"
AUTUMN, SPRING = "autumn", "spring"
FIRST = date(2026, 10, 1)


def dial(call: str, **changes: Any) -> CallEnded:  # noqa: ANN401  # fields
    """A call to somebody who answered, and with whom Anna spoke after a second."""
    usual: dict[str, Any] = {"answered_by": "live", "greeting_to_agent_ms": 1_000, "campaign": AUTUMN, "queue": None}
    return answered(call=call, direction="outbound", **usual | changes)


def nobody(call: str, outcome: str = "no_answer", **changes: Any) -> CallEnded:  # noqa: ANN401  # fields
    """A call that no person answered."""
    usual: dict[str, Any] = {"outcome": outcome, "answered_at": None, "talk_seconds": 0, "rep": None}
    return dial(call, **usual | {"answered_by": None, "greeting_to_agent_ms": None} | changes)


def said(call: str, *, right: bool) -> CallDispositioned:
    return CallDispositioned(occurred_at=at(11), day=TODAY, call=call, rep=ANNA, right_party=right, result="talked")


def test_every_number_of_a_campaign(archive: Archive) -> None:
    calls = [
        dial("1"),
        dial("2", greeting_to_agent_ms=2_000),
        dial("3", greeting_to_agent_ms=2_001),
        dial("4", greeting_to_agent_ms=None, rep=None),
        dial("5", greeting_to_agent_ms=None),
        dial("6", answered_by="machine", greeting_to_agent_ms=None),
        nobody("7", "voicemail"),
        nobody("8"),
        nobody("9", "busy"),
        nobody("10", "failed"),
    ]
    tell(archive, *calls, said("1", right=True), said("2", right=False))
    assert ask(archive, REPORT) == [
        {
            "campaign": AUTUMN,
            "starts_on": TODAY,
            "ends_on": TODAY + timedelta(days=30),
            "dials": 10,
            "connected": 7,
            "live": 5,
            "machine": 2,
            "answered_by_unknown": 0,
            "right_party": 1,
            "connect_rate": Decimal("70.00"),
            "contact_rate": Decimal("50.00"),
            "right_party_rate": Decimal("10.00"),
            "abandoned": 2,
            "untimed": 1,
            "abandon_rate": Decimal("50.00"),
            "within_limit": False,
        }
    ]
    [lax] = ask(archive, REPORT, within_ms=2_001, limit=25)
    assert (lax["abandoned"], lax["abandon_rate"], lax["within_limit"]) == (1, Decimal("25.00"), True)


def test_the_limit_is_held_to_the_calls_and_not_to_the_rounded_rate(archive: Archive) -> None:
    tell(archive, *[dial(str(number), greeting_to_agent_ms=3_000 if number < 7 else 1_000) for number in range(233)])
    [row] = ask(archive, REPORT, limit=3)
    assert (row["abandoned"], row["abandon_rate"], row["within_limit"]) == (7, Decimal("3.00"), False)


def test_an_empty_archive_has_no_rows_but_all_columns(archive: Archive) -> None:
    assert ask(archive, REPORT) == []
    assert columns(archive, REPORT) == declared(REPORT)


def test_where_no_source_tells_there_is_no_rate(archive: Archive) -> None:
    tell(archive, dial("1", answered_by=None, greeting_to_agent_ms=None, campaign=None), answered(call="2"))
    [row] = ask(archive, REPORT)
    assert (row["campaign"], row["dials"], row["answered_by_unknown"]) == (None, 1, 1)
    rates = ("contact_rate", "right_party_rate", "abandon_rate", "within_limit")
    assert [row[column] for column in rates] == [None] * 4
    assert row["connect_rate"] == Decimal("100.00")


def test_the_legal_periods_begin_with_the_campaign(archive: Archive) -> None:
    days = (FIRST, FIRST + timedelta(days=29), FIRST + timedelta(days=30))
    tell(archive, *(dial(str(place), day=day) for place, day in enumerate(days)), dial("9", campaign=SPRING))
    found = [(row["campaign"], row["starts_on"], row["dials"]) for row in ask(archive, REPORT)]
    assert found == [(AUTUMN, FIRST, 2), (AUTUMN, days[2], 1), (SPRING, TODAY, 1)]
    assert [row["starts_on"] for row in ask(archive, REPORT, campaign=AUTUMN, to=days[2])] == [FIRST]
    assert [row["starts_on"] for row in ask(archive, REPORT, campaign=AUTUMN, **{"from": days[2]})] == [days[2]]


def test_a_dial_counts_once_and_as_it_was_corrected(archive: Archive) -> None:
    first, second = dial("1", answered_by="machine"), dial("1", queue="sales")
    tell(archive, first, second)
    [row] = ask(archive, REPORT)
    assert (row["dials"], row["live"], row["machine"]) == (1, 1, 0)
    tell(archive, restated(second, second.model_copy(update={"answered_by": "machine"}), number=1))
    [row] = ask(archive, REPORT)
    assert (row["dials"], row["live"], row["machine"]) == (1, 0, 1)


@pytest.mark.parametrize(
    ("name", "value"), [("from", "soon"), ("within_ms", "2s"), ("limit", "low"), ("tactic", "cold")]
)
def test_what_cannot_be_asked_is_refused_by_name(archive: Archive, name: str, value: str) -> None:
    assert name in words(refusal(archive, REPORT, **{name: value}))


@st.composite
def calls(draw: st.DrawFn) -> CallEnded:
    """Draw a dial of a campaign on some day of three months."""
    told: dict[str, Any] = {
        "campaign": draw(st.sampled_from([AUTUMN, SPRING])),
        "day": FIRST + timedelta(days=draw(st.integers(0, 90))),
    }
    call = draw(st.uuids(version=4)).hex
    if draw(st.booleans()):
        return nobody(call, draw(st.sampled_from(["no_answer", "busy", "voicemail"])), **told)
    told["answered_by"] = draw(st.sampled_from(["live", "live", "machine"]))
    told["greeting_to_agent_ms"] = draw(st.none() | st.integers(0, 4_000))
    told["rep"] = draw(st.sampled_from([ANNA, None]))
    return dial(call, **told)


def percent(part: int, whole: int) -> Decimal | None:
    return Decimal(round(Fraction(10_000 * part, whole))) / 100 if whole else None


def reckoned(calls: Sequence[CallEnded]) -> Row:
    """Go through the calls of one period."""
    live = [call for call in calls if call.answered_by == "live"]
    delays = [call.greeting_to_agent_ms for call in live]
    untimed = sum(call.greeting_to_agent_ms is None and call.rep is not None for call in live)
    gone = sum(call.greeting_to_agent_ms is None and call.rep is None for call in live)
    abandoned = gone + sum(delay is not None and delay > 2_000 for delay in delays)
    connected = sum(call.answered_at is not None or call.outcome == "voicemail" for call in calls)
    return {
        "dials": len(calls),
        "connected": connected,
        "live": len(live),
        "machine": connected - len(live),
        "connect_rate": percent(connected, len(calls)),
        "contact_rate": percent(len(live), len(calls)),
        "abandoned": abandoned,
        "untimed": untimed,
        "abandon_rate": percent(abandoned, len(live) - untimed),
    }


@settings(deadline=None, max_examples=8)
@given(st.lists(calls(), max_size=50, unique_by=lambda call: call.call))
def test_campaigns_are_those_that_a_person_reckons(drawn: list[CallEnded]) -> None:
    with empty_archive() as archive:
        tell(archive, *drawn)
        rows = {(row["campaign"], row["starts_on"]): row for row in ask(archive, REPORT)}
    periods: dict[tuple[str | None, date], list[CallEnded]] = {}
    for call in drawn:
        began = min(each.day for each in drawn if each.campaign == call.campaign)
        starts_on = began + timedelta(days=(call.day - began).days // 30 * 30)
        periods.setdefault((call.campaign, starts_on), []).append(call)
    assert rows.keys() == periods.keys()
    for key, those in periods.items():
        expected = reckoned(those)
        assert {column: rows[key][column] for column in expected} == expected
