"""Telephone calls, as the phone system saw them. No event carries the caller's number or name."""

from typing import Literal, Self

from pydantic import Field, model_validator

from events.event import Count, Event, EventId, Instant, Name, Ordinal, Seconds, Text
from events.ids import CallId, CustomerId, DealId, LeadId, PersonId, RepId

Outcome = Literal[
    "answered",
    "abandoned",
    "timed_out",
    "key_exit",
    "join_empty",
    "leave_empty",
    "full",
    "closed",
    "diverted",
    "transferred_blind",
    "transferred_attended",
    "busy",
    "no_answer",
    "failed",
    "voicemail",
]
"""How a call, or its stay in one queue, came to its end.

`timed_out`: the queue gave up waiting. `key_exit`: the caller left by a key. `join_empty`, `leave_empty`: nobody
served the queue. `full`: it took no more. `closed`: the phone system ended the call before it rang anybody. `diverted`:
it went to a number outside. `no_answer`, `busy`, `failed`: of a call that was dialled.
"""

Direction = Literal["inbound", "outbound", "internal"]


class CallOffered(Event):
    """A caller joined a queue and began to wait."""

    type: Literal["call.offered"] = "call.offered"
    version: Literal[1] = 1
    call: CallId
    queue: Name
    position: Ordinal
    """The caller's place in the queue at that moment, from 1."""
    person: PersonId | None = None
    """Who was on the line from outside, whichever side called: a random id, behind which the vault keeps the number
    until the person is erased."""
    source_queue: Name | None = None
    """What the source calls the queue, where that is not how the company knows it."""


class CallAnswered(Event):
    """A rep picked up a waiting call."""

    type: Literal["call.answered"] = "call.answered"
    version: Literal[1] = 1
    call: CallId
    queue: Name | None = None
    rep: RepId
    wait_seconds: Seconds
    """From joining the queue to the answer."""
    ring_seconds: Seconds
    """How long the rep's own phone rang."""
    enqueued_at: Instant | None = None
    """When the caller joined the queue, as `call.offered` says; empty for a call that met none."""
    person: PersonId | None = None
    """As in `call.offered`."""
    source_agent: Name | None = None
    """What the source calls the agent, where that is not how the company knows the rep."""
    source_queue: Name | None = None
    """As in `call.offered`."""


class CallEnded(Event):
    """A call, or its stay in one queue, is over: the one event that call statistics are made of.

    A caller who goes through two queues has one of these for each stay; a call that never met a queue has one in all.
    """

    type: Literal["call.ended"] = "call.ended"
    version: Literal[1] = 1
    call: CallId
    direction: Direction
    outcome: Outcome
    queue: Name | None = None
    """The queue; empty for a call that was put straight through or dialled out."""
    rep: RepId | None = None
    """Who answered, or made the outbound call; empty when nobody did."""
    campaign: Name | None = None
    tactic: Name | None = None
    wait_seconds: Seconds = 0
    """From joining the queue (or dialling) to the answer, or to the end when there was none."""
    ring_seconds: Seconds = 0
    """How long the phone of the rep who answered rang."""
    talk_seconds: Seconds = 0
    """From the answer until the rep or the customer left, hold included."""
    hold_seconds: Seconds = 0
    wrap_seconds: Seconds = 0
    """After-call work, where the source measures it."""
    answered_by: Literal["live", "machine"] | None = None
    greeting_to_agent_ms: Count | None = None
    """From the called person's greeting until a rep was on the line, in milliseconds (outbound diallers)."""
    enqueued_at: Instant | None = None
    answered_at: Instant | None = None
    ended_at: Instant
    transfers: Count = 0
    transferred_to: Name | None = None
    """The extension or queue that a transfer went to, as the phone system names it."""
    hung_up_by: Literal["customer", "rep", "system"] | None = None
    """Who ended it; the customer is whoever was on the line from outside, calling or called."""
    person: PersonId | None = None
    """As in `call.offered`."""
    customer: CustomerId | None = None
    lead: LeadId | None = None
    deal: DealId | None = None
    source_agent: Name | None = None
    """As in `call.answered`."""
    source_queue: Name | None = None
    """As in `call.offered`."""


class CallDispositioned(Event):
    """A rep said what a call came to."""

    type: Literal["call.dispositioned"] = "call.dispositioned"
    version: Literal[1] = 1
    call: CallId
    rep: RepId
    right_party: bool
    """Whether the person who can decide was on the line."""
    result: Name
    note: Text = ""
    source_agent: Name | None = None
    """As in `call.answered`."""


class CallRestated(Event):
    """What was said of a call was corrected, by its source or by the directory: `was` no longer counts, `now` does."""

    type: Literal["call.restated"] = "call.restated"
    version: Literal[1] = 1
    of: EventId
    """The id of the event that is restated."""
    revision: Ordinal
    reason: Text
    was: "CallFact" = Field(discriminator="type")
    now: "CallFact" = Field(discriminator="type")

    @model_validator(mode="after")
    def _of_one_call(self) -> Self:
        if self.was.type != self.now.type or self.was.call != self.now.call:
            message = "was and now must be facts of one type, of one call"
            raise ValueError(message)
        return self


CallFact = CallOffered | CallAnswered | CallEnded | CallDispositioned
CallEvent = CallFact | CallRestated
CallRestated.model_rebuild()
