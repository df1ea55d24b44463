"""Whatever happens in a pool, each assignment is made again when the distributor is asked again; tampering is found."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from events.event import Event
from events.leads import LeadAssigned, PoolMember
from events.people import AbsencePlanned
from services.desk.company import Company
from services.desk.deciding import Command, Rejected
from services.desk.leads.auditing import AssignmentAudit
from services.desk.leads.decider import (
    AcceptLead,
    AssignLead,
    DefinePool,
    DisqualifyLead,
    QualifyLead,
    ReassignLead,
    ReceiveLead,
    ReturnLead,
)
from services.desk.leads.decider import decide as decide_lead
from services.desk.people.decider import PlanAbsence
from services.desk.people.decider import decide as decide_person
from services.desk.trainees.decider import AssignTraining, Certify, ExamineModule
from services.desk.trainees.decider import decide as decide_trainee
from services.desk.training.decider import PublishProgramme
from services.desk.training.decider import decide as decide_training
from tests.desk.given import ANNA, BORIS, formed, team
from tests.desk.test_training import MODULES, STEPS
from tests.events.examples.dates import TODAY, at
from tests.telling import decided

POOL = "site"
REPS = (ANNA, BORIS)
DECIDERS = {
    "services.desk.leads.decider": decide_lead,
    "services.desk.people.commands": decide_person,
    "services.desk.trainees.decider": decide_trainee,
    "services.desk.training.decider": decide_training,
}


@dataclass
class Floor:
    """A company that decides, and the log of what it decided."""

    company: Company = field(default_factory=Company)
    records: list[bytes] = field(default_factory=list[bytes])
    versions: Counter[str] = field(default_factory=Counter[str])

    def happened(self, event: Event, stream: str) -> None:
        self.versions[stream] += 1
        self.records.append(decided(event, stream, self.versions[stream]))
        self.company.take(event, UUID(int=len(self.records)))

    def asked(self, command: Command) -> Event | None:
        """Decide a command; None for a refusal."""
        decide: Any = DECIDERS[type(command).__module__]
        try:
            decision = decide(command, self.company)
        except Rejected:
            return None
        self.happened(decision.event, decision.stream)
        event: Event = decision.event
        return event

    def lead(self, number: int) -> str:
        """One of the leads that there are."""
        leads = list(self.company.leads.leads)
        return leads[number % len(leads)] if leads else "none"

    def waiting(self) -> str | None:
        """The lead that has waited longest, if any does."""
        pool = self.company.leads.pools.get(POOL)
        return None if pool is None else next(iter(pool.waiting), None)


def founded() -> Floor:
    floor = Floor()
    for event, stream in zip(team, (f"unit/{formed.unit}", f"rep/{ANNA}", f"rep/{BORIS}"), strict=True):
        floor.happened(event, stream)
    return floor


def audited(floor: Floor) -> AssignmentAudit:
    audit = AssignmentAudit()
    for offset, record in enumerate(floor.records):
        audit.take(offset, record)
    return audit


moments = st.integers(0, 30 * 60).map(lambda minutes: at(9) + timedelta(minutes=minutes))
reps = st.sampled_from(REPS)
numbers = st.integers(0, 20)
limits = st.none() | st.integers(1, 4)
pools: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "policy": st.sampled_from(("round_robin", "smooth_weighted", "least_loaded")),
        "members": st.permutations(REPS).flatmap(
            lambda order: st.tuples(
                *(st.builds(PoolMember, rep=st.just(rep), weight=st.integers(1, 5)) for rep in order)
            )
        ),
        "per_hour": limits,
        "per_day": limits,
    }
)
programme = PublishProgramme(
    at=at(9),
    day=TODAY,
    programme=STEPS,
    new=True,
    title="First steps",
    programme_kind="onboarding",
    modules=MODULES[:1],
    required_of="everyone",
    valid_days=1,
    starts_on=TODAY,
)


Asking = Callable[[st.DataObject, Floor, dict[str, Any]], Command]


def step(data: st.DataObject, floor: Floor, moment: datetime) -> Command:
    """Something that somebody may ask for at a moment: mostly about leads, now and then about who gets them."""
    now: dict[str, Any] = {"at": moment, "day": moment.date()}
    kinds: tuple[Asking, ...] = (_receiving, _giving, _giving, _working, _about_reps)
    about: Asking = data.draw(st.sampled_from(kinds))
    return about(data, floor, now)


def _receiving(data: st.DataObject, _floor: Floor, now: dict[str, Any]) -> Command:
    return ReceiveLead(**now, person=f"person-{data.draw(numbers)}", pool=POOL, found_through="form")


def _giving(data: st.DataObject, floor: Floor, now: dict[str, Any]) -> Command:
    return AssignLead(**now, lead=floor.waiting() or floor.lead(data.draw(numbers)))


def _working(data: st.DataObject, floor: Floor, now: dict[str, Any]) -> Command:
    lead = floor.lead(data.draw(numbers))
    asked: tuple[Command, ...] = (
        AcceptLead(**now, lead=lead),
        ReturnLead(**now, lead=lead, reason="busy"),
        QualifyLead(**now, lead=lead),
        DisqualifyLead(**now, lead=lead, reason="price"),
        ReassignLead(**now, lead=lead, rep=data.draw(reps)),
    )
    return data.draw(st.sampled_from(asked))


def _about_reps(data: st.DataObject, _floor: Floor, now: dict[str, Any]) -> Command:
    rep, tomorrow = data.draw(reps), now["day"] + timedelta(days=1)
    away: dict[str, Any] = {"starts_on": now["day"], "ends_on": tomorrow, "working_days": 1}
    asked: tuple[Command, ...] = (
        DefinePool(**now, pool=POOL, new=False, title="Site", **data.draw(pools)),
        PlanAbsence(**now, absence="a", rep=rep, absence_kind="other", **away),
        programme,
        AssignTraining(**now, rep=rep, programme=STEPS),
        ExamineModule(**now, rep=rep, programme=STEPS, module=MODULES[0].module, score_bp=9_000),
        Certify(**now, rep=rep, programme=STEPS),
    )
    return data.draw(st.sampled_from(asked))


def worked(data: st.DataObject) -> Floor:
    """A floor after some of what may happen to leads, and who might get them."""
    floor = founded()
    floor.asked(DefinePool(at=at(8), day=TODAY, pool=POOL, new=True, title="Site", **data.draw(pools)))
    for moment in sorted(data.draw(st.lists(moments, min_size=30, max_size=50))):
        floor.asked(step(data, floor, moment))
    return floor


@given(st.data())
def test_every_assignment_is_given_again_by_the_log_before_it(data: st.DataObject) -> None:
    floor = worked(data)
    audit = audited(floor)
    assert audit.disagreements == []
    assert audit.assignments == sum(b'"lead.assigned"' in record for record in floor.records)


@given(st.data())
def test_nobody_is_given_more_than_an_hour_or_a_day_allows_or_what_they_cannot_take(data: st.DataObject) -> None:
    floor = founded()
    terms = data.draw(pools)
    floor.asked(DefinePool(at=at(8), day=TODAY, pool=POOL, new=True, title="Site", **terms))
    given_out = list[LeadAssigned]()
    absent = set[tuple[str, object]]()
    for moment in sorted(data.draw(st.lists(moments, min_size=30, max_size=50))):
        command = step(data, floor, moment)
        if isinstance(command, (DefinePool, ReassignLead)):
            continue
        event = floor.asked(command)
        if isinstance(event, AbsencePlanned):
            absent.add((event.rep, event.starts_on))
        if isinstance(event, LeadAssigned):
            assert (event.rep, event.day) not in absent
            given_out.append(event)
    for event in given_out:
        own = [each for each in given_out if each.rep == event.rep]
        hour = [each for each in own if event.occurred_at - timedelta(hours=1) < each.occurred_at <= event.occurred_at]
        assert len(hour) <= (terms["per_hour"] or len(hour))
        day = [each for each in own if each.day == event.day]
        assert len(day) <= (terms["per_day"] or len(day))


def test_an_assignment_out_of_turn_is_found() -> None:
    floor = founded()
    members = tuple(PoolMember(rep=rep) for rep in REPS)
    floor.asked(
        DefinePool(at=at(8), day=TODAY, pool=POOL, new=True, title="Site", policy="round_robin", members=members)
    )
    floor.asked(ReceiveLead(at=at(9), day=TODAY, person="vera", pool=POOL, found_through="form"))
    lead = floor.lead(0)
    fair = decide_lead(AssignLead(at=at(9), day=TODAY, lead=lead), floor.company)
    assert isinstance(fair.event, LeadAssigned)
    floor.happened(fair.event.model_copy(update={"rep": BORIS}), fair.stream)
    audit = audited(floor)
    assert [(each.lead, each.given_to, each.instead) for each in audit.disagreements] == [
        (lead, BORIS, f"{ANNA} (passed over: nobody)")
    ]
    assert audit.assignments == 1


def test_an_assignment_that_says_otherwise_why_somebody_was_passed_over_is_found() -> None:
    floor = founded()
    members = tuple(PoolMember(rep=rep) for rep in REPS)
    floor.asked(
        DefinePool(at=at(8), day=TODAY, pool=POOL, new=True, title="Site", policy="round_robin", members=members)
    )
    floor.asked(ReceiveLead(at=at(9), day=TODAY, person="vera", pool=POOL, found_through="form"))
    fair = decide_lead(AssignLead(at=at(9), day=TODAY, lead=floor.lead(0)), floor.company)
    assert isinstance(fair.event, LeadAssigned)
    first, second = fair.event.candidates
    tampered = (first.model_copy(update={"load": 7}), second)
    floor.happened(fair.event.model_copy(update={"candidates": tampered}), fair.stream)
    assert len(audited(floor).disagreements) == 1


def test_what_cannot_be_read_is_passed_over() -> None:
    audit = AssignmentAudit()
    audit.take(0, b"{")
    audit.take(1, None)
    assert audit.assignments == 0
