"""What is remembered of lead pools and leads. Pure.

What becomes of a pool's leads is one stream: whose turn it is and how many leads somebody has follow from it alone.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal, assert_never
from uuid import uuid5

from events.ids import KVOTA, LeadId, PersonId, PoolId, RepId
from events.leads import (
    InHandEvent,
    LeadAccepted,
    LeadAssigned,
    LeadDisqualified,
    LeadEvent,
    LeadMatched,
    LeadPoolDefined,
    LeadQualified,
    LeadReassigned,
    LeadReceived,
    LeadReturned,
)
from services.desk.leads.distribution import Turn

Stage = Literal["waiting", "assigned", "accepted", "qualified", "disqualified"]
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_DAYS = 35
"""Of so many days it is remembered what somebody was given."""


@dataclass(frozen=True, slots=True)
class Lead:
    """A person who showed interest, and how far it has come."""

    pool: PoolId
    person: PersonId
    number: int
    received_at: datetime
    territory: str | None
    skills: tuple[str, ...]
    stage: Stage = "waiting"
    rep: RepId | None = None
    """Who has it in hand, or had it at the end."""
    given: int = 0
    """How often it has been given to somebody."""
    waits_since: datetime | None = None
    """When it was given back; empty for one that never was."""
    returned_by: tuple[RepId, ...] = ()

    @property
    def open(self) -> bool:
        """Whether something may still come of it."""
        return self.stage not in ("qualified", "disqualified")


@dataclass(slots=True)
class Pool:
    """A pool as it is shared out now, and what it has come to."""

    terms: LeadPoolDefined
    turn: Turn = field(default_factory=Turn)
    waiting: dict[LeadId, None] = field(default_factory=dict[LeadId, None])
    """In the order in which they came in, or back."""
    in_hand: dict[RepId, int] = field(default_factory=dict[RepId, int])
    """How many leads each has that are not done."""
    givings: dict[RepId, dict[date, tuple[datetime, ...]]] = field(
        default_factory=dict[RepId, dict[date, tuple[datetime, ...]]]
    )
    """When each was given leads, by business day, of the latest days on which there were some.

    Decisions are not recorded in the order of their moments: one of tomorrow must not make anybody forget today.
    """

    def within_hour(self, rep: RepId, at: datetime, day: date) -> int:
        """How many leads a rep was given less than an hour from a moment of a business day."""
        days = self.givings.get(rep, {})
        near = (day - _DAY, day, day + _DAY)
        return sum(abs(at - each) < _HOUR for other in near for each in days.get(other, ()))

    def on_day(self, rep: RepId, day: date) -> int:
        """How many leads a rep was given on a business day."""
        return len(self.givings.get(rep, {}).get(day, ()))

    def gave(self, rep: RepId, at: datetime, day: date) -> None:
        """Remember that a lead was given to a rep."""
        known = self.givings.get(rep, {})
        known = {**known, day: (*known.get(day, ()), at)}
        self.givings[rep] = {each: known[each] for each in sorted(known)[-_DAYS:]}


def lead_id(person: PersonId, number: int) -> LeadId:
    """The id of a person's `number`-th lead, from 1: two who take it in at the same time write the same stream."""
    return str(uuid5(KVOTA, "\x1f".join(("lead", person, str(number)))))


@dataclass(slots=True)
class Leads:
    """Every pool and lead."""

    pools: dict[PoolId, Pool] = field(default_factory=dict[PoolId, Pool])
    leads: dict[LeadId, Lead] = field(default_factory=dict[LeadId, Lead])
    of_person: dict[PersonId, LeadId] = field(default_factory=dict[PersonId, LeadId])
    """The last lead of each."""

    def take(self, event: LeadEvent) -> None:
        """Remember an event."""
        match event:
            case LeadPoolDefined():
                self._defined(event)
            case LeadReceived():
                self._received(event)
            case LeadMatched():
                pass
            case LeadAssigned():
                self._assigned(event)
            case _:
                self._in_hand(event)

    def _defined(self, event: LeadPoolDefined) -> None:
        known = self.pools.get(event.pool)
        if known is None:
            self.pools[event.pool] = Pool(event)
        else:
            known.terms = event

    def _received(self, event: LeadReceived) -> None:
        lead = Lead(event.pool, event.person, event.number, event.occurred_at, event.territory, event.skills)
        self.leads[event.lead], self.of_person[event.person] = lead, event.lead
        if event.pool in self.pools:
            self.pools[event.pool].waiting[event.lead] = None

    def _assigned(self, event: LeadAssigned) -> None:
        balances = {each.rep: each.balance for each in event.candidates}
        if event.pool in self.pools:
            self.pools[event.pool].turn = Turn(event.rep, balances)
        self._give(event)

    def _give(self, event: LeadAssigned | LeadReassigned) -> None:
        lead, pool = self.leads.get(event.lead), self.pools.get(event.pool)
        if lead is None or pool is None:
            return
        self._put_down(lead, event.lead, pool)
        self.leads[event.lead] = replace(lead, stage="assigned", rep=event.rep, given=event.given)
        pool.in_hand[event.rep] = pool.in_hand.get(event.rep, 0) + 1
        pool.gave(event.rep, event.occurred_at, event.day)

    def _in_hand(self, event: InHandEvent) -> None:
        lead, pool = self.leads.get(event.lead), self.pools.get(event.pool)
        if lead is None or pool is None:
            return
        match event:
            case LeadReassigned():
                self._give(event)
            case LeadAccepted():
                self.leads[event.lead] = replace(lead, stage="accepted")
            case LeadReturned():
                self._put_down(lead, event.lead, pool)
                pool.waiting[event.lead] = None
                returned = (*lead.returned_by, event.rep)
                self.leads[event.lead] = replace(
                    lead, stage="waiting", rep=None, waits_since=event.occurred_at, returned_by=returned
                )
            case LeadQualified() | LeadDisqualified():
                self._put_down(lead, event.lead, pool)
                stage: Stage = "qualified" if isinstance(event, LeadQualified) else "disqualified"
                self.leads[event.lead] = replace(lead, stage=stage)
            case _:
                assert_never(event)

    @staticmethod
    def _put_down(lead: Lead, name: LeadId, pool: Pool) -> None:
        """Nobody has it in hand any more, and it does not wait."""
        pool.waiting.pop(name, None)
        if lead.rep is not None and lead.open:
            pool.in_hand[lead.rep] -= 1
