"""What the people at the phones did, as the phone system saw it, and the queues they serve."""

from typing import Literal

from events.event import Count, Event, EventId, Instant, Name, Ordinal, Seconds, Text
from events.ids import RepId

State = Literal["ready", "ringing", "talking", "hold", "wrap", "paused", "offline"]
"""What an agent can be doing: `ready` waits for a call, `paused` does not take any, `offline` is signed out."""


class AgentSignedIn(Event):
    """An agent joined a queue, or the phone system as a whole, and can be given calls."""

    type: Literal["agent.signed_in"] = "agent.signed_in"
    version: Literal[1] = 1
    rep: RepId
    queue: Name | None = None
    source_agent: Name | None = None
    """What the source calls the agent, where that is not how the company knows the rep."""
    source_queue: Name | None = None
    """What the source calls the queue, where that is not how the company knows it."""


class AgentSignedOut(Event):
    """An agent left a queue, or the phone system as a whole."""

    type: Literal["agent.signed_out"] = "agent.signed_out"
    version: Literal[1] = 1
    rep: RepId
    queue: Name | None = None
    source_agent: Name | None = None
    """As in `agent.signed_in`."""
    source_queue: Name | None = None
    """As in `agent.signed_in`."""


class AgentStateEntered(Event):
    """An agent began to do something else."""

    type: Literal["agent.state_entered"] = "agent.state_entered"
    version: Literal[1] = 1
    rep: RepId
    state: State
    reason: Name | None = None
    """The reason of a pause, where the source says one."""
    queue: Name | None = None
    """The queue whose call rings or is talked on; empty for a call that met none, and where there is no call."""
    source_agent: Name | None = None
    """As in `agent.signed_in`."""
    source_queue: Name | None = None
    """As in `agent.signed_in`."""


class AgentStateLasted(Event):
    """An agent was in one state for so long; a state that crosses a quarter of an hour is told in pieces."""

    type: Literal["agent.state_lasted"] = "agent.state_lasted"
    version: Literal[1] = 1
    rep: RepId
    state: State
    reason: Name | None = None
    """As in `agent.state_entered`."""
    queue: Name | None = None
    """As in `agent.state_entered`."""
    began_at: Instant
    """Inside one quarter of an hour with `occurred_at`, when the piece ended."""
    seconds: Seconds
    source_agent: Name | None = None
    """As in `agent.signed_in`."""
    source_queue: Name | None = None
    """As in `agent.signed_in`."""


class AgentRestated(Event):
    """What was said of an agent's time was corrected: `was` stops counting and `now` counts in its place."""

    type: Literal["agent.restated"] = "agent.restated"
    version: Literal[1] = 1
    of: EventId
    """The id of the event that is restated."""
    revision: Ordinal
    reason: Text
    was: AgentStateLasted
    now: AgentStateLasted


class ShiftPlanned(Event):
    """A rep is to be at work from one moment to another: what adherence is measured against."""

    type: Literal["shift.planned"] = "shift.planned"
    version: Literal[1] = 1
    rep: RepId
    starts_at: Instant
    ends_at: Instant
    activity: Name
    """What the rep is to do: calls, a break, training."""


class ShiftChanged(Event):
    """A planned shift was moved, or withdrawn: then it has no new start and end."""

    type: Literal["shift.changed"] = "shift.changed"
    version: Literal[1] = 1
    rep: RepId
    planned_starts_at: Instant
    """The start of the planned shift that changes."""
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    reason: Name


class QueueMeasured(Event):
    """A reading of a queue's gauges at one moment."""

    type: Literal["queue.measured"] = "queue.measured"
    version: Literal[1] = 1
    queue: Name
    waiting: Count
    longest_wait_seconds: Seconds
    staffed: Count
    ready: Count
    talking: Count
    source_queue: Name | None = None
    """As in `agent.signed_in`."""


AgentEvent = (
    AgentSignedIn
    | AgentSignedOut
    | AgentStateEntered
    | AgentStateLasted
    | AgentRestated
    | ShiftPlanned
    | ShiftChanged
    | QueueMeasured
)
