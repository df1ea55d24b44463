"""What was set aside: reading the parked topic, in which each event counts once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from aiokafka import TopicPartition

from events.codec import UnreadableError, decode
from events.envelope import Envelope
from events.event import Event
from events.law import Ledger, Verdict
from events.parked import ParkedRetried, ParkedSkipped, RecordParked
from services.runtime.log import consumer, end_positions, read_to_end
from services.runtime.settings import KafkaSettings
from services.runtime.shards import PROJECTED_TOPICS, Positions, Source
from services.runtime.topics import partition_count

TOPIC = "kvota.parked"
PARKED: Source = (TOPIC, 0)

Aside = dict[Source, dict[int, str]]
"""The records of the log that are set aside: by partition and offset, the reason."""

State = Literal["parked", "retried", "skipped"]


@dataclass(slots=True)
class Parked:
    """Something that was set aside, and what was decided about it since, in the order in which it was."""

    envelope: Envelope
    event: RecordParked
    decided: list[ParkedRetried | ParkedSkipped] = field(default_factory=list[ParkedRetried | ParkedSkipped])

    @property
    def state(self) -> State:
        """How it stands: by the last decision."""
        if not self.decided:
            return "parked"
        return "retried" if isinstance(self.decided[-1], ParkedRetried) else "skipped"

    @property
    def said(self) -> str | None:
        """Why it was so decided."""
        last = self.decided[-1] if self.decided else None
        return last.note if isinstance(last, ParkedRetried) else last.reason if last is not None else None

    def __str__(self) -> str:
        """Where it lies, as a person names it."""
        return f"{self.event.origin}@{self.event.position}"


async def parked_records(kafka: KafkaSettings) -> list[Parked]:
    """Everything that was parked, in the order in which it was; raises TopicError when the topic does not exist."""
    parked: dict[object, Parked] = {}
    for envelope, event in await _events(kafka):
        match event:
            case RecordParked():
                parked[envelope.id] = Parked(envelope, event)
            case ParkedRetried() | ParkedSkipped() if event.parked in parked:
                parked[event.parked].decided.append(event)
            case _:
                pass  # about what was parked elsewhere
    return list(parked.values())


async def set_aside(kafka: KafkaSettings) -> Aside:
    """The records of the log that are set aside until now; raises TopicError when the topic does not exist."""
    aside: Aside = {}
    for _, event in await _events(kafka):
        if isinstance(event, RecordParked) and (source := log_source(event.origin)):
            aside.setdefault(source, {})[event.position] = event.reason
    return aside


async def parked_until_now(kafka: KafkaSettings) -> dict[Source, int]:
    """The end of the parked topic: whoever has read that far knows of all that is set aside."""
    return await end_positions(kafka, [PARKED])


def merged(one: Aside, other: Aside) -> Aside:
    """What is set aside by either."""
    return {source: {**one.get(source, {}), **other.get(source, {})} for source in {*one, *other}}


def ahead_of(aside: Aside, positions: Positions) -> Aside:
    """What is set aside of what is still to be read."""
    ahead = {
        source: {at: why for at, why in offsets.items() if at >= positions.get(source, 0)}
        for source, offsets in aside.items()
    }
    return {source: offsets for source, offsets in ahead.items() if offsets}


def log_source(origin: str) -> Source | None:
    """The partition of the log that something parked lies in; None for what came from elsewhere, such as a file."""
    topic, _, partition = origin.rpartition("/")
    return (topic, int(partition)) if topic in PROJECTED_TOPICS and partition.isdecimal() else None


async def _events(kafka: KafkaSettings) -> list[tuple[Envelope, Event]]:
    await partition_count(kafka.bootstrap_servers, TOPIC)
    async with consumer(kafka) as reader:
        values = [record.value or b"" async for record in read_to_end(reader, TopicPartition(*PARKED))]
    return list(_counted(values))


def _counted(values: list[bytes]) -> Iterator[tuple[Envelope, Event]]:
    """The events that count; what else lies there, the archive keeps and counts."""
    ledger = Ledger()
    for value in values:
        try:
            decoded = decode(value)
        except UnreadableError:
            continue
        if decoded.event is not None and ledger.judge(decoded.envelope) is Verdict.COUNTS:
            yield decoded.envelope, decoded.event
