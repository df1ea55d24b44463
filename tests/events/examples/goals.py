"""A team sets itself a goal for the last quarter, and follows how far it is."""

from datetime import date

from events.goals import (
    GoalLinked,
    GoalSet,
    GoalSignedOff,
    MilestoneReached,
    PaceAlertCleared,
    PaceAlertRaised,
    PeriodRelief,
    PeriodTarget,
    QuotaAmended,
    QuotaAssigned,
    QuotaRelieved,
    QuotaWithdrawn,
    RampStep,
)
from tests.events.examples.dates import when
from tests.events.examples.people import HEAD, TEAM
from tests.events.examples.record import Example, decision, fact

REP = "rep-009"
GOAL = "goal-new-customers"
QUOTA = "quota-009-2026-q4"
OCTOBER, NOVEMBER, DECEMBER, JANUARY = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)


def _quarter(october: int, november: int, december: int) -> tuple[PeriodTarget, ...]:
    return (
        PeriodTarget(period="2026-10", starts_on=OCTOBER, ends_on=NOVEMBER, target=october),
        PeriodTarget(period="2026-11", starts_on=NOVEMBER, ends_on=DECEMBER, target=november),
        PeriodTarget(period="2026-12", starts_on=DECEMBER, ends_on=JANUARY, target=december),
    )


def _quota(hour: int, october: int, november: int, december: int) -> QuotaAssigned:
    return QuotaAssigned(
        **when(hour),
        quota=QUOTA,
        holder=REP,
        holder_kind="rep",
        measure="revenue",
        currency="RUB",
        target=october + november + december,
        full_target=3_600_000_00,
        periods=_quarter(october, november, december),
        seasonality=(100, 100, 130),
        ramp=(RampStep(tenure_month=1, factor_bp=2_500), RampStep(tenure_month=2, factor_bp=5_000)),
        prorating="working_days",
        goal=GOAL,
        parent="quota-team-2026-q4",
        starts_on=OCTOBER,
        ends_on=JANUARY,
    )


assigned = _quota(6, 1_000_000_00, 1_000_000_00, 1_300_000_00)

EXAMPLES: tuple[Example, ...] = (
    decision(
        GoalSet(
            **when(5),
            goal=GOAL,
            statement="Треть выручки четвёртого квартала приходит от новых клиентов.",
            metric="share_of_new_revenue",
            metric_version=1,
            measured_in="basis_points",
            target=3_333,
            direction="at_least",
            holder=TEAM,
            holder_kind="team",
            accountable=HEAD,
            starts_on=OCTOBER,
            ends_on=JANUARY,
        ),
        f"goal/{GOAL}",
        1,
        by=HEAD,
    ),
    decision(
        GoalLinked(
            **when(5, 1),
            goal=GOAL,
            linked_to="personalised e-mail",
            linked_kind="tactic",
            reason="Холодные звонки почти не дают встреч.",
        ),
        f"goal/{GOAL}",
        2,
        by=HEAD,
    ),
    decision(
        GoalSignedOff(**when(5, 2), goal=GOAL, signed_by=REP, role="holder", remark="Agreed, with help in December."),
        f"goal/{GOAL}",
        3,
        by=REP,
    ),
    decision(assigned, f"quota/{QUOTA}", 1, by=HEAD, expects={f"rep/{REP}": 5, "quota/quota-team-2026-q4": 1}),
    decision(
        QuotaAmended(
            **when(7),
            quota=QUOTA,
            reason="Крупный клиент передан другой команде.",
            was=assigned,
            now=_quota(7, 1_000_000_00, 900_000_00, 1_100_000_00),
        ),
        f"quota/{QUOTA}",
        2,
        by=HEAD,
    ),
    decision(
        QuotaRelieved(
            **when(8, 30),
            quota=QUOTA,
            holder=REP,
            holder_kind="rep",
            measure="revenue",
            currency="RUB",
            reliefs=(PeriodRelief(period="2026-12", relieved=239_130_43),),
            absence="absence-61",
            reason="Отпуск, 5 рабочих дней из 23.",
        ),
        f"quota/{QUOTA}",
        3,
        by=HEAD,
        expects={f"rep/{REP}": 6},
    ),
    decision(
        QuotaWithdrawn(
            **when(9),
            quota="quota-011-2026-q4",
            holder="rep-011",
            holder_kind="rep",
            measure="revenue",
            currency="RUB",
            periods=(PeriodTarget(period="2026-12", starts_on=DECEMBER, ends_on=JANUARY, target=900_000_00),),
            reason="The rep leaves on 1 December.",
        ),
        "quota/quota-011-2026-q4",
        2,
        by=HEAD,
    ),
    fact(
        MilestoneReached(
            **when(14),
            quota=QUOTA,
            holder=REP,
            holder_kind="rep",
            measure="revenue",
            currency="RUB",
            period="2026-11",
            percent=90,
            attained=812_400_00,
            target=900_000_00,
            metric="attainment",
            metric_version=1,
        ),
        "/watch",
        f"quota/{QUOTA}/2026-11",
        90,
    ),
    fact(
        PaceAlertRaised(
            **when(5, 30),
            quota=QUOTA,
            holder=REP,
            holder_kind="rep",
            measure="revenue",
            currency="RUB",
            period="2026-11",
            rule="behind-by-15-percent/1",
            attained=-12_000_00,
            expected=630_000_00,
            target=900_000_00,
            working_days_left=5,
        ),
        "/watch",
        f"quota/{QUOTA}/2026-11",
        1,
    ),
    fact(
        PaceAlertCleared(
            **when(14),
            quota=QUOTA,
            holder=REP,
            holder_kind="rep",
            measure="revenue",
            currency="RUB",
            period="2026-11",
            rule="behind-by-15-percent/1",
            cause="caught_up",
            attained=812_400_00,
            target=900_000_00,
        ),
        "/watch",
        f"quota/{QUOTA}/2026-11",
        1,
    ),
)
