"""The agent event stream: snapshots of what an agent does, with each change and as a heartbeat. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from events.agents import State
from services.feeds.amazon_connect.records import SOURCE
from services.feeds.webhooks.reading import iso
from services.feeds.webhooks.seen import Doing

_BY_CONTACT: Mapping[str, State] = {
    "CONNECTED": "talking",
    "CONNECTED_ONHOLD": "hold",
    "INCOMING": "ringing",
    "PENDING": "ringing",
    "CONNECTING": "ringing",
    "ENDED": "wrap",
}
"""What an agent does who has a contact in this state; the first of these that one is in."""
_BY_STATUS: Mapping[str, State] = {"Available": "ready", "Offline": "offline"}
"""The two statuses that every instance has; any other is a pause of that name."""


class _Named(msgspec.Struct, rename="pascal"):
    name: str


class _Contact(msgspec.Struct, rename="pascal"):
    state: str
    queue: _Named | None = None


class _Configuration(msgspec.Struct, rename="pascal"):
    username: str


class _Snapshot(msgspec.Struct, rename="pascal"):
    agent_status: _Named
    configuration: _Configuration
    contacts: list[_Contact] = []


class AgentEvent(msgspec.Struct, rename="pascal"):
    """What is read of an event; what the agent did before is known from the one before."""

    event_timestamp: str
    event_type: str
    current_agent_snapshot: _Snapshot | None = None


def doing(event: AgentEvent) -> Sequence[Doing]:
    """What the agent does from the event's moment on."""
    now = event.current_agent_snapshot
    if now is None:
        return ()
    at, agent = iso(event.event_timestamp, "EventTimestamp"), now.configuration.username
    if event.event_type == "LOGOUT":
        return [Doing(source=SOURCE, at=at, agent=agent, state="offline")]
    for seen, state in _BY_CONTACT.items():
        contact = next((each for each in now.contacts if each.state == seen), None)
        if contact is not None:
            queue = contact.queue.name if contact.queue is not None else None
            return [Doing(source=SOURCE, at=at, agent=agent, state=state, queue=queue)]
    status = now.agent_status.name
    known = _BY_STATUS.get(status)
    reason = status if known is None else None
    return [Doing(source=SOURCE, at=at, agent=agent, state=known or "paused", reason=reason)]
