"""A small log for each report, of which each event says something to it or nothing: what its explanation is held to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from events.deals import CustomerContacted
from events.directory import DirectoryMapped
from events.event import Event
from events.tactics import TacticCostRecorded
from services.history.archive import Archive
from tests.events.examples.dates import TODAY, at, when
from tests.history import (
    courses,
    test_agent_time,
    test_funnel,
    test_lead_fairness,
    test_outbound,
    test_speed_to_lead,
    test_staffing_table,
    test_tactic_costs,
    test_tactic_effectiveness,
    test_watching,
)
from tests.history.asking import decide, tell
from tests.history.courses import AFTER, BEFORE, COURSE, GLEB, STAFF, assessed, lost, published, session
from tests.history.organisation import COMPANY, NORTH, VERA, organisation
from tests.telling import (
    AGENTS,
    ANNA,
    BORIS,
    CALLS,
    DECEMBER,
    JANUARY,
    NOVEMBER,
    PBX,
    SALES,
    SUPPORT,
    abandoned,
    amended,
    answered,
    assigned,
    beat,
    call_id,
    caught_up,
    closed,
    entered,
    gap,
    lasted,
    period,
    quota_amended,
    refunded,
    relieved,
    restated,
    withdrawn,
    won,
)

FEEDS = "kvota.feeds"
OCTOBER = date(2026, 10, 5)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Log:
    """What was decided and told, and with what a report of it is asked."""

    decisions: Sequence[Event] = ()
    calls: Sequence[Event] = ()
    agents: Sequence[Event] = ()
    feeds: Sequence[Event] = ()
    asked: Sequence[Mapping[str, str]] = ({},)


def fill(archive: Archive, log: Log) -> None:
    """Archive a log, and two events of the last business day that no report tells of: either can be left out."""
    decide(archive, *log.decisions)
    tell(archive, *log.calls, topic=CALLS)
    tell(archive, *log.agents, entered("ready", at(20)), entered("paused", at(21)), topic=AGENTS)
    tell(archive, *log.feeds, topic=FEEDS)


def _performance() -> Log:
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


def _tactics() -> Log:
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


def _days() -> Log:
    first = answered(5, 30, call="1")
    decisions = (won(600), refunded(100, day=TOMORROW), won(70, "d2", currency="EUR"), won(50, "d3", day=OCTOBER))
    calls = (first, restated(first, answered(5, 31, call="1")), answered(5, 40, call="2", rep=BORIS), abandoned())
    return Log((*decisions, amended(won(600), won(500))), calls, asked=({"from": "2026-11-01"},))


def _queues(*asked: Mapping[str, str]) -> Log:
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


def _agents() -> Log:
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


def _feeds() -> Log:
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


def _certified() -> Log:
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


def _breaches() -> Log:
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


def _stages() -> Log:
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


def _stalled() -> Log:
    opened = test_funnel.opened
    long_ago = [opened(deal, day=OCTOBER) for deal in "abc"]
    advanced = test_funnel.advanced("b", test_funnel.TALK, test_funnel.DEMO, 3)
    return Log((*long_ago, advanced, won(500, "c"), opened("d")), asked=({"days": "0"},))


def _staff() -> Log:
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


def _leads() -> Log:
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


def _dials() -> Log:
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


def _sought() -> Log:
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


def _compared() -> Log:
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


def _attained() -> Log:
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


def _taught() -> Log:
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


def _unmapped() -> Log:
    mapped = DirectoryMapped(**when(8), named_by=PBX, kind="queue", name="101", starts_at=at(6), to=SALES)
    calls = (answered(call="1", rep="Anna"), answered(call="2", rep="Anna"), answered(call="3", queue="102", rep=BORIS))
    return Log((*organisation(NOVEMBER), mapped), calls, (lasted("ready", 5, rep="Anna"), lasted("ready", 5)))


LOGS: Mapping[str, Log] = {
    "agent_time": _agents(),
    "call_centre": _queues({"clock": "end"}, {"to": "2026-11-24T10:00:00Z"}),
    "certifications": _certified(),
    "completeness": _feeds(),
    "funnel": _stages(),
    "lead_fairness": _leads(),
    "onboarding_breaches": _breaches(),
    "outbound": _dials(),
    "period_comparison": _compared(),
    "quota_attainment": _attained(),
    "rep_day": _days(),
    "rep_performance": _performance(),
    "sales_day": _days(),
    "speed_to_lead": _sought(),
    "staffing_need": _queues({"to": "2026-11-24T10:00:00Z"}),
    "staffing_table": _staff(),
    "stalled_deals": _stalled(),
    "tactic_effectiveness": _tactics(),
    "training_return": _taught(),
    "unmapped_names": _unmapped(),
}
