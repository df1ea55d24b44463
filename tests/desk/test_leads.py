"""What may be asked about leads and their pools, and what it makes true."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from events.event import Event
from events.leads import (
    LeadAccepted,
    LeadAssigned,
    LeadCandidate,
    LeadDisqualified,
    LeadMatched,
    LeadPoolDefined,
    LeadQualified,
    LeadReassigned,
    LeadReceived,
    LeadReturned,
    PoolMember,
    Unfit,
)
from events.people import AbsencePlanned, RepHired
from services.desk.leads.decider import (
    MATCHING_RULE,
    AcceptLead,
    AssignLead,
    DefinePool,
    DisqualifyLead,
    LeadCommand,
    QualifyLead,
    ReassignLead,
    ReceiveLead,
    ReturnLead,
    decide,
)
from services.desk.leads.refusals import (
    CannotTakeLead,
    LeadAcceptedAlready,
    LeadBeforeItsTime,
    LeadDone,
    LeadInNoHand,
    LeadInThisHand,
    LeadNotWaiting,
    LeadUnknown,
    NobodyCanTakeLead,
    PoolEmpty,
    PoolUnknown,
)
from services.desk.leads.state import lead_id
from services.desk.people.refusals import RepNotHired, UnitUnknown
from services.desk.training.decider import PROGRAMMES
from tests.desk.given import ANNA, BORIS, NORTH, anna_left, team
from tests.desk.test_training import certified, published
from tests.events.examples.dates import TODAY, at
from tests.scenario import Scenario

lead = Scenario[LeadCommand](decide)
POOL, VERA = "site", "vera"
LEAD, NEXT = lead_id(VERA, 1), lead_id(VERA, 2)
BOTH = (PoolMember(rep=ANNA), PoolMember(rep=BORIS))


def now(hour: int = 9, minute: int = 0, day: date = TODAY) -> dict[str, Any]:
    return {"occurred_at": at(hour, minute, day=day), "day": day}


def asked(hour: int = 9, minute: int = 0, day: date = TODAY) -> dict[str, Any]:
    return {"at": at(hour, minute, day=day), "day": day}


def defined(**changes: Any) -> LeadPoolDefined:  # noqa: ANN401  # fields
    usual: dict[str, Any] = {"pool": POOL, "title": "Site", "policy": "round_robin", "members": BOTH}
    return LeadPoolDefined(**now(8), **usual | changes)


def received(number: int = 1, person: str = VERA, when: datetime = at(9), **changes: Any) -> LeadReceived:  # noqa: ANN401  # fields
    usual: dict[str, Any] = {"pool": POOL, "found_through": "form"}
    identity = lead_id(person, number)
    return LeadReceived(
        occurred_at=when, day=when.date(), lead=identity, person=person, number=number, **usual | changes
    )


def assigned(rep: str = ANNA, person: str = VERA, hour: int = 9, minute: int = 0, given: int = 1) -> LeadAssigned:
    """An assignment, as far as state goes by it."""
    return LeadAssigned(
        **now(hour, minute),
        lead=lead_id(person, 1),
        pool=POOL,
        rep=rep,
        given=given,
        policy="round_robin",
        candidates=(LeadCandidate(rep=rep, weight=1, load=0, balance=0),),
        waited_seconds=0,
    )


def candidate(rep: str, load: int = 0, skipped: Unfit | None = None) -> LeadCandidate:
    return LeadCandidate(rep=rep, weight=1, load=load, balance=0, skipped=skipped)


def skips(*events: Event, hour: int = 9, minute: int = 0, day: date = TODAY) -> dict[str, str]:
    """Who is passed over when Vera's lead is given to somebody, and why."""
    command = AssignLead(**asked(hour, minute, day), lead=LEAD)
    answer = lead.given(*team, *events).when(command).decision.event
    assert isinstance(answer, LeadAssigned)
    return {each.rep: each.skipped for each in answer.candidates if each.skipped is not None}


base = (*team, defined(), received())


def test_a_pool_is_defined_with_people_who_work_here_and_changed() -> None:
    command = DefinePool(
        **asked(8), pool=POOL, new=True, title="Site", unit=NORTH, policy="round_robin", members=BOTH, per_hour=3
    )
    lead.given(*team).when(command).then(defined(unit=NORTH, per_hour=3))
    lead.given(*team).when(command).then_relies_on(f"rep/{ANNA}", f"rep/{BORIS}", f"unit/{NORTH}")
    lead.given().when(command).then_rejected(RepNotHired)
    change: dict[str, Any] = {"pool": POOL, "new": False, "title": "Site", "policy": "least_loaded", "members": ()}
    lead.given(defined()).when(DefinePool(**asked(8), **change)).then(defined(policy="least_loaded", members=()))
    lead.given().when(DefinePool(**asked(8), **change)).then_rejected(PoolUnknown)
    lead.given(defined()).when(DefinePool(**asked(8), **change, unit="none")).then_rejected(UnitUnknown)


def receive(when: datetime = at(9), **changes: Any) -> ReceiveLead:  # noqa: ANN401  # fields
    usual: dict[str, Any] = {"person": VERA, "pool": POOL, "found_through": "form"}
    return ReceiveLead(at=when, day=when.date(), **usual | changes)


def test_the_same_person_again_is_the_same_lead_while_it_is_open_or_new() -> None:
    lead.given(defined()).when(receive(skills=("English",))).then(received(skills=("English",)))
    lead.given().when(receive()).then_rejected(PoolUnknown)
    later = at(9) + timedelta(days=45)
    matched = LeadMatched(
        occurred_at=later, day=later.date(), lead=LEAD, person=VERA, rule=MATCHING_RULE, found_through="form"
    )
    lead.given(defined(), received()).when(receive(later)).then(matched)
    done = LeadDisqualified(**now(10), lead=LEAD, pool=POOL, reason="price")
    lead.given(defined(), received(), done).when(receive(later)).then(received(2, when=later))
    soon = at(9) + timedelta(days=29)
    lead.given(defined(), received(), done).when(receive(soon)).then(
        LeadMatched(occurred_at=soon, day=soon.date(), lead=LEAD, person=VERA, rule=MATCHING_RULE, found_through="form")
    )


def test_the_distributor_says_who_could_have_had_the_lead() -> None:
    outcome = lead.given(*base).when(AssignLead(**asked(9, 2), lead=LEAD))
    outcome.then(
        LeadAssigned(
            **now(9, 2),
            lead=LEAD,
            pool=POOL,
            rep=ANNA,
            given=1,
            policy="round_robin",
            candidates=(candidate(ANNA), candidate(BORIS)),
            waited_seconds=120,
        )
    )
    outcome.then_relies_on(f"rep/{ANNA}", f"trainee/{ANNA}", f"rep/{BORIS}", f"trainee/{BORIS}", PROGRAMMES)


def test_leads_go_in_turn() -> None:
    given = lead.given(*base, received(person="ivan"), assigned(person="ivan"))
    event = given.when(AssignLead(**asked(), lead=LEAD)).decision.event
    assert isinstance(event, LeadAssigned)
    assert (event.rep, event.candidates) == (BORIS, (candidate(ANNA, 1), candidate(BORIS)))


def test_whoever_cannot_take_a_lead_is_passed_over_and_it_is_said_why() -> None:
    away = AbsencePlanned(
        **now(8), absence="a", rep=ANNA, kind="vacation", starts_on=TODAY, ends_on=date(2026, 11, 25), working_days=1
    )
    assert skips(defined(), received(), away) == {ANNA: "absent"}
    assert skips(defined(), received(), anna_left, day=date(2026, 11, 25)) == {ANNA: "inactive"}
    boris_certified = [event.model_copy(update={"rep": BORIS}) for event in certified[1:]]
    assert skips(defined(), received(), published(), *boris_certified) == {ANNA: "uncertified"}
    returned = LeadReturned(**now(9, 5), lead=LEAD, pool=POOL, rep=ANNA, reason="busy")
    assert skips(defined(), received(), assigned(), returned) == {ANNA: "returned"}


def test_a_lead_goes_to_somebody_who_can_do_what_it_needs_where_it_is() -> None:
    skilled = RepHired(
        **now(8),
        rep="olga",
        unit=NORTH,
        post="sales",
        starts_on=TODAY,
        territories=("West",),
        skills=("English", "crm"),
    )
    pool = defined(members=(*BOTH, PoolMember(rep="olga")))
    assert skips(skilled, pool, received(territory="West")) == {ANNA: "territory", BORIS: "territory"}
    assert skips(skilled, pool, received(skills=("English",))) == {ANNA: "skill", BORIS: "skill"}


@pytest.mark.parametrize(
    ("limits", "hour", "minute", "skipped"),
    [
        ({"per_hour": 1}, 9, 59, {ANNA: "full_hour"}),
        ({"per_hour": 1}, 10, 0, {}),
        ({"per_day": 1}, 18, 0, {ANNA: "full_day"}),
        ({"per_hour": 2, "per_day": 2}, 9, 59, {}),
    ],
)
def test_an_hour_and_a_day_have_room_for_so_many(
    limits: dict[str, int], hour: int, minute: int, skipped: dict[str, str]
) -> None:
    before = (received(person="ivan"), assigned(person="ivan"))
    assert skips(defined(**limits), *before, received(), hour=hour, minute=minute) == skipped


def test_a_day_begins_with_room() -> None:
    before = (received(person="ivan"), assigned(person="ivan"))
    assert skips(defined(per_day=1), *before, received(), day=date(2026, 11, 25)) == {}


@pytest.mark.parametrize(("limits", "skipped"), [({"per_day": 1}, {ANNA: "full_day"}), ({"per_hour": 1}, {})])
def test_a_lead_of_tomorrow_makes_nobody_forget_today(limits: dict[str, int], skipped: dict[str, str]) -> None:
    tomorrow = assigned(person="oleg").model_copy(update=now(day=date(2026, 11, 25)))
    before = (received(person="ivan"), assigned(person="ivan"), received(person="oleg"), tomorrow)
    assert skips(defined(**limits), *before, received(), hour=18) == skipped


def test_an_hour_is_full_on_both_sides_of_midnight() -> None:
    late = assigned(person="ivan").model_copy(update=now(23, 59))
    before = (received(person="ivan"), late, received())
    assert skips(defined(per_hour=1), *before, hour=0, minute=30, day=date(2026, 11, 25)) == {ANNA: "full_hour"}


def test_a_lead_that_nobody_can_take_waits() -> None:
    command = AssignLead(**asked(), lead=LEAD)
    lead.given(*team, defined(), received(skills=("Greek",))).when(command).then_rejected(NobodyCanTakeLead)
    lead.given(*team, defined(members=()), received()).when(command).then_rejected(PoolEmpty)
    lead.given(*base, assigned()).when(command).then_rejected(LeadNotWaiting)
    lead.given(*team, defined()).when(command).then_rejected(LeadUnknown)
    lead.given(*base).when(AssignLead(**asked(8), lead=LEAD)).then_rejected(LeadBeforeItsTime)


def test_a_manager_gives_a_lead_to_whoever_may_work_with_customers() -> None:
    command = ReassignLead(**asked(10), lead=LEAD, rep=BORIS, reason="knows them")
    event = LeadReassigned(**now(10), lead=LEAD, pool=POOL, previous_rep=ANNA, rep=BORIS, given=2, reason="knows them")
    outcome = lead.given(*base, assigned()).when(command)
    outcome.then(event)
    outcome.then_relies_on(f"rep/{BORIS}", f"trainee/{BORIS}", PROGRAMMES)
    lead.given(*base, assigned(BORIS)).when(command).then_rejected(LeadInThisHand)
    lead.given(*base, published()).when(command).then_rejected(CannotTakeLead)
    waiting = LeadReassigned(**now(10), lead=LEAD, pool=POOL, rep=BORIS, given=1, reason="knows them")
    lead.given(*base).when(command).then(waiting)


def test_what_becomes_of_a_lead_in_somebodys_hand() -> None:
    given = lead.given(*base, assigned())
    accepted = LeadAccepted(**now(10), lead=LEAD, pool=POOL, rep=ANNA)
    given.when(AcceptLead(**asked(10), lead=LEAD)).then(accepted)
    returned = LeadReturned(**now(10), lead=LEAD, pool=POOL, rep=ANNA, reason="busy")
    given.when(ReturnLead(**asked(10), lead=LEAD, reason="busy")).then(returned)
    qualified = LeadQualified(**now(10), lead=LEAD, pool=POOL, rep=ANNA, customer="acme")
    given.when(QualifyLead(**asked(10), lead=LEAD, customer="acme")).then(qualified)
    done = LeadDisqualified(**now(10), lead=LEAD, pool=POOL, rep=ANNA, reason="price")
    given.when(DisqualifyLead(**asked(10), lead=LEAD, reason="price")).then(done)
    lead.given(*base, assigned(), accepted).when(AcceptLead(**asked(10), lead=LEAD)).then_rejected(LeadAcceptedAlready)
    lead.given(*base).when(AcceptLead(**asked(10), lead=LEAD)).then_rejected(LeadInNoHand)
    lead.given(*base, assigned(), done).when(ReturnLead(**asked(10), lead=LEAD, reason="x")).then_rejected(LeadDone)
    unowned = LeadDisqualified(**now(10), lead=LEAD, pool=POOL, reason="price")
    lead.given(*base).when(DisqualifyLead(**asked(10), lead=LEAD, reason="price")).then(unowned)


def test_how_many_leads_somebody_has_in_hand() -> None:
    qualified = LeadQualified(**now(10), lead=LEAD, pool=POOL, rep=ANNA)
    other = LeadReassigned(**now(10), lead=LEAD, pool=POOL, previous_rep=ANNA, rep=BORIS, given=2)
    for events, in_hand in (
        ((assigned(),), {ANNA: 1}),
        ((assigned(), other), {ANNA: 0, BORIS: 1}),
        ((assigned(), qualified), {ANNA: 0}),
        ((assigned(), LeadReturned(**now(10), lead=LEAD, pool=POOL, rep=ANNA, reason="x")), {ANNA: 0}),
    ):
        assert lead.given(*base, *events).company.leads.pools[POOL].in_hand == in_hand


def test_a_lead_that_came_back_has_waited_since_then() -> None:
    returned = LeadReturned(**now(10), lead=LEAD, pool=POOL, rep=ANNA, reason="busy")
    given = lead.given(*base, assigned(), returned)
    event = given.when(AssignLead(**asked(10, 1), lead=LEAD)).decision.event
    assert isinstance(event, LeadAssigned)
    assert (event.rep, event.given, event.waited_seconds) == (BORIS, 2, 60)
