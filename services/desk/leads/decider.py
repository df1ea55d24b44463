"""What may be asked about leads and their pools, and what it makes true. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from events.ids import CustomerId, LeadId, PersonId, PoolId, RepId, UnitId
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
    Policy,
    PoolMember,
)
from services.desk.company import Company
from services.desk.deciding import Command, Decision, stream
from services.desk.leads.distribution import choose
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
from services.desk.leads.standing import standings, unfit_for_customers
from services.desk.leads.state import Lead, Leads, lead_id
from services.desk.people.present import formed, working
from services.desk.trainees.decider import trainee_stream
from services.desk.training.decider import PROGRAMMES

SAME_LEAD = timedelta(days=30)
"""For so long after a lead came in, the same person's interest is that lead, be it done or not."""
MATCHING_RULE = "open-or-30-days-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinePool(Command):
    """Let leads be shared out in this way from now on."""

    pool: PoolId
    new: bool
    """Whether it is a pool of its own, and not a change of one."""
    title: str
    unit: UnitId | None = None
    policy: Policy
    members: tuple[PoolMember, ...]
    per_hour: int | None = None
    per_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveLead(Command):
    """Take in somebody's interest; who it is, only the vault knows."""

    person: PersonId
    pool: PoolId
    found_through: str
    campaign: str | None = None
    trade_event: str | None = None
    product: str | None = None
    territory: str | None = None
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignLead(Command):
    """Give a waiting lead to whoever's turn it is."""

    lead: LeadId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReassignLead(Command):
    """Give a lead to a rep by name."""

    lead: LeadId
    rep: RepId
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptLead(Command):
    """Take up a lead, as the rep who has it."""

    lead: LeadId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLead(Command):
    """Give a lead back, as the rep who has it."""

    lead: LeadId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QualifyLead(Command):
    """Find that the person means to buy."""

    lead: LeadId
    customer: CustomerId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisqualifyLead(Command):
    """Find that nothing will come of the lead."""

    lead: LeadId
    reason: str


InPoolCommand = AssignLead | ReassignLead | AcceptLead | ReturnLead | QualifyLead | DisqualifyLead
LeadCommand = DefinePool | ReceiveLead | InPoolCommand


def decide(command: LeadCommand, company: Company) -> Decision:
    """Decide a command about leads."""
    if isinstance(command, DefinePool):
        return _define(command, company)
    if isinstance(command, ReceiveLead):
        return _receive(command, company.leads)
    lead = _known(command, company.leads)
    match command:
        case AssignLead():
            return _assign(command, lead, company)
        case ReassignLead():
            return _reassign(command, lead, company)
        case AcceptLead() | ReturnLead() | QualifyLead():
            return _worked(command, lead)
        case DisqualifyLead():
            return _disqualify(command, lead)
        case _:
            assert_never(command)


def pool_stream(pool: PoolId) -> str:
    """The stream of a pool, and of what becomes of its leads."""
    return stream("lead_pool", pool)


def _define(command: DefinePool, company: Company) -> Decision:
    if not command.new and command.pool not in company.leads.pools:
        raise PoolUnknown(command.pool)
    relies_on = {working(member.rep, command.day, company.people) for member in command.members}
    if command.unit is not None:
        relies_on.add(formed(command.unit, command.day, company.people))
    event = LeadPoolDefined(
        occurred_at=command.at,
        day=command.day,
        pool=command.pool,
        title=command.title,
        unit=command.unit,
        policy=command.policy,
        members=command.members,
        per_hour=command.per_hour,
        per_day=command.per_day,
    )
    return Decision(pool_stream(command.pool), event, frozenset(relies_on))


def _receive(command: ReceiveLead, leads: Leads) -> Decision:
    """Take in a lead, or find that it is one that there is: of two at once, the second is found to be the first."""
    if command.pool not in leads.pools:
        raise PoolUnknown(command.pool)
    last = leads.of_person.get(command.person)
    known = None if last is None else leads.leads[last]
    if last is not None and known is not None and (known.open or command.at < known.received_at + SAME_LEAD):
        return _matched(command, last)
    event = LeadReceived(
        occurred_at=command.at,
        day=command.day,
        lead=lead_id(command.person, number := 1 if known is None else known.number + 1),
        person=command.person,
        number=number,
        pool=command.pool,
        found_through=command.found_through,
        campaign=command.campaign,
        trade_event=command.trade_event,
        product=command.product,
        territory=command.territory,
        skills=command.skills,
    )
    return Decision(stream("lead", event.lead), event)


def _matched(command: ReceiveLead, lead: LeadId) -> Decision:
    event = LeadMatched(
        occurred_at=command.at,
        day=command.day,
        lead=lead,
        person=command.person,
        rule=MATCHING_RULE,
        found_through=command.found_through,
        campaign=command.campaign,
        trade_event=command.trade_event,
        product=command.product,
    )
    return Decision(stream("lead", lead), event)


def _known(command: InPoolCommand, leads: Leads) -> Lead:
    lead = leads.leads.get(command.lead)
    if lead is None:
        raise LeadUnknown(command.lead)
    if not lead.open:
        raise LeadDone(command.lead, lead.stage)
    if command.at < lead.received_at:
        raise LeadBeforeItsTime(command.lead)
    return lead


def _assign(command: AssignLead, lead: Lead, company: Company) -> Decision:
    if lead.stage != "waiting":
        raise LeadNotWaiting(command.lead, lead.stage)
    pool = company.leads.pools[lead.pool]
    members = standings(lead, pool, command, company)
    if not members:
        raise PoolEmpty(lead.pool)
    choice = choose(pool.terms.policy, [each.member for each in members], pool.turn)
    if choice.rep is None:
        raise NobodyCanTakeLead(command.lead, {each.rep: each.unfit for each in members if each.unfit is not None})
    waited = command.at - (lead.waits_since or lead.received_at)
    event = LeadAssigned(
        occurred_at=command.at,
        day=command.day,
        lead=command.lead,
        pool=lead.pool,
        rep=choice.rep,
        given=lead.given + 1,
        policy=pool.terms.policy,
        candidates=tuple(
            LeadCandidate(
                rep=each.rep,
                weight=each.weight,
                load=each.load,
                balance=choice.turn.current.get(each.rep, 0),
                skipped=each.unfit,
            )
            for each in members
        ),
        waited_seconds=max(0, int(waited.total_seconds())),
    )
    return Decision(pool_stream(lead.pool), event, _fitness(*(each.rep for each in members)))


def _fitness(*reps: RepId) -> frozenset[str]:
    """The streams that say whether reps may work with customers.

    An assignment relies on those of all members, so that the log right before it gives the very same choice again.
    """
    return frozenset({PROGRAMMES, *(stream("rep", rep) for rep in reps), *map(trainee_stream, reps)})


def _reassign(command: ReassignLead, lead: Lead, company: Company) -> Decision:
    """Give a lead to a rep who may work with customers; turns, needs and limits are for the manager to weigh."""
    if lead.rep == command.rep:
        raise LeadInThisHand(command.lead, command.rep)
    reason = unfit_for_customers(command.rep, command.day, company)
    if reason is not None:
        raise CannotTakeLead(command.rep, reason)
    event = LeadReassigned(
        occurred_at=command.at,
        day=command.day,
        lead=command.lead,
        pool=lead.pool,
        previous_rep=lead.rep,
        rep=command.rep,
        given=lead.given + 1,
        reason=command.reason,
    )
    return Decision(pool_stream(lead.pool), event, _fitness(command.rep))


def _worked(command: AcceptLead | ReturnLead | QualifyLead, lead: Lead) -> Decision:
    """What the rep who has a lead makes of it."""
    if lead.rep is None:
        raise LeadInNoHand(command.lead)
    in_pool = pool_stream(lead.pool)
    match command:
        case AcceptLead(at=at, day=day):
            if lead.stage == "accepted":
                raise LeadAcceptedAlready(command.lead, lead.rep)
            accepted = LeadAccepted(occurred_at=at, day=day, lead=command.lead, pool=lead.pool, rep=lead.rep)
            return Decision(in_pool, accepted)
        case ReturnLead(at=at, day=day, reason=reason):
            returned = LeadReturned(
                occurred_at=at, day=day, lead=command.lead, pool=lead.pool, rep=lead.rep, reason=reason
            )
            return Decision(in_pool, returned)
        case QualifyLead(at=at, day=day, customer=customer):
            qualified = LeadQualified(
                occurred_at=at, day=day, lead=command.lead, pool=lead.pool, rep=lead.rep, customer=customer
            )
            return Decision(in_pool, qualified)
        case _:
            assert_never(command)


def _disqualify(command: DisqualifyLead, lead: Lead) -> Decision:
    event = LeadDisqualified(
        occurred_at=command.at,
        day=command.day,
        lead=command.lead,
        pool=lead.pool,
        rep=lead.rep,
        reason=command.reason,
    )
    return Decision(pool_stream(lead.pool), event)
