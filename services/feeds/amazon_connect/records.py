"""Contact records: how each contact went, whole (version 2017-03-10 of the data model). Pure."""

from collections.abc import Mapping

import msgspec

from events.calls import Direction, Outcome
from services.feeds.facts import SECOND, Micros
from services.feeds.webhooks.reading import iso
from services.feeds.webhooks.seen import Ended, HungUpBy

SOURCE = "/amazon_connect"
_OUTBOUND = frozenset({"OUTBOUND", "API", "CALLBACK", "EXTERNAL_OUTBOUND"})
_BY: Mapping[str, HungUpBy] = {
    "CUSTOMER_DISCONNECT": "customer",
    "AGENT_DISCONNECT": "rep",
    "CONTACT_FLOW_DISCONNECT": "system",
    "TELECOM_PROBLEM": "system",
    "EXPIRED": "system",
}
_FAILED: Mapping[str, Outcome] = {
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
    disconnect_reason: str | None = None
    transfer_completed_timestamp: str | None = None
    queue: _Queue | None = None
    agent: _Agent | None = None
    customer_endpoint: _Endpoint | None = None

    @property
    def number(self) -> str | None:
        """Who is on the line from outside."""
        return None if self.customer_endpoint is None else self.customer_endpoint.address


def ended(record: ContactRecord) -> Ended:
    """How a contact ended; raises UnreadableItemError for moments that are none."""
    queue, agent = record.queue, record.agent
    direction: Direction = "outbound" if record.initiation_method in _OUTBOUND else "inbound"
    return Ended(
        source=SOURCE,
        at=iso(record.disconnect_timestamp, "DisconnectTimestamp"),
        order=iso(record.last_update_timestamp, "LastUpdateTimestamp") // SECOND,
        call=record.contact_id,
        direction=direction,
        outcome=_outcome(record, direction),
        queue=queue.name if queue is not None else None,
        agent=agent.username if agent is not None else None,
        began=_began(record),
        answered=_picked_up(agent),
        wait=queue.duration if queue is not None else None,
        talk=agent.agent_interaction_duration + agent.customer_hold_duration if agent is not None else 0,
        hold=agent.customer_hold_duration if agent is not None else 0,
        wrap=agent.after_contact_work_duration if agent is not None else 0,
        transfers=0 if record.transfer_completed_timestamp is None else 1,
        by=_BY.get(record.disconnect_reason or ""),
    )


def _outcome(record: ContactRecord, direction: Direction) -> Outcome:
    if record.agent is not None:
        return "answered" if record.transfer_completed_timestamp is None else "transferred_blind"
    if direction == "outbound":
        return _FAILED.get(record.disconnect_reason or "", "no_answer")
    if record.queue is None and record.disconnect_reason != "CUSTOMER_DISCONNECT":
        return "closed"
    return "abandoned"


def _began(record: ContactRecord) -> Micros:
    if record.queue is not None and record.queue.enqueue_timestamp is not None:
        return iso(record.queue.enqueue_timestamp, "Queue.EnqueueTimestamp")
    return iso(record.initiation_timestamp, "InitiationTimestamp")


def _picked_up(agent: _Agent | None) -> Micros | None:
    if agent is None or agent.connected_to_agent_timestamp is None:
        return None
    return iso(agent.connected_to_agent_timestamp, "Agent.ConnectedToAgentTimestamp")
