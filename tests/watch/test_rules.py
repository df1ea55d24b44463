"""What follows from rows of reports, and when it is said again."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from events.deals import DealStalled
from events.event import Event
from events.goals import MilestoneReached, PaceAlertCleared, PaceAlertRaised
from events.training import CertificationExpired, OnboardingBreached
from services.watch.noticing import Moment, Notice, Rule, Said
from services.watch.rules import certifications, milestones, onboarding, pace
from services.watch.rules.stalled import stalled
from tests.events.examples.dates import TODAY
from tests.telling import ANNA, DECEMBER, JANUARY, assigned, period

NOW = Moment(datetime(2026, 11, 24, 9, tzinfo=UTC), TODAY)
LATER = Moment(datetime(2026, 12, 1, 9, tzinfo=UTC), DECEMBER)
QUOTA = f"quota-{ANNA}"
PACE = f"pace/{QUOTA}.2026-11.{pace.RULE_NAME}"


def line(booked: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  # columns
    """A line of the attainment report: Anna's quota of a thousand for November, with 16 of 20 days over."""
    usual: dict[str, Any] = {
        "level": "rep",
        "rep": ANNA,
        "unit": "north",
        "denominator": "own",
        "period": "2026-11",
        "currency": "RUB",
        "working_days": 20,
        "elapsed_days": 16,
        "quota_minor": 1_000,
        "relieved_minor": 0,
        "booked_minor": booked,
        "expected_share": "80.00",
        "pace": f"{booked / 10 - 80:.2f}",
    }
    return usual | changes


def said(*events: Event) -> Said:
    """What the log says: Anna's quota, and more."""
    known = Said()
    known.take(f"quota/{QUOTA}", assigned())
    for event in events:
        known.take(PACE, event)
    return known


def noticed(rule: Rule, rows: list[dict[str, Any]], known: Said | None = None, moment: Moment = NOW) -> list[Notice]:
    return list(rule.notices(rows, moment, known or said()))


@pytest.mark.parametrize(
    ("booked", "percents"), [(499, []), (500, [50]), (899, [50]), (900, [50, 90]), (1_000, [50, 90, 100])]
)
def test_each_part_of_the_way_is_said(booked: int, percents: list[int]) -> None:
    found = [notice.event for notice in noticed(milestones.RULE, [line(booked)])]
    assert [each.percent for each in found if isinstance(each, MilestoneReached)] == percents


def test_a_milestone_says_whose_it_is_and_how_far() -> None:
    [notice] = noticed(milestones.RULE, [line(600, relieved_minor=100)])
    assert (notice.stream, notice.version) == (f"milestone/{QUOTA}.2026-11.50", 1)
    event = notice.event
    assert isinstance(event, MilestoneReached)
    assert (event.quota, event.attained, event.target, event.occurred_at) == (QUOTA, 600, 900, NOW.at)


def test_what_was_said_is_not_said_again() -> None:
    known = said()
    known.ledger.heads[f"milestone/{QUOTA}.2026-11.50"] = 1
    assert noticed(milestones.RULE, [line(600)], known) == []


def test_who_is_asked_for_nothing_reaches_nothing() -> None:
    rows = [line(600, quota_minor=None), line(600, relieved_minor=1_000), line(600, denominator="members")]
    rows += [line(600, period="2026-12"), line(600, rep="boris"), line(600, currency="EUR")]
    assert noticed(milestones.RULE, rows) == []


def test_units_and_the_company_are_measured_by_their_own_quotas() -> None:
    known = Said()
    known.take(None, assigned(holder="north", holder_kind="team"))
    known.take(None, assigned(holder="all", holder_kind="company"))
    rows = [line(500, level="team", rep=None), line(500, level="company", rep=None, unit=None)]
    found = [notice.event for notice in noticed(milestones.RULE, rows, known)]
    assert [each.holder for each in found if isinstance(each, MilestoneReached)] == ["north", "all"]


def test_an_alert_is_raised_ten_points_behind_and_says_what_was_expected() -> None:
    assert noticed(pace.RULE, [line(701)]) == []
    [notice] = noticed(pace.RULE, [line(700)])
    assert (notice.stream, notice.version) == (PACE, 1)
    event = notice.event
    assert isinstance(event, PaceAlertRaised)
    assert (event.attained, event.expected, event.target, event.working_days_left) == (700, 800, 1_000, 4)


def test_the_first_days_of_a_period_raise_no_alert() -> None:
    early = {"expected_share": "15.00", "pace": "-15.00"}
    assert noticed(pace.RULE, [line(0, elapsed_days=3, **early)]) == []
    assert len(noticed(pace.RULE, [line(0, elapsed_days=4, **early)])) == 1


def test_an_alert_is_cleared_once_it_is_half_made_up() -> None:
    [raised] = noticed(pace.RULE, [line(700)])
    known = said(raised.event)
    known.ledger.heads[PACE] = 1
    assert noticed(pace.RULE, [line(700)], known) == []
    assert noticed(pace.RULE, [line(749)], known) == []
    [cleared] = noticed(pace.RULE, [line(750)], known)
    assert cleared.version == 2
    assert isinstance(cleared.event, PaceAlertCleared)
    assert (cleared.event.cause, cleared.event.attained) == ("caught_up", 750)
    again = said(raised.event, cleared.event)
    again.ledger.heads[PACE] = 2
    assert [notice.version for notice in noticed(pace.RULE, [line(600)], again)] == [3]


@pytest.mark.parametrize(("moment", "cause"), [(LATER, "period_over"), (NOW, "quota_changed")])
def test_an_alert_of_what_is_no_longer_asked_for_is_cleared(moment: Moment, cause: str) -> None:
    [raised] = noticed(pace.RULE, [line(700)])
    known = said(raised.event)
    known.ledger.heads[PACE] = 1
    [cleared] = noticed(pace.RULE, [], known, moment)
    assert isinstance(cleared.event, PaceAlertCleared)
    assert (cleared.event.cause, cleared.version) == (cause, 2)


def test_an_amended_quota_is_known_by_its_new_terms() -> None:
    known = Said()
    known.take(None, assigned(period(1_000, DECEMBER, JANUARY)))
    assert noticed(milestones.RULE, [line(600)], known) == []


def test_a_certification_expires_once() -> None:
    row = {"rep": ANNA, "programme": "steps", "programme_version": 2, "expires_on": "2026-11-20", "state": "expired"}
    [notice] = noticed(certifications.RULE, [row, row | {"state": "expiring"}])
    assert notice.stream == f"certification/{ANNA}.steps.2026-11-20"
    assert isinstance(notice.event, CertificationExpired)
    assert notice.event.expires_on == date(2026, 11, 20)
    known = Said()
    known.ledger.heads[notice.stream] = 1
    assert noticed(certifications.RULE, [row], known) == []


def test_a_breach_is_said_for_each_day() -> None:
    row = {"rep": ANNA, "day": "2026-11-20", "programmes": ["steps"], "contacts": 3}
    found = noticed(onboarding.RULE, [row, row | {"day": "2026-11-21"}])
    assert [notice.stream for notice in found] == [f"onboarding/{ANNA}.2026-11-20", f"onboarding/{ANNA}.2026-11-21"]
    assert all(isinstance(notice.event, OnboardingBreached) for notice in found)
    assert onboarding.RULE.ask(TODAY) == {"from": "2026-11-17"}


def test_a_deal_stalls_once_in_each_stage() -> None:
    row = {
        "deal": "d1",
        "customer": "acme",
        "rep": ANNA,
        "stage": "offer",
        "staged_on": "2026-11-01",
        "days_in_stage": 23,
    }
    rule = stalled(20)
    found = noticed(rule, [row, row | {"staged_on": "2026-11-02", "days_in_stage": 22}])
    assert [notice.stream for notice in found] == ["stall/d1.2026-11-01", "stall/d1.2026-11-02"]
    assert isinstance(found[0].event, DealStalled)
    assert rule.ask(TODAY) == {"as_of": "2026-11-24", "days": "20"}
