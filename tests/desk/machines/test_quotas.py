"""Whatever is asked about quotas: nobody is asked twice for the same days, nor for less than nothing."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import combinations, pairwise
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import invariant

from events.event import Event
from events.goals import (
    PeriodRelief,
    PeriodTarget,
    QuotaAmended,
    QuotaAssigned,
    QuotaEvent,
    QuotaRelieved,
    QuotaWithdrawn,
    RampStep,
)
from events.people import AbsencePlanned, RepAssigned, RepHired, RepLeft, UnitFormed
from services.desk.deciding import Command
from services.desk.people.decider import AssignRep, ChangeUnit, LetRepLeave, PlanAbsence
from services.desk.quotas.decider import AmendQuota, AssignQuota, RelieveForAbsence, RelieveQuota, WithdrawQuota
from services.desk.quotas.state import Holding, quota_id
from tests.desk.machines.racing import SETTINGS, Racing
from tests.desk.machines.truth import painted
from tests.events.examples.dates import TODAY, at

NOW: dict[str, Any] = {"at": at(9), "day": TODAY}
now: dict[str, Any] = {name: st.just(value) for name, value in NOW.items()}
MONTHS = [date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)]
DAYS = sorted({*MONTHS, TODAY, date(2026, 12, 10), date(2027, 1, 20)})
NAMES = [f"{month:%Y-%m}" for month in MONTHS]
KINDS: dict[str, Any] = {"west": "team", "east": "team", "sales": "department", "anna": "rep", "boris": "rep"}
RATIOS = ("conversion", "skill")
HOLDINGS: list[Holding] = [
    *((kind, holder, "revenue", "") for holder, kind in KINDS.items()),
    ("rep", "anna", "conversion", ""),
    ("rep", "anna", "skill", "closing"),
    ("rep", "anna", "calls", ""),
]
FIRST = {holding[1]: quota_id(holding, 1) for holding in HOLDINGS if holding[2] == "revenue"}
QUOTAS = [quota_id(holding, number) for holding in HOLDINGS for number in (1, 2)]

holdings = st.sampled_from(HOLDINGS)
quotas = st.sampled_from((*QUOTAS, *(FIRST[holder] for holder in ("anna", "anna", "sales", "sales", "west", "boris"))))
days = st.sampled_from(DAYS)
intervals = st.lists(days, min_size=2, max_size=2, unique=True).map(sorted)
targets = st.sampled_from((0, 1, 7, 100, 1_000))
ramps = ((), (RampStep(tenure_month=1, factor_bp=0), RampStep(tenure_month=2, factor_bp=3_333)))
plain: st.SearchStrategy[dict[str, Any]] = st.just({})
splits: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "split": st.sampled_from(("evenly", "working_days")),
        "ramp": st.sampled_from(ramps),
        "prorating": st.sampled_from(("none", "calendar_days", "working_days")),
    }
)
reliefs = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 60), min_size=1, max_size=2).map(
    lambda relieved: tuple(PeriodRelief(period=name, relieved=minor) for name, minor in relieved.items())
)
reasons = st.just("because")
reps = st.sampled_from(("anna", "anna", "boris"))


@st.composite
def assigning(draw: st.DrawFn) -> AssignQuota:
    """A quota, within what the desk's door lets through."""
    kind, holder, measure, skill = draw(holdings)
    start, end = draw(intervals)
    return AssignQuota(
        **NOW,
        holder=holder,
        holder_kind=draw(st.sampled_from((kind, kind, kind, kind, "rep", "team"))),
        measure=measure,
        skill=skill or None,
        currency="RUB" if measure == "revenue" else None,
        full_target=draw(targets),
        starts_on=start,
        ends_on=end,
        parent=draw(st.sampled_from((None, None, FIRST["sales"], FIRST["west"]))),
        country="RU",
        **draw(plain if measure in RATIOS else plain | splits),
    )


@st.composite
def away(draw: st.DrawFn) -> PlanAbsence:
    """An absence of some days or weeks."""
    start, end = draw(intervals)
    return PlanAbsence(
        **NOW,
        absence="new",
        rep="anna",
        absence_kind=draw(st.sampled_from(("vacation", "sickness"))),
        starts_on=start,
        ends_on=end,
        working_days=1,
    )


@st.composite
def moving(draw: st.DrawFn) -> ChangeUnit:
    """A unit that moves to another, or away from all."""
    unit = draw(st.sampled_from(("west", "east", "sales")))
    parent = draw(st.none() | st.sampled_from(("west", "east", "sales")))
    return ChangeUnit(**NOW, unit=unit, unit_kind=KINDS[unit], title="x", parent=parent, starts_on=draw(days))


def formed(unit: str, parent: str | None = None) -> tuple[Event, str]:
    """A unit from the first of the months on."""
    said: dict[str, Any] = {"occurred_at": at(8), "day": TODAY, "starts_on": MONTHS[0]}
    return UnitFormed(**said, unit=unit, kind=KINDS[unit], title=unit, parent=parent), f"unit/{unit}"


def hired(rep: str, start: date) -> tuple[Event, str]:
    """A rep of a team in the west."""
    event = RepHired(occurred_at=at(8), day=TODAY, rep=rep, unit="west", post="sales", starts_on=start)
    return event, f"rep/{rep}"


def given(holder: str) -> tuple[Event, str]:
    """A quota of a hundred for each of the first two months."""
    periods = tuple(
        PeriodTarget(period=f"{start:%Y-%m}", starts_on=start, ends_on=end, target=100)
        for start, end in pairwise(MONTHS[:3])
    )
    event = QuotaAssigned(
        occurred_at=at(8),
        day=TODAY,
        quota=FIRST[holder],
        holder=holder,
        holder_kind=KINDS[holder],
        measure="revenue",
        currency="RUB",
        starts_on=MONTHS[0],
        ends_on=MONTHS[2],
        target=200,
        full_target=200,
        periods=periods,
    )
    return event, f"quota/{event.quota}"


class Quotas(Racing):
    """What may be asked about quotas, while reps and units move, and reps are away and leave."""

    beginning = (
        formed("sales"),
        formed("west", "sales"),
        formed("east", "sales"),
        hired("anna", MONTHS[0]),
        hired("boris", date(2026, 12, 10)),
        given("sales"),
        given("anna"),
    )
    commands: ClassVar[st.SearchStrategy[Command]] = st.one_of(
        *(assigning() for _ in range(3)),
        st.builds(AmendQuota, **now, quota=quotas, from_on=days, target=targets, reason=reasons),
        st.builds(RelieveQuota, **now, quota=quotas, reliefs=reliefs, reason=reasons),
        *(
            st.builds(
                RelieveForAbsence,
                **now,
                quota=st.sampled_from((FIRST["anna"], FIRST["anna"], FIRST["boris"])),
                absence=st.sampled_from(("a1", "a1", "a2", "a3")),
                reason=reasons,
                country=st.just("RU"),
            )
            for _ in range(2)
        ),
        st.builds(WithdrawQuota, **now, quota=quotas, from_on=days, reason=reasons),
        away(),
        away(),
        moving(),
        st.builds(
            AssignRep, **now, rep=reps, unit=st.sampled_from(("west", "east")), post=st.just("sales"), starts_on=days
        ),
        st.builds(LetRepLeave, **now, rep=st.just("boris"), ends_on=days, initiative=st.just("rep")),
    )

    def named(self, command: Command, key: str) -> Command:
        """An absence has the next name."""
        del key
        if not isinstance(command, PlanAbsence):
            return command
        number = sum(isinstance(asked, PlanAbsence) for asked, _ in self.asked) + 1
        return replace(command, absence=f"a{number}")

    @invariant()
    def nobody_is_asked_twice_for_the_same_days(self) -> None:
        """Of one holder, measure and skill no two quotas ask for something on one day."""
        for one, other in combinations(self._plans().values(), 2):
            if one.holding == other.holding:
                for mine in one.asked():
                    for theirs in other.asked():
                        assert mine.ends_on <= theirs.starts_on or theirs.ends_on <= mine.starts_on

    @invariant()
    def what_is_asked_for_is_what_the_months_ask_for(self) -> None:
        """Months follow one another and sum to the target, never more than the full one; of ratios one asks for it."""
        for terms in self._terms():
            borders = [terms.starts_on, *(period.ends_on for period in terms.periods)]
            assert [period.starts_on for period in terms.periods] == borders[:-1]
            assert borders[-1] == terms.ends_on
            if terms.measure in RATIOS:
                assert terms.target in {period.target for period in terms.periods}
            else:
                assert sum(period.target for period in terms.periods) == terms.target
        for event in self.truth.of(QuotaAssigned):
            assert 0 <= event.target <= event.full_target

    @invariant()
    def nobody_is_asked_for_less_than_nothing(self) -> None:
        """What is relieved of a month stays within what it asks for; for an absence, once."""
        for plan in self._plans().values():
            for period in plan.asked():
                assert plan.relieved[period.period] <= period.target
            assert all(times == 1 for times in plan.absences.values())

    @invariant()
    def what_has_begun_stays_as_it_is(self) -> None:
        """An amendment starts from the terms that hold, and a withdrawal takes back what is left, each month once."""
        plans: dict[str, Plan] = {}
        for event in self._events():
            if isinstance(event, QuotaAmended):
                assert event.was == plans[event.quota].terms
                assert _days(event.was) == _days(event.now)
            if isinstance(event, QuotaWithdrawn):
                plan = plans[event.quota]
                left = {each.period: each.target - plan.relieved[each.period] for each in plan.asked()}
                assert {each.period: each.target for each in event.periods}.items() <= left.items()
            _take(plans, event)

    @invariant()
    def a_part_is_of_a_quota_above_for_the_same_thing(self) -> None:
        """The quota above is of the same measure, for all of the days, and of a unit above the holder on some day."""
        plans: dict[str, QuotaAssigned] = {}
        for place, each in enumerate(self.truth.counted):
            event = each.event
            if not isinstance(event, QuotaAssigned):
                continue
            if event.parent is not None:
                above = plans[event.parent]
                assert (above.measure, above.skill, above.currency) == (event.measure, event.skill, event.currency)
                assert above.starts_on <= event.starts_on
                assert event.ends_on <= above.ends_on
                assert self._below(event, above.holder, place)
            plans[event.quota] = event

    @invariant()
    def an_absence_is_made_up_for_with_whom_it_belongs_to(self) -> None:
        """A relief for an absence is of a quota of that rep."""
        whose = {event.absence: event.rep for event in self.truth.of(AbsencePlanned)}
        for event in self.truth.of(QuotaRelieved):
            assert event.absence is None or whose[event.absence] == event.holder

    def _below(self, quota: QuotaAssigned, unit: str, place: int) -> bool:
        """Whether the holder is below a unit on some day of the quota, by what was known at a place of the log."""
        known = [each.event for each in self.truth.counted[:place]]
        span = [day for day in DAYS if quota.starts_on <= day < quota.ends_on]
        parents = {
            each: painted(
                span, [_placed(event) for event in known if isinstance(event, UnitFormed) and event.unit == each]
            )
            for each in KINDS
        }
        gone = [event.ends_on for event in known if isinstance(event, RepLeft) and event.rep == quota.holder]
        works = [
            (event.starts_on, event.ends_on, event.unit)
            for event in known
            if isinstance(event, RepHired | RepAssigned) and event.rep == quota.holder
        ]
        at_work = painted([day for day in span if not gone or day < gone[0]], works)
        for day in span:
            at = at_work.get(day) if quota.holder_kind == "rep" else parents[quota.holder].get(day)
            while at is not None:
                if at == unit:
                    return True
                at = parents[at].get(day)
        return False

    def _events(self) -> list[QuotaEvent]:
        return [event for event in self.truth.events if isinstance(event, QuotaEvent)]

    def _plans(self) -> dict[str, "Plan"]:
        plans: dict[str, Plan] = {}
        for event in self._events():
            _take(plans, event)
        return plans

    def _terms(self) -> list[QuotaAssigned]:
        return self.truth.of(QuotaAssigned) + [event.now for event in self.truth.of(QuotaAmended)]


@dataclass
class Plan:
    """What one quota asks for by now."""

    terms: QuotaAssigned
    relieved: Counter[str] = field(default_factory=Counter[str])
    withdrawn: set[str] = field(default_factory=set[str])
    absences: Counter[str] = field(default_factory=Counter[str])

    @property
    def holding(self) -> tuple[str, str, str, str | None]:
        """Of whom it asks what."""
        return self.terms.holder_kind, self.terms.holder, self.terms.measure, self.terms.skill

    def asked(self) -> list[PeriodTarget]:
        """The months in which it still asks for something."""
        return [period for period in self.terms.periods if period.period not in self.withdrawn]


def _take(plans: dict[str, Plan], event: QuotaEvent) -> None:
    match event:
        case QuotaAssigned():
            assert event.quota not in plans
            plans[event.quota] = Plan(event)
        case QuotaAmended():
            plans[event.quota].terms = event.now
        case QuotaRelieved():
            plans[event.quota].relieved.update({relief.period: relief.relieved for relief in event.reliefs})
            plans[event.quota].absences.update([event.absence] if event.absence else [])
        case QuotaWithdrawn():
            plans[event.quota].withdrawn |= {period.period for period in event.periods}


def _days(terms: QuotaAssigned) -> list[tuple[str, date, date]]:
    return [(period.period, period.starts_on, period.ends_on) for period in terms.periods]


def _placed(event: UnitFormed) -> tuple[date, date | None, str | None]:
    return event.starts_on, event.ends_on, event.parent


TestQuotas = Quotas.TestCase
TestQuotas.settings = SETTINGS
