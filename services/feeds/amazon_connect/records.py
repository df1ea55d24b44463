"""Contact records: how each contact went, whole (version 2017-03-10 of the data model). Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from events.calls import Direction, Outcome
from services.feeds.facts import SECOND, Micros
from services.feeds.webhooks.reading import iso
from services.feeds.webhooks.seen import Answered, Ended, HungUpBy, Offered, Outside, Told

SOURCE = "/amazon_connect"
_OUTBOUND = frozenset({"OUTBOUND", "API", "CALLBACK", "EXTERNAL_OUTBOUND"})
BY: Mapping[str, HungUpBy] = {
    "CUSTOMER_DISCONNECT": "customer",
    "AGENT_DISCONNECT": "rep",
    "CONTACT_FLOW_DISCONNECT": "system",
    "TELECOM_PROBLEM": "system",
    "EXPIRED": "system",
}
FAILED: Mapping[str, Outcome] = {
    "OUTBOUND_DESTINATION_ENDPOINT_ERROR": "failed",
    "OUTBOUND_RESOURCE_ERROR": "failed",
    "OUTBOUND_ATTEMPT_FAILED": "failed",
    "TELECOM_BUSY": "busy",
}


class _Queue(msgspec.Struct, rename="pascal"):
    name: str
    enqueue_timestamp: str | None = None
    duration: int | None = None


class _Agent(msgspec.Struct, rename="pascal"):
    username: str
    connected_to_agent_timestamp: str | None = None
    agent_interaction_duration: int = 0
    customer_hold_duration: int = 0
    after_contact_work_duration: int = 0


class _Endpoint(msgspec.Struct, rename="pascal"):
    address: str | None = None


class ContactRecord(msgspec.Struct, rename="pascal"):
    """What is read of a record."""

    contact_id: str
    initiation_method: str
    initiation_timestamp: str
    disconnect_timestamp: str
    last_update_timestamp: str
    connected_to_system_timestamp: str | None = None
    """Of a call that was made: when the customer answered, if that was so. An agent is in it in any case."""
    disconnect_reason: str | None = None
    transfer_completed_timestamp: str | None = None
    queue: _Queue | None = None
    agent: _Agent | None = None
    channel: str = "VOICE"
    customer_endpoint: _Endpoint | None = None

    @property
    def number(self) -> str | None:
        """Who is on the line from outside."""
        return None if self.customer_endpoint is None else self.customer_endpoint.address


def told_by(record: ContactRecord) -> Sequence[Told]:
    """What was seen of a contact that was a call, from its end to its beginning, and who was on the line.

    Raises UnreadableItemError for moments that are none. The record is the authority: it comes before what events say,
    and the later one before the earlier.
    """
    if not is_call(record.channel, record.initiation_method):
        return ()
    latest = iso(record.last_update_timestamp, "LastUpdateTimestamp") // SECOND
    ended = _ended(record, latest)
    outside = Outside(SOURCE, record.contact_id, record.number)
    return [ended, *_offered(record, latest), *_answered(record, ended, latest), outside]


def is_call(channel: str, initiation_method: str) -> bool:
    """Whether a contact is a call of a customer's, and not a supervisor who listens to one."""
    return channel.upper() == "VOICE" and initiation_method != "MONITOR"


def direction_of(initiation_method: str) -> Direction:
    """Which way a call went, by how it was initiated."""
    return "outbound" if initiation_method in _OUTBOUND else "inbound"


def _ended(record: ContactRecord, latest: int) -> Ended:
    queue, agent = record.queue, record.agent
    direction, at = direction_of(record.initiation_method), iso(record.disconnect_timestamp, "DisconnectTimestamp")
    answered = _called_answered(record) if direction == "outbound" else _picked_up(agent)
    there = agent.agent_interaction_duration + agent.customer_hold_duration if agent is not None else 0
    talk = there if direction == "inbound" else min(there, _seconds(answered, at))
    return Ended(
        source=SOURCE,
        at=at,
        order=latest,
        whole=True,
        call=record.contact_id,
        direction=direction,
        outcome=_outcome(record, direction),
        queue=queue.name if queue is not None else None,
        agent=agent.username if agent is not None else None,
        began=_began(record),
        answered=answered,
        wait=queue.duration if queue is not None else None,
        talk=talk,
        hold=min(agent.customer_hold_duration, talk) if agent is not None else 0,
        wrap=agent.after_contact_work_duration if agent is not None else 0,
        transfers=0 if record.transfer_completed_timestamp is None else 1,
        by=BY.get(record.disconnect_reason or ""),
    )


def _offered(record: ContactRecord, latest: int) -> Sequence[Offered]:
    queue = record.queue
    if queue is None or queue.enqueue_timestamp is None:
        return ()
    return [Offered(source=SOURCE, at=_began(record), order=-latest, call=record.contact_id, queue=queue.name)]


def _answered(record: ContactRecord, ended: Ended, latest: int) -> Sequence[Answered]:
    if ended.agent is None or ended.answered is None or ended.direction == "outbound":
        return ()
    at, agent, queue = ended.answered, ended.agent, ended.queue
    return [Answered(source=SOURCE, at=at, order=-latest, call=record.contact_id, agent=agent, queue=queue)]


def _outcome(record: ContactRecord, direction: Direction) -> Outcome:
    if direction == "outbound" and _called_answered(record) is None:
        return FAILED.get(record.disconnect_reason or "", "no_answer")
    if record.agent is not None:
        return "answered" if record.transfer_completed_timestamp is None else "transferred_blind"
    if record.queue is None and record.disconnect_reason != "CUSTOMER_DISCONNECT":
        return "closed"
    return "abandoned"


def _began(record: ContactRecord) -> Micros:
    if record.queue is not None and record.queue.enqueue_timestamp is not None:
        return iso(record.queue.enqueue_timestamp, "Queue.EnqueueTimestamp")
    return iso(record.initiation_timestamp, "InitiationTimestamp")


def _called_answered(record: ContactRecord) -> Micros | None:
    """When the customer answered a call that was made, if it came to a talk with an agent."""
    if record.agent is None or record.connected_to_system_timestamp is None:
        return None
    return iso(record.connected_to_system_timestamp, "ConnectedToSystemTimestamp")


def _seconds(begun: Micros | None, ended: Micros) -> int:
    return 0 if begun is None else max(0, (ended - begun) // SECOND)


def _picked_up(agent: _Agent | None) -> Micros | None:
    if agent is None or agent.connected_to_agent_timestamp is None:
        return None
    return iso(agent.connected_to_agent_timestamp, "Agent.ConnectedToAgentTimestamp")
