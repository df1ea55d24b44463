"""The logs of reports on leads, deals, quotas and tactics."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from events.tactics import TacticCostRecorded
from tests.events.examples.dates import TODAY, when
from tests.history import (
    courses,
    test_funnel,
    test_lead_fairness,
    test_speed_to_lead,
    test_tactic_costs,
    test_tactic_effectiveness,
)
from tests.history.courses import lost
from tests.history.log import OCTOBER, TOMORROW, YESTERDAY, Log
from tests.history.organisation import COMPANY, NORTH, VERA, organisation
from tests.telling import (
    ANNA,
    BORIS,
    DECEMBER,
    JANUARY,
    NOVEMBER,
    SALES,
    SUPPORT,
    abandoned,
    amended,
    answered,
    assigned,
    call_id,
    period,
    quota_amended,
    refunded,
    relieved,
    restated,
    withdrawn,
    won,
)


def performance() -> Log:
    quota, boris = assigned(period(1_000)), assigned(period(500), holder=BORIS)
    december = assigned(period(1_000, DECEMBER, JANUARY), quota="quota-december")
    decisions = (
        quota,
        relieved(100, quota),
        boris,
        quota_amended(boris, assigned(period(700), holder=BORIS)),
        december,
        withdrawn(period(1_000, DECEMBER, JANUARY), december),
        won(600),
        refunded(100),
        won(70, "d2", currency="EUR"),
        won(50, "d3", day=OCTOBER),
        amended(won(50, "d3", day=OCTOBER), won(60, "d3", day=OCTOBER)),
        lost(ANNA, TODAY),
        lost(BORIS, OCTOBER),
    )
    first = answered(5, 30, call="1")
    calls = (
        first,
        restated(first, answered(5, 30, call="1", rep=BORIS)),
        answered(5, 40, call="2", wrap_seconds=4),
        answered(5, 50, call="3", day=OCTOBER, direction="outbound"),
        answered(5, 7, call="4", rep=VERA),
        answered(5, 7, call="5", rep=None),
    )
    return Log(decisions, calls, asked=({"by": "quarter"}, {"from": "2026-11-10", "rep": ANNA}))


def spent(tactic: str, amount: int, starts_on: date = NOVEMBER) -> TacticCostRecorded:
    """Give what a tactic cost in thirty days."""
    days = {"starts_on": starts_on, "ends_on": starts_on + timedelta(days=30)}
    told = {"cost": f"{tactic} {amount}", "tactic": tactic, "purpose": "mailing", "currency": "RUB"}
    return TacticCostRecorded.model_validate({**when(6), **days, **told, "amount_minor": amount})


def tactics() -> Log:
    told = test_tactic_effectiveness
    cold, warm = told.COLD, told.WARM
    letters, first = spent("letters", 90), told.touch("11", talk=20, day=OCTOBER)
    decisions = (
        told.sold(3_000),
        refunded(1_000, tactic=cold),
        told.sold(500, "d2", None),
        told.sold(901, "d3", warm),
        told.sold(40, "d4", warm, currency="EUR"),
        told.sold(60, "d5", cold, day=OCTOBER, novelty="existing", novelty_evidence=(call_id(1),)),
        spent(cold, 300),
        spent(warm, 500, NOVEMBER - timedelta(days=31)),
        letters,
        test_tactic_costs.corrected(letters, tactic=cold, amount_minor=60),
    )
    calls = (
        told.touch("1", talk=1_700, wrap_seconds=50),
        told.missed("2"),
        told.touch("3", talk=40, answered_by="machine"),
        told.touch("4", talk=10, outcome="voicemail"),
        told.touch("5", warm, talk=900),
        told.touch("6", warm, talk=800),
        told.touch("7", tactic=None),
        told.touch("8", direction="inbound"),
        told.touch("9", warm, talk=700, day=OCTOBER),
        told.touch("10", "letters", talk=800, rep=BORIS),
        first,
        restated(first, told.touch("11", talk=400)),
        told.touch("12", talk=90, day=OCTOBER, queue=SALES),
        told.touch("12", talk=90, queue=SUPPORT),
    )
    asked: Sequence[Mapping[str, str]] = (
        {"from": "2026-11-01"},
        {"rep": ANNA},
        {"against": warm, "novelty": "new"},
    )
    return Log(decisions, calls, asked=asked)


def days() -> Log:
    first = answered(5, 30, call="1")
    decisions = (won(600), refunded(100, day=TOMORROW), won(70, "d2", currency="EUR"), won(50, "d3", day=OCTOBER))
    calls = (first, restated(first, answered(5, 31, call="1")), answered(5, 40, call="2", rep=BORIS), abandoned())
    return Log((*decisions, amended(won(600), won(500))), calls, asked=({"from": "2026-11-01"},))


def stages() -> Log:
    told = test_funnel
    decisions = (
        told.opened("a"),
        told.advanced("a", told.TALK, told.DEMO, 3),
        told.lost("a", told.DEMO, 9),
        told.opened("b"),
        told.advanced("b", told.TALK, told.DEMO, 4),
        told.advanced("b", told.DEMO, told.OFFER, 5),
        won(500, "b", stage_left=told.OFFER, days_in_stage=2),
        told.opened("c", playbook=None),
        told.opened("d", day=OCTOBER),
        told.opened("e", rep=BORIS),
    )
    return Log(decisions, asked=({"least": "1"}, {"rep": ANNA, "from": "2026-11-01"}))


def stalled() -> Log:
    opened = test_funnel.opened
    long_ago = [opened(deal, day=OCTOBER) for deal in "abc"]
    advanced = test_funnel.advanced("b", test_funnel.TALK, test_funnel.DEMO, 3)
    return Log((*long_ago, advanced, won(500, "c"), opened("d")), asked=({"days": "0"},))


def leads() -> Log:
    told = test_lead_fairness
    decisions = (
        told.given_to(ANNA),
        told.given_to(ANNA, {BORIS: "absent"}),
        told.given_to(BORIS, pool="fair", weights={BORIS: 1}),
        told.given_to(BORIS, weights={BORIS: 3}, day=YESTERDAY),
        told.accepted(ANNA),
        told.returned(ANNA),
        told.by_name(BORIS),
    )
    return Log(decisions, asked=({"from": "2026-11-24"},))


def sought() -> Log:
    told = test_speed_to_lead
    nine = told.MONDAY.replace(hour=9)
    leads = [told.lead(name, nine) for name in ("a", "b", "c")]
    calls = (
        told.call("a", nine + timedelta(minutes=2), talk=0),
        told.call("a", nine + timedelta(minutes=4)),
        told.call("b", nine + timedelta(minutes=10), answered_by="machine"),
        told.call("d", nine + timedelta(minutes=30)),
        told.call("e", nine + timedelta(minutes=30)),
    )
    return Log((*leads, told.lead("d", nine + timedelta(minutes=1), "fair")), calls, asked=({},))


def compared() -> Log:
    moved = answered(call="5", day=date(2025, 10, 1))
    calls = (
        moved,
        restated(moved, answered(call="5", day=OCTOBER)),
        answered(call="1"),
        answered(call="2", day=OCTOBER),
        answered(call="3", rep=VERA),
        answered(call="4", rep=BORIS, day=date(2025, 11, 5)),
    )
    decisions = (
        *organisation(date(2025, 9, 1)),
        won(300),
        refunded(60),
        won(120, "d2", day=OCTOBER),
        won(40, "d3", currency="EUR", credits=courses.whole(VERA, 40)),
    )
    return Log(decisions, calls, asked=({}, {"unit": NORTH, "by": "year"}))


def attained() -> Log:
    quota = assigned(period(1_100))
    decisions = (
        *organisation(NOVEMBER),
        quota,
        relieved(100, quota),
        assigned(period(700), holder=VERA),
        assigned(period(1_500), holder=NORTH, holder_kind="team"),
        assigned(period(9_000), holder=COMPANY, holder_kind="company"),
        won(600),
        refunded(100),
        won(50, "d2", day=OCTOBER),
        won(30, "d3", credits=courses.whole(BORIS, 30)),
        won(20, "d4", credits=courses.whole("outsider", 20)),
    )
    return Log(decisions, asked=({}, {"unit": NORTH}))
