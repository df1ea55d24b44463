"""The report on speed to lead counts business hours between a lead and the first call, and the first word."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.calls import CallEnded
from events.event import Event
from events.leads import LeadReceived
from projections.calendar import working_dates
from projections.projection import load_projections
from services.history.archive import Archive
from services.history.report import run_report
from tests.telling import ANNA, CALLS, DECISIONS, decided, lying, raw, restated

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def lead(name: str, at: datetime, pool: str = "site") -> LeadReceived:
    return LeadReceived(
        occurred_at=at, day=at.date(), lead=name, person=name, number=1, pool=pool, found_through="form"
    )


def call(name: str, at: datetime, talk: int = 60, **changes: Any) -> CallEnded:  # noqa: ANN401  # fields
    """A call to a lead, answered after ten seconds, or not answered."""
    answered = None if not talk else at + timedelta(seconds=10)
    usual: dict[str, Any] = {
        "call": f"{name} {at}",
        "direction": "outbound",
        "outcome": "answered" if talk else "no_answer",
        "rep": ANNA,
        "enqueued_at": at,
        "answered_at": answered,
        "ended_at": at + timedelta(seconds=70),
        "talk_seconds": talk,
        "lead": name,
    }
    end = at + timedelta(seconds=70)
    return CallEnded(occurred_at=end, day=end.date(), **usual | changes)


def ask(archive: Archive, leads: list[LeadReceived], calls: list[Event], **given: object) -> list[dict[str, Any]]:
    archive.ingest(lying([decided(event, f"lead/{event.lead}", 1) for event in leads], DECISIONS))
    archive.ingest(lying([raw(event, number) for number, event in enumerate(calls, start=1)], CALLS))
    report = run_report(archive, "speed_to_lead", {name: str(value) for name, value in given.items()})
    return [dict(zip(report.columns, row, strict=True)) for row in report.rows]


def test_two_clocks_run_from_a_leads_coming_in(archive: Archive) -> None:
    ten = MONDAY.replace(hour=10)
    leads = [lead("a", ten), lead("b", ten), lead("c", ten)]
    calls = [
        call("a", ten + timedelta(minutes=2), talk=0),
        call("a", ten + timedelta(minutes=4)),
        call("b", ten + timedelta(minutes=10), answered_by="machine"),
    ]
    assert ask(archive, leads, [*calls]) == [
        {
            "pool": "site",
            "found_through": "form",
            "leads": 3,
            "attempted": 2,
            "contacted": 1,
            "attempt_p50_seconds": 360,
            "contact_p50_seconds": 250,
            "attempted_within": Decimal("33.33"),
            "contact_share": Decimal("33.33"),
        }
    ]


def test_nights_and_weekends_do_not_count(archive: Archive) -> None:
    friday, monday = datetime(2026, 11, 20, 17, 50, tzinfo=UTC), datetime(2026, 11, 23, 9, 5, tzinfo=UTC)
    [row] = ask(archive, [lead("a", friday)], [call("a", monday)])
    assert row["attempt_p50_seconds"] == (10 + 5) * 60


def test_business_hours_are_the_zones_and_the_companys(archive: Archive) -> None:
    six = MONDAY.replace(hour=6)
    [row] = ask(archive, [lead("a", six)], [call("a", six + timedelta(hours=1))], zone="Europe/Moscow", opens=600)
    assert row["attempt_p50_seconds"] == 0, "seven in UTC is ten in Moscow, when the company opens"


def test_a_call_that_was_to_another_lead_is_none_to_this(archive: Archive) -> None:
    ten = MONDAY.replace(hour=10)
    was = call("a", ten + timedelta(minutes=2))
    now = was.model_copy(update={"lead": "b"})
    first, second = ask(archive, [lead("a", ten, "p"), lead("b", ten, "q")], [was, restated(was, now)])
    assert (first["attempted"], second["attempted"]) == (0, 1)


moments = st.integers(0, 14 * 24 * 60).map(
    lambda minutes: datetime(2026, 12, 28, tzinfo=UTC) + timedelta(minutes=minutes)
)


@settings(max_examples=25)
@given(came=st.lists(moments, min_size=1, max_size=6), called=st.lists(moments, min_size=6, max_size=6))
def test_business_seconds_are_those_counted_minute_by_minute(
    tmp_path_factory: pytest.TempPathFactory, came: list[datetime], called: list[datetime]
) -> None:
    """Over the new year, whose first days are holidays in Russia."""
    leads = [lead(f"lead {number}", at, pool=str(number)) for number, at in enumerate(came)]
    calls: list[Event] = [call(each.lead, at) for each, at in zip(leads, called, strict=False)]
    open_days = set(working_dates("RU", date(2026, 12, 1), date(2027, 2, 1)))
    with Archive(tmp_path_factory.mktemp("archive") / "history.duckdb", load_projections()) as archive:
        rows = {row["pool"]: row for row in ask(archive, leads, calls)}
    for number, (at, first) in enumerate(zip(came, called, strict=False)):
        if first < at:
            assert rows[str(number)]["attempted"] == 0
            continue
        minutes = [at + timedelta(minutes=minute) for minute in range(int((first - at).total_seconds() // 60))]
        counted = sum(9 <= each.hour < 18 and each.date() in open_days for each in minutes)
        assert rows[str(number)]["attempt_p50_seconds"] == counted * 60
