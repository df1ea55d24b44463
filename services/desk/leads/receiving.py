"""How a lead comes in: who it is, the vault says; then it is recorded, and given to whoever's turn it is."""

from dataclasses import replace
from functools import partial
from uuid import uuid5

from fastapi import Response

from events.ids import LeadId, PersonId, PoolId
from services.desk.asking import Ask, etag
from services.desk.commandid import CommandId
from services.desk.deciding import Rejected, thing_of
from services.desk.fold import Recorded
from services.desk.handler import Asked, KeyReusedError, UndecidedError
from services.desk.leads.decider import AssignLead, ReceiveLead, decide, pool_stream
from services.desk.leads.refusals import PoolUnknown
from services.desk.leads.state import Leads
from services.desk.names import Contact, ErasedPersonError


async def find_person(ask: Ask, command: CommandId, contact: Contact, pool: PoolId) -> PersonId:
    """Who is meant by a contact; raises Problem. Nobody becomes known for a lead that no pool would take.

    A command that is recorded already is about whom it was about, whatever the vault says by now.
    """
    with ask.problems():
        if pool not in _leads(ask).pools:
            await ask.desk.log.catch_up()
        if pool not in _leads(ask).pools:
            raise PoolUnknown(pool)
        if (known := _person_of(ask, command)) is not None:
            return known
        try:
            return await ask.desk.names.find(contact, "lead")
        except ErasedPersonError:
            await ask.desk.log.catch_up()
            if (known := _person_of(ask, command)) is not None:
                return known
            raise


def _leads(ask: Ask) -> Leads:
    return ask.desk.log.fold.company.leads


def _person_of(ask: Ask, command: CommandId) -> PersonId | None:
    """Whose lead a command made or matched, as far as is known; raises KeyReusedError."""
    recorded = ask.desk.log.fold.commands.get(command.key)
    if recorded is not None and recorded.digest != command.digest:
        raise KeyReusedError
    lead = None if recorded is None else _leads(ask).leads.get(_lead_of(recorded))
    return None if lead is None else lead.person


def _lead_of(recorded: Recorded) -> LeadId:
    return thing_of(recorded.stream)[1]


async def receive(ask: Ask, command_id: CommandId, command: ReceiveLead) -> Response:
    """Record a lead, or find it to be one that there is, and share it out; raises Problem."""
    one_by_one = f"leads of {command.person}"
    recorded = await ask.record(command_id, partial(decide, command), in_turn=one_by_one)
    lead = _lead_of(recorded)
    assigned = await _share_out(ask, command_id, AssignLead(at=command.at, day=command.day, lead=lead))
    rep = _leads(ask).leads[lead].rep
    answering = ask if rep is None else ask.about(rep=rep)
    answer = answering.told(recorded, up_to=recorded.offset if assigned is None else assigned.offset)
    pool = pool_stream(_leads(ask).leads[lead].pool)
    answer.headers["ETag"] = etag(ask.desk.log.fold.head(pool))  # what whoever works with the lead is held to
    return answer


async def _share_out(ask: Ask, received: CommandId, command: AssignLead) -> Recorded | None:
    """Give a lead that has come in to whoever's turn it is; None when it waits, or somebody has it."""
    pool = _leads(ask).leads[command.lead].pool
    asked = Asked(
        command=replace(received, key=uuid5(received.key, "assign")),
        caller=ask.permit.caller.subject,
        decide=partial(decide, command),
        in_turn=pool_stream(pool),
    )
    try:
        return await ask.desk.handler.handle(asked)
    except (Rejected, UndecidedError):
        return None
