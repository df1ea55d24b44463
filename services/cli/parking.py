"""Deciding about what was set aside: append it again, or leave it out for good. Both are events beside it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import TypedDict
from zoneinfo import ZoneInfo

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from events.codec import UnreadableError, decode, encode, event_data, event_schema
from events.envelope import Envelope
from events.ids import fact_id
from events.parked import ParkedRetried, ParkedSkipped
from services.runtime.errors import ClearError
from services.runtime.log import Record, consumer, producer, read_to_end
from services.runtime.parked import PARKED, Parked, log_source, parked_records
from services.runtime.settings import CompanySettings, KafkaSettings
from services.runtime.shards import DECISIONS, Source

SOURCE = "/cli"


class _When(TypedDict):
    occurred_at: datetime
    day: date


class Deciding:
    """One run of `retry` or `skip`, for one reason. All that is asked for is checked before any of it is done."""

    def __init__(self, kafka: KafkaSettings, reason: str, *, again: bool) -> None:
        """Do nothing yet; `again`: also where something was decided before."""
        if not reason.strip():
            message = "say why: --reason must not be empty"
            raise ClearError(message)
        self._kafka, self._reason, self._again = kafka, reason, again
        self._zone = ZoneInfo(CompanySettings().time_zone)

    async def retry(self, positions: Sequence[str]) -> list[str]:
        """Append records again, each to the partition that it came from; what was done, in words."""
        chosen = await self._chosen(positions)
        sources = [_source(each) for each in chosen]
        async with consumer(self._kafka) as reader:
            records = [await _record(reader, source, each) for source, each in zip(sources, chosen, strict=True)]
        async with producer(self._kafka) as writer:
            return [await self._retry(writer, *one) for one in zip(sources, chosen, records, strict=True)]

    async def _retry(self, writer: AIOKafkaProducer, source: Source, parked: Parked, record: Record) -> str:
        """The record first: should we die between the two, it is told twice, which counts once."""
        (topic, partition), headers = source, list(record.headers)
        sent = await writer.send_and_wait(topic, record.value, key=record.key, partition=partition, headers=headers)
        event = ParkedRetried(**self._now(), parked=parked.envelope.id, position=sent.offset, note=self._reason)
        await _tell(writer, parked, event)
        return f"{parked}: appended again as {topic}/{partition}@{sent.offset}"

    async def skip(self, positions: Sequence[str]) -> list[str]:
        """Say that parked items stay out; what was done, in words."""
        chosen = await self._chosen(positions)
        async with producer(self._kafka) as writer:
            return [await self._skip(writer, each) for each in chosen]

    async def _skip(self, writer: AIOKafkaProducer, parked: Parked) -> str:
        event = ParkedSkipped(**self._now(), parked=parked.envelope.id, reason=self._reason)
        await _tell(writer, parked, event)
        return f"{parked}: stays out"

    def _now(self) -> _When:
        now = datetime.now(UTC)
        return {"occurred_at": now, "day": now.astimezone(self._zone).date()}

    async def _chosen(self, positions: Sequence[str]) -> list[Parked]:
        """What lies at these positions; raises ClearError where nothing is parked, or it was decided about."""
        found = chosen(await parked_records(self._kafka), positions)
        for parked in found:
            if parked.decided and not self._again:
                message = f"{parked} was {parked.state} already: say --again if you mean it"
                raise ClearError(message)
        return found


def chosen(parked: Iterable[Parked], positions: Sequence[str]) -> list[Parked]:
    """What lies at these positions, each once; raises ClearError where nothing is parked."""
    known = {str(each): each for each in parked}
    unknown = next((position for position in positions if position not in known), None)
    if unknown is not None:
        message = f"{unknown} is not parked: see `kvota parked list`"
        raise ClearError(message)
    return [known[position] for position in dict.fromkeys(positions)]


def _source(parked: Parked) -> Source:
    source = log_source(parked.event.origin)
    if source is None:
        message = f"{parked} does not lie in the log: feed its source again, or skip it"
        raise ClearError(message)
    if source[0] == DECISIONS:
        message = f"{parked} is a decision, and those after it rely on its version: decide anew, or skip it"
        raise ClearError(message)
    return source


async def _record(reader: AIOKafkaConsumer, source: Source, parked: Parked) -> Record:
    """The record as it lies in the log; raises ClearError when it is not the one that was parked."""
    async for record in read_to_end(reader, TopicPartition(*source), parked.event.position):
        if record.offset == parked.event.position and _digest(record) == parked.event.sha256:
            _require_fact(parked, record)
            return record
        break
    message = f"{parked}: what lies there now is another record: is it another log?"
    raise ClearError(message)


def _require_fact(parked: Parked, record: Record) -> None:
    """Raise ClearError for a decision about a fact: it would have a version that is taken."""
    try:
        is_fact = decode(record.value or b"").envelope.stream is None
    except UnreadableError:
        is_fact = True
    if not is_fact:
        message = f"{parked} was imported: import it again once it can be counted, or skip it"
        raise ClearError(message)


def _digest(record: Record) -> str:
    return sha256(record.value or b"").hexdigest()


async def _tell(writer: AIOKafkaProducer, parked: Parked, event: ParkedRetried | ParkedSkipped) -> None:
    (topic, partition), key = PARKED, (parked.envelope.subject or "").encode()
    await writer.send_and_wait(topic, encode(_envelope(parked, event)), key=key, partition=partition)


def _envelope(parked: Parked, event: ParkedRetried | ParkedSkipped) -> Envelope:
    """The decision as a record: the n-th about one item is the same, whoever tells it."""
    number = len(parked.decided) + 1
    return Envelope(
        specversion="1.0",
        id=fact_id(SOURCE, str(parked.envelope.id), "", event.type, number),
        source=SOURCE,
        type=event.type,
        time=event.occurred_at,
        day=event.day,
        subject=parked.envelope.subject,
        dataschema=event_schema(event),
        data=event_data(event),
        recordedtime=event.occurred_at,
        sequence=f"{number:020}",
    )
