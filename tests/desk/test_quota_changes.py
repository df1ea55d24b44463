"""How quotas are amended, relieved and withdrawn, and what is asked for after it."""

from datetime import date
from typing import Any

from hypothesis import given as examples
from hypothesis import strategies as st

from events.event import Event
from events.goals import (
    PeriodRelief,
    QuotaAmended,
    QuotaAssigned,
    QuotaRelieved,
    QuotaWithdrawn,
)
from events.people import AbsencePlanned, RepLeft
from projections.cells import as_rows
from projections.fold import Folder
from projections.projection import load_projections
from services.desk.company import Company
from services.desk.deciding import Rejected
from services.desk.quotas.decider import (
    AmendQuota,
    QuotaCommand,
    RelieveForAbsence,
    RelieveQuota,
    WithdrawQuota,
    decide,
)
from services.desk.quotas.refusals import (
    AbsenceMadeUpFor,
    AbsenceOfOther,
    NotOfRatios,
    PeriodUnknown,
    QuotaOver,
    QuotaOverlaps,
    QuotaUnknown,
    ReliefExceedsQuota,
    TermsUnchanged,
)
from tests.desk.given import ANNA, NORTH, team
from tests.desk.quotas_given import (
    DECEMBER,
    FEBRUARY,
    JANUARY,
    NOVEMBER,
    QUOTA,
    assign,
    quarter,
    quota,
)
from tests.events.examples.dates import TODAY, at
from tests.scenario import event_id
from tests.telling import counted

_MONTHS = {"m10": "2026-10", "m11": "2026-11", "m12": "2026-12", "m01": "2027-01", "m02": "2027-02"}


_QUOTA = load_projections()["quota"]
_FOLDER = Folder({"quota": _QUOTA})


anna_leaves = RepLeft(
    occurred_at=at(9), day=TODAY, rep=ANNA, unit=NORTH, post="sales", ends_on=date(2026, 11, 28), initiative="rep"
)


def amend(target: int, from_on: date = DECEMBER, quota: str = QUOTA) -> AmendQuota:
    return AmendQuota(at=at(9), day=TODAY, quota=quota, from_on=from_on, target=target, reason="a new territory")


def relieve(**periods: int) -> RelieveQuota:
    reliefs = tuple(PeriodRelief(period=_MONTHS[name], relieved=less) for name, less in periods.items())
    return RelieveQuota(at=at(9), day=TODAY, quota=QUOTA, reliefs=reliefs, reason="leave")


def withdraw(from_on: date) -> WithdrawQuota:
    return WithdrawQuota(at=at(9), day=TODAY, quota=QUOTA, from_on=from_on, reason="left the team")


def test_a_ratio_asks_for_the_same_in_each_month() -> None:
    ratio: dict[str, Any] = {"measure": "conversion", "currency": None, "full_target": 2_500}
    outcome = quota.given(*team).when(assign(end=FEBRUARY, **ratio))
    event = outcome.decision.event
    assert isinstance(event, QuotaAssigned)
    assert [period.target for period in event.periods] == [2_500] * 3
    quota.given(*team).when(assign(end=FEBRUARY, **ratio, weights=(1, 2, 3))).then_rejected(NotOfRatios)
    held = quota.given(*team, event)
    less = RelieveQuota(
        at=at(9), day=TODAY, quota=event.quota, reliefs=(PeriodRelief(period="2026-11", relieved=1),), reason="leave"
    )
    held.when(less).then_rejected(NotOfRatios)
    amended = held.when(amend(3_000, DECEMBER, event.quota)).decision.event
    assert isinstance(amended, QuotaAmended)
    assert [period.target for period in amended.now.periods] == [2_500, 3_000, 3_000]


def test_an_amendment_changes_the_months_ahead_and_says_what_was() -> None:
    event = quota.given(*team, quarter).when(amend(1_400)).decision.event
    assert isinstance(event, QuotaAmended)
    assert event.was == quarter
    assert [period.target for period in event.now.periods] == [300, 600, 800]
    assert event.now.target == 1_700
    quota.given(*team, quarter).when(amend(700)).then_rejected(TermsUnchanged)
    quota.given(*team, quarter).when(amend(700, FEBRUARY)).then_rejected(QuotaOver)
    quota.given(*team).when(amend(700)).then_rejected(QuotaUnknown)


def test_a_second_amendment_says_what_the_first_made_of_it() -> None:
    first = quota.given(*team, quarter).when(amend(1_400)).decision.event
    assert isinstance(first, QuotaAmended)
    second = quota.given(*team, quarter, first).when(amend(1_000, JANUARY)).decision.event
    assert isinstance(second, QuotaAmended)
    assert second.was == first.now


def test_a_relief_is_never_more_than_what_is_asked_for() -> None:
    given = quota.given(*team, quarter)
    event = given.when(relieve(m11=200)).decision.event
    assert isinstance(event, QuotaRelieved)
    less = quota.given(*team, quarter, event)
    less.when(relieve(m11=100)).then_relies_on()
    less.when(relieve(m11=101)).then_rejected(ReliefExceedsQuota)
    less.when(amend(250, NOVEMBER)).then_rejected(ReliefExceedsQuota)
    given.when(relieve(m10=1)).then_rejected(PeriodUnknown)


def test_an_absence_is_made_up_for_by_its_working_days() -> None:
    away = AbsencePlanned(
        occurred_at=at(8),
        day=TODAY,
        absence="absence-1",
        rep=ANNA,
        kind="vacation",
        starts_on=date(2026, 11, 27),
        ends_on=date(2026, 12, 3),
        working_days=4,
    )
    relief = RelieveForAbsence(at=at(9), day=TODAY, quota=QUOTA, absence="absence-1", reason="vacation", country="RU")
    outcome = quota.given(*team, away, quarter).when(relief)
    event = outcome.decision.event
    assert isinstance(event, QuotaRelieved)
    assert event.absence == "absence-1"
    # two of twenty working days in November, two of twenty-two in December
    assert [(part.period, part.relieved) for part in event.reliefs] == [("2026-11", 30), ("2026-12", 27)]
    outcome.then_relies_on(f"rep/{ANNA}")
    quota.given(*team, quarter).when(relief).then_rejected(AbsenceOfOther)
    quota.given(*team, away, quarter, event).when(relief).then_rejected(AbsenceMadeUpFor)


def test_an_absence_takes_its_part_of_the_days_that_a_quota_was_pro_rated_to() -> None:
    """Anna begins on 24 November: the quota is for 5 of 20 working days, and she is away on 2 of them."""
    away = AbsencePlanned(
        occurred_at=at(8),
        day=TODAY,
        absence="absence-1",
        rep=ANNA,
        kind="vacation",
        starts_on=date(2026, 11, 26),
        ends_on=date(2026, 11, 28),
        working_days=2,
    )
    relief = RelieveForAbsence(at=at(10), day=TODAY, quota=QUOTA, absence="absence-1", reason="vacation", country="RU")

    def relieved(prorating: str, *later: Event) -> int:
        event = quota.given(*team).when(assign(prorating=prorating)).decision.event
        less = quota.given(*team, away, event, *later).when(relief).decision.event
        assert isinstance(less, QuotaRelieved)
        return sum(part.relieved for part in less.reliefs)

    assert relieved("working_days") == 250 * 2 // 5
    assert relieved("none") == 1_000 * 2 // 20
    assert relieved("working_days", anna_leaves) == relieved("working_days")


def test_a_quota_of_a_skill_is_withdrawn_as_one_of_that_skill() -> None:
    event = quota.given(*team).when(assign(measure="skill", skill="english", currency=None)).decision.event
    assert isinstance(event, QuotaAssigned)
    gone = WithdrawQuota(at=at(9), day=TODAY, quota=event.quota, from_on=NOVEMBER, reason="left the team")
    less = quota.given(*team, event).when(gone).decision.event
    assert isinstance(less, QuotaWithdrawn)
    assert less.skill == "english"


def test_what_is_withdrawn_is_what_was_left() -> None:
    relieved = quota.given(*team, quarter).when(relieve(m12=100)).decision.event
    event = quota.given(*team, quarter, relieved).when(withdraw(DECEMBER)).decision.event
    assert isinstance(event, QuotaWithdrawn)
    assert [(period.period, period.target) for period in event.periods] == [("2026-12", 200), ("2027-01", 400)]
    gone = quota.given(*team, quarter, relieved, event)
    gone.when(withdraw(DECEMBER)).then_rejected(QuotaOver)
    gone.when(assign(start=DECEMBER, end=FEBRUARY)).then_relies_on(f"rep/{ANNA}")
    gone.when(assign()).then_rejected(QuotaOverlaps)


def to_reach(events: list[Event]) -> dict[str, int]:
    """What is left to reach in each period after some events, by the projection `quota`."""
    found = dict[str, int]()
    for row in as_rows(_QUOTA, _FOLDER.fold(counted(*events)).get("quota", {})):
        period, assigned, relieved = str(row["period"]), int(row["assigned"] or 0), int(row["relieved"] or 0)
        found[period] = found.get(period, 0) + assigned - relieved
    return found


Asked = tuple[str, int, int]


@examples(
    st.lists(
        st.tuples(st.sampled_from(["amend", "relieve", "withdraw"]), st.integers(0, 3), st.integers(0, 900)),
        max_size=12,
    )
)
def test_whatever_is_decided_no_month_asks_for_less_than_nothing(asked: list[Asked]) -> None:
    company, happened = Company(), list[Event]([*team, quarter])
    for place, event in enumerate(happened):
        company.take(event, event_id(place))
    months = [NOVEMBER, DECEMBER, JANUARY, FEBRUARY]
    for word, month, amount in asked:
        commands: dict[str, QuotaCommand] = {
            "amend": amend(amount, months[month]),
            "relieve": relieve(**{f"m{months[month]:%m}": amount}),
            "withdraw": withdraw(months[month]),
        }
        try:
            event = decide(commands[word], company).event
        except Rejected:
            continue
        happened.append(event)
        company.take(event, event_id(len(happened)))
    known = company.quotas.quotas[QUOTA]
    left = {period.period: known.left(period) for period in known.asked}
    assert all(amount >= 0 for amount in left.values())
    assert {name: amount for name, amount in to_reach(happened).items() if amount} == {
        name: amount for name, amount in left.items() if amount
    }
