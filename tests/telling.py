"""Events of a small call centre, and their records as a log holds them: what many tests are given."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from events.agents import AgentStateEntered, AgentStateLasted
from events.calls import CallEnded, CallRestated
from events.codec import Decoded, decode, encode
from events.deals import Credit, DealAmended, DealWon
from events.event import Event
from events.ids import fact_id, restatement_id
from projections.fold import Counted
from services.history.judging import LogRecord
from tests.events.examples.dates import TODAY, at
from tests.events.examples.record import decision, fact

PBX = "/asterisk/pbx1"
ANNA, BORIS = "anna", "boris"
SALES, SUPPORT = "sales", "support"
CALLS, AGENTS, DECISIONS = "kvota.calls", "kvota.agents", "kvota.decisions"


def answered(wait: int = 10, talk: int = 60, joined: datetime = at(9), **changes: Any) -> CallEnded:  # noqa: ANN401  # fields
    """Give a call that Anna answered after `wait` seconds."""
    picked_up = joined + timedelta(seconds=wait)
    hung_up = picked_up + timedelta(seconds=talk)
    fields: dict[str, Any] = {"rep": ANNA, "outcome": "answered", "answered_at": picked_up, "talk_seconds": talk}
    return _call(joined, hung_up, wait, fields | changes)


def abandoned(wait: int = 10, joined: datetime = at(9), **changes: Any) -> CallEnded:  # noqa: ANN401  # fields
    """Give a call whose caller left after `wait` seconds, answered by nobody."""
    return _call(joined, joined + timedelta(seconds=wait), wait, {"outcome": "abandoned"} | changes)


def _call(joined: datetime, hung_up: datetime, wait: int, fields: dict[str, Any]) -> CallEnded:
    usual: dict[str, Any] = {
        "occurred_at": hung_up,
        "day": TODAY,
        "call": "c",
        "direction": "inbound",
        "queue": SALES,
        "wait_seconds": wait,
        "enqueued_at": joined,
        "ended_at": hung_up,
    }
    return CallEnded(**usual | fields)


def restated(was: CallEnded, now: CallEnded, number: int = 1, revision: int = 1) -> CallRestated:
    """Give the correction of the call with this number."""
    when: dict[str, Any] = {"occurred_at": at(18), "day": was.day}
    return CallRestated(**when, of=call_id(number), revision=revision, reason="CDR", was=was, now=now)


def won(amount: int = 1_000, deal: str = "d1", **changes: Any) -> DealWon:  # noqa: ANN401  # fields
    """Give a sale of Anna's to a new customer."""
    usual: dict[str, Any] = {
        "occurred_at": at(12),
        "day": TODAY,
        "deal": deal,
        "customer": "x",
        "amount_minor": amount,
        "currency": "RUB",
        "credits": (Credit(rep=ANNA, share_bp=10_000, amount_minor=amount),),
        "novelty": "new",
    }
    return DealWon(**usual | changes)


def amended(was: DealWon, now: DealWon) -> DealAmended:
    """Give the correction of a sale, by decision."""
    return DealAmended(occurred_at=at(13), day=was.day, deal=was.deal, reason="contract", was=was, now=now)


def entered(state: Any, when: datetime = at(9), rep: str = ANNA, reason: str | None = None) -> AgentStateEntered:  # noqa: ANN401  # a literal
    """Give the moment at which an agent begins to do something else."""
    return AgentStateEntered(occurred_at=when, day=TODAY, rep=rep, state=state, reason=reason)


def lasted(state: Any, seconds: int, began: datetime = at(9), rep: str = ANNA) -> AgentStateLasted:  # noqa: ANN401  # a literal
    """Give a piece of an agent's state."""
    ended = began + timedelta(seconds=seconds)
    return AgentStateLasted(occurred_at=ended, day=TODAY, rep=rep, state=state, began_at=began, seconds=seconds)


def call_id(number: int) -> Any:  # noqa: ANN401  # a UUID, as pydantic wants it
    """Give the id of the record of the call with this number."""
    return fact_id(PBX, "call/c", "", "call.ended", number)


def raw(event: Event, number: int = 1) -> bytes:
    """Write a fact as the log holds it; `number` tells it from others of its type."""
    if isinstance(event, CallRestated):
        identity = restatement_id(event.of, event.revision)
        return encode(fact(event, PBX, "call/c", number, identity=identity).envelope)
    return encode(fact(event, PBX, "call/c", number).envelope)


def decided(event: Event, stream: str, version: int, **expects: int) -> bytes:
    """Write a decision as the log holds it."""
    return encode(decision(event, stream, version, by="rep-1", expects=expects).envelope)


def facts(*events: Event) -> list[Decoded]:
    """Give the records of some events, all different, as they are decoded."""
    return [decode(raw(event, number)) for number, event in enumerate(events, start=1)]


def counted(*events: Event) -> list[Counted]:
    """Give the records of some events, all of which count."""
    return [Counted(record) for record in facts(*events)]


def lying(
    values: Sequence[bytes | None], topic: str = CALLS, partition: int = 0, *, start: int = 0, since: datetime = at(9)
) -> list[LogRecord]:
    """Lay values into a partition of the log, one a second."""
    begin = int(since.timestamp() * 1000)
    return [
        LogRecord(topic, partition, start + place, begin + 1_000 * place, value) for place, value in enumerate(values)
    ]
