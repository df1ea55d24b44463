"""What was seen, and what follows from it, for the tests of everything that calls us."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from events.codec import decode, encode
from events.envelope import Envelope
from events.event import Event
from events.law import Ledger, Verdict
from services.feeds.facts import SECOND, Company
from services.feeds.webhooks.adapter import Adapter, AdapterMemory
from services.feeds.webhooks.seen import Answered, Dialled, Doing, Ended, Offered, Seen

SOURCE = "/cloud"
NOON = 1_795_597_200
"""Noon in Moscow on 25 November 2026: a quarter of an hour begins."""
COMPANY = Company(ZoneInfo("Europe/Moscow"), {"7": "anna"})
Kind = TypeVar("Kind", bound=Event)


def micros(seconds: float = 0) -> int:
    """The moment so many seconds after noon."""
    return round((NOON + seconds) * SECOND)


def offered(seconds: float = 0, **changes: Any) -> Offered:  # noqa: ANN401  # fields
    fields: dict[str, Any] = {"source": SOURCE, "at": micros(seconds), "call": "c1", "queue": "sales"}
    return Offered(**(fields | changes))


def answered(seconds: float, **changes: Any) -> Answered:  # noqa: ANN401  # fields
    fields: dict[str, Any] = {"source": SOURCE, "at": micros(seconds), "call": "c1", "agent": "7"}
    return Answered(**(fields | changes))


def dialled(seconds: float, **changes: Any) -> Dialled:  # noqa: ANN401  # fields
    fields: dict[str, Any] = {"source": SOURCE, "at": micros(seconds), "call": "c1", "agent": "7"}
    return Dialled(**(fields | changes))


def ended(seconds: float, **changes: Any) -> Ended:  # noqa: ANN401  # fields
    fields: dict[str, Any] = {"source": SOURCE, "at": micros(seconds), "call": "c1", "direction": "inbound"}
    fields |= {"outcome": "answered"}
    return Ended(**(fields | changes))


def doing(seconds: float, state: str, **changes: Any) -> Doing:  # noqa: ANN401  # fields
    fields: dict[str, Any] = {"source": SOURCE, "at": micros(seconds), "agent": "7", "state": state}
    return Doing(**(fields | changes))


def told(*seen: Seen, memory: AdapterMemory | None = None) -> list[Envelope]:
    """What an adapter tells of what was seen, a second after one another by the log."""
    adapter = Adapter(COMPANY, memory or AdapterMemory())
    return [fact for number, each in enumerate(seen) for fact in adapter.take(each, micros(3600 + number))]


def events(kind: type[Kind], facts: Iterable[Envelope]) -> list[Kind]:
    """The events of a kind, read as a reader of the log does."""
    found = [decode(encode(fact)).event for fact in facts]
    return [event for event in found if isinstance(event, kind)]


def counted(facts: Sequence[Envelope]) -> list[Envelope]:
    """Those of them that count."""
    ledger = Ledger()
    return [fact for fact in facts if ledger.judge(fact) is Verdict.COUNTS]


def dump_memory(memory: AdapterMemory) -> bytes:
    """Write down what an adapter remembers, as a checkpoint does."""
    return msgspec.msgpack.encode(memory)


def load_memory(raw: bytes) -> AdapterMemory:
    """Read what was written down."""
    return msgspec.msgpack.decode(raw, type=AdapterMemory)
