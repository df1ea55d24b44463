"""What may be asked about quotas, and what it makes true."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from events.event import Event
from events.goals import (
    PeriodRelief,
    PeriodTarget,
    QuotaAmended,
    QuotaAssigned,
    QuotaRelieved,
    QuotaWithdrawn,
    RampStep,
)
from events.people import AbsencePlanned
from projections.calendar import calendar_version
from services.desk.company import Company
from services.desk.deciding import Rejected
from services.desk.people.refusals import HolderKindMismatch, RepNotHired, UnitUnknown
from services.desk.quotas.decider import (
    AmendQuota,
    AssignQuota,
    QuotaCommand,
    RelieveForAbsence,
    RelieveQuota,
    WithdrawQuota,
    decide,
)
from services.desk.quotas.periods import shared
from services.desk.quotas.refusals import (
    AbsenceOfOther,
    NothingToSplitBy,
    NotOfRatios,
    OnlyOfReps,
    ParentDiffers,
    PeriodUnknown,
    QuotaOver,
    QuotaOverlaps,
    QuotaUnknown,
    ReliefExceedsQuota,
    TermsUnchanged,
)
from services.desk.quotas.state import Holding, quota_id
from tests.desk.given import ANNA, NORTH, anna_left, team
from tests.events.examples.dates import TODAY, at
from tests.scenario import Outcome, Scenario, event_id

quota = Scenario[QuotaCommand](decide)
NOVEMBER, DECEMBER, FEBRUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 2, 1)
HELD: Holding = ("rep", ANNA, "revenue", "")
QUOTA = quota_id(HELD, 1)


def assign(start: date = NOVEMBER, end: date = DECEMBER, **changes: Any) -> AssignQuota:  # noqa: ANN401  # fields
    usual: dict[str, Any] = {
        "holder": ANNA,
        "holder_kind": "rep",
        "currency": "RUB",
        "full_target": 1_000,
        "starts_on": start,
        "ends_on": end,
        "country": "RU",
    }
    return AssignQuota(at=at(8), day=TODAY, **usual | changes)


def assigned(
    *periods: tuple[str, date, date, int],
    weights: tuple[int, ...] = (),
    **changes: Any,  # noqa: ANN401  # fields
) -> QuotaAssigned:
    usual: dict[str, Any] = {
        "quota": QUOTA,
        "holder": ANNA,
        "holder_kind": "rep",
        "measure": "revenue",
        "currency": "RUB",
        "starts_on": periods[0][1],
        "ends_on": periods[-1][2],
        "target": sum(period[3] for period in periods),
        "full_target": sum(period[3] for period in periods),
        "periods": tuple(PeriodTarget(period=name, starts_on=a, ends_on=b, target=t) for name, a, b, t in periods),
        "seasonality": weights,
    }
    return QuotaAssigned(occurred_at=at(8), day=TODAY, **usual | changes)


november = assigned(("2026-11", NOVEMBER, DECEMBER, 1_000))


def test_a_rep_can_be_given_a_quota_for_a_month() -> None:
    quota.given(*team).when(assign()).then(november)


def test_a_quota_relies_on_its_holder() -> None:
    quota.given(*team).when(assign()).then_relies_on(f"rep/{ANNA}")
    quota.given(*team).when(assign(holder=NORTH, holder_kind="team")).then_relies_on(f"unit/{NORTH}")


def test_months_share_a_target_evenly_and_the_last_takes_what_is_left() -> None:
    january = date(2027, 1, 1)
    thirds = (
        ("2026-11", NOVEMBER, DECEMBER, 333),
        ("2026-12", DECEMBER, january, 333),
        ("2027-01", january, FEBRUARY, 334),
    )
    quota.given(*team).when(assign(end=FEBRUARY)).then(assigned(*thirds))


def test_months_share_a_target_by_the_working_days_of_the_company() -> None:
    january = date(2027, 1, 1)
    middle = date(2026, 11, 16)
    parts = (
        ("2026-11", date(2026, 11, 16), DECEMBER, 229),
        ("2026-12", DECEMBER, january, 458),
        ("2027-01", january, FEBRUARY, 313),
    )
    by_days = assigned(*parts, weights=(11, 22, 15), calendar=calendar_version("RU"))
    quota.given(*team).when(assign(start=middle, end=FEBRUARY, split="working_days")).then(by_days)


def test_a_target_cannot_be_split_by_working_days_where_there_are_none() -> None:
    weekend = assign(start=date(2027, 1, 2), end=date(2027, 1, 4), split="working_days")
    quota.given(*team).when(weekend).then_rejected(NothingToSplitBy)


def test_a_second_quota_for_some_of_the_days_is_refused() -> None:
    later = date(2026, 11, 30)
    quota.given(*team, november).when(assign(start=later, end=FEBRUARY)).then_rejected(QuotaOverlaps)


def test_a_quota_may_begin_on_the_day_on_which_another_ends() -> None:
    following = quota.given(*team, november).when(assign(start=DECEMBER, end=FEBRUARY)).decision
    assert following.stream == f"quota/{quota_id(HELD, 2)}"


def test_a_quota_that_was_withdrawn_is_in_nobodys_way() -> None:
    withdrawn = QuotaWithdrawn(
        occurred_at=at(9),
        day=TODAY,
        quota=QUOTA,
        holder=ANNA,
        holder_kind="rep",
        measure="revenue",
        currency="RUB",
        periods=november.periods,
        reason="maternity leave",
    )
    assert quota.given(*team, november, withdrawn).when(assign()).decision.stream != f"quota/{QUOTA}"


def test_nobody_who_does_not_work_here_has_a_quota() -> None:
    quota.given(*team).when(assign(holder="nobody")).then_rejected(RepNotHired)


def test_a_unit_that_was_not_formed_has_no_quota() -> None:
    quota.given(*team).when(assign(holder="south", holder_kind="team")).then_rejected(UnitUnknown)


def test_a_team_has_no_quota_of_a_department() -> None:
    quota.given(*team).when(assign(holder=NORTH, holder_kind="department")).then_rejected(HolderKindMismatch)


JANUARY = date(2027, 1, 1)
quarter = assigned(
    ("2026-11", NOVEMBER, DECEMBER, 300), ("2026-12", DECEMBER, JANUARY, 300), ("2027-01", JANUARY, FEBRUARY, 400)
)


def targets(outcome: Outcome) -> list[int]:
    """What is asked for in each month."""
    event = outcome.decision.event
    assert isinstance(event, QuotaAssigned)
    assert sum(period.target for period in event.periods) == event.target
    return [period.target for period in event.periods]


def amend(target: int, from_on: date = DECEMBER, quota: str = QUOTA) -> AmendQuota:
    return AmendQuota(at=at(9), day=TODAY, quota=quota, from_on=from_on, target=target, reason="a new territory")


def relieve(**periods: int) -> RelieveQuota:
    reliefs = tuple(PeriodRelief(period=f"2026-{name[1:]}", relieved=less) for name, less in periods.items())
    return RelieveQuota(at=at(9), day=TODAY, quota=QUOTA, reliefs=reliefs, reason="leave")


def withdraw(from_on: date) -> WithdrawQuota:
    return WithdrawQuota(at=at(9), day=TODAY, quota=QUOTA, from_on=from_on, reason="left the team")


def test_months_share_a_target_by_the_weights_of_a_season() -> None:
    season = assign(end=FEBRUARY, full_target=1_000, weights=(1, 3, 1))
    assert targets(quota.given(*team).when(season)) == [200, 600, 200]


def test_a_newcomer_is_asked_for_a_part_by_month_of_tenure() -> None:
    ramp = (RampStep(tenure_month=1, factor_bp=2_500), RampStep(tenure_month=2, factor_bp=5_000))
    outcome = quota.given(*team).when(assign(end=FEBRUARY, full_target=1_200, ramp=ramp))
    assert targets(outcome) == [100, 200, 400]  # hired in November: a quarter, a half, the whole of 400


def test_a_month_is_pro_rated_by_the_days_on_which_the_rep_is_there() -> None:
    by_calendar = assign(full_target=3_000, prorating="calendar_days")
    assert targets(quota.given(*team).when(by_calendar)) == [700]  # seven of thirty days, from the 24th on
    by_work = assign(full_target=2_000, prorating="working_days")
    outcome = quota.given(*team).when(by_work)
    assert targets(outcome) == [500]  # five of twenty working days
    assert isinstance(outcome.decision.event, QuotaAssigned)
    assert outcome.decision.event.calendar == calendar_version("RU")


def test_somebody_who_leaves_is_asked_for_the_days_before() -> None:
    two_days = quota.given(*team, anna_left.model_copy(update={"ends_on": date(2026, 11, 26)}))
    assert targets(two_days.when(assign(full_target=3_000, prorating="calendar_days"))) == [200]


def test_only_a_rep_grows_into_a_quota_or_is_there_for_a_part_of_it() -> None:
    unit: dict[str, Any] = {"holder": NORTH, "holder_kind": "team"}
    quota.given(*team).when(assign(**unit, prorating="calendar_days")).then_rejected(OnlyOfReps)
    ramp = (RampStep(tenure_month=1, factor_bp=2_500),)
    quota.given(*team).when(assign(**unit, ramp=ramp)).then_rejected(OnlyOfReps)


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


def test_a_skill_and_another_skill_are_two_quotas() -> None:
    english: dict[str, Any] = {"measure": "skill", "currency": None, "skill": "english", "full_target": 8_000}
    first = quota.given(*team).when(assign(**english)).decision
    again = quota.given(*team, first.event)
    again.when(assign(**english)).then_rejected(QuotaOverlaps)
    assert again.when(assign(**dict(english, skill="spanish"))).decision.stream != first.stream


def test_a_quota_is_a_part_of_one_above() -> None:
    above = assigned(("2026-11", NOVEMBER, DECEMBER, 5_000), quota="quota-north", holder=NORTH, holder_kind="team")
    given = quota.given(*team, above)
    given.when(assign(parent="quota-north")).then_relies_on(f"rep/{ANNA}", "quota/quota-north")
    given.when(assign(parent="quota-north", currency="USD")).then_rejected(ParentDiffers)
    given.when(assign(end=FEBRUARY, parent="quota-north")).then_rejected(ParentDiffers)
    given.when(
        assign(holder=NORTH, holder_kind="team", start=DECEMBER, end=FEBRUARY, parent="quota-north")
    ).then_rejected(ParentDiffers)
    given.when(assign(parent="nothing")).then_rejected(QuotaUnknown)


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


def test_what_is_withdrawn_is_what_was_left() -> None:
    relieved = quota.given(*team, quarter).when(relieve(m12=100)).decision.event
    event = quota.given(*team, quarter, relieved).when(withdraw(DECEMBER)).decision.event
    assert isinstance(event, QuotaWithdrawn)
    assert [(period.period, period.target) for period in event.periods] == [("2026-12", 200), ("2027-01", 400)]
    gone = quota.given(*team, quarter, relieved, event)
    gone.when(withdraw(DECEMBER)).then_rejected(QuotaOver)
    gone.when(assign(start=DECEMBER, end=FEBRUARY)).then_relies_on(f"rep/{ANNA}")
    gone.when(assign()).then_rejected(QuotaOverlaps)


def cells(events: list[Event]) -> dict[str, int]:
    """What is asked for in each period after some events, as the projection `quota` adds it up."""
    found: dict[str, int] = {}

    def add(quota: QuotaAssigned | QuotaWithdrawn, sign: int) -> None:
        for period in quota.periods:
            found[period.period] = found.get(period.period, 0) + sign * period.target

    for event in events:
        match event:
            case QuotaAssigned():
                add(event, 1)
            case QuotaAmended(was=was, now=now):
                add(was, -1)
                add(now, 1)
            case QuotaWithdrawn():
                add(event, -1)
            case QuotaRelieved(reliefs=reliefs):
                for relief in reliefs:
                    found[relief.period] -= relief.relieved
            case _:
                pass
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
    assert {name: amount for name, amount in cells(happened).items() if amount} == {
        name: amount for name, amount in left.items() if amount
    }


@examples(
    st.integers(0, 10**9),
    st.lists(st.integers(0, 100), min_size=1, max_size=12),
    st.lists(st.integers(0, 10_000), min_size=12, max_size=12),
)
def test_months_always_sum_to_what_the_parts_come_to(total: int, weights: list[int], factors: list[int]) -> None:
    parts = [Fraction(factor, 10_000) for factor in factors[: len(weights)]]
    exact = [weight * part for weight, part in zip(weights, parts, strict=True)]
    if not any(exact):
        with pytest.raises(ValueError, match="nothing to share"):
            shared(total, weights, parts)
        return
    months = shared(total, weights, parts)
    assert sum(months) == round(total * sum(exact) / sum(weights))
    for month, part in zip(months, exact, strict=True):
        assert abs(month - total * part / sum(weights)) <= 1
