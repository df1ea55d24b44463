"""Erasing a person: the vault deletes, the log says that it did, and whoever asked hears which places held a copy."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from events.codec import UnreadableError, decode, encode, event_data, event_schema
from events.envelope import Envelope
from events.erasures import PersonErased
from events.ids import fact_id
from services.cli.history import history
from services.runtime.errors import ClearError
from services.runtime.log import consumer, producer, read_to_end
from services.runtime.settings import CompanySettings, KafkaSettings
from services.runtime.shards import Source
from services.runtime.topics import partition_count
from services.vault.people import Erasure, People, UnknownPersonError

RECORDS: Source = ("kvota.records", 0)
SOURCE = "/cli"


class Place(msgspec.Struct, frozen=True):
    """Where something of the person was."""

    place: str
    held: str
    now: str
    """What became of it."""


class Erased(msgspec.Struct, frozen=True):
    """What came of it."""

    person: str
    erased_at: datetime
    repeated: bool
    """Whether it had been done before."""
    places: Sequence[Place]


class Erasing:
    """One run of `kvota audit erase`."""

    def __init__(self, kafka: KafkaSettings, people: People) -> None:
        """Use the log, and the vault's store."""
        self._kafka, self._people = kafka, people

    async def erase(self, person: str, reason: str) -> Erased:
        """Erase, then say so on the log; raises ClearError before anything is done when that cannot be said.

        The log is told once the vault has deleted: should we die between the two, a repeat tells it, and of one person
        it counts once. Then the store's files are written anew; a repeat does that again.
        """
        zone = ZoneInfo(CompanySettings().time_zone)
        _record(person, Erasure(datetime.now(UTC), (), 0, repeated=False), reason, zone)
        await partition_count(self._kafka.bootstrap_servers, RECORDS[0])
        async with producer(self._kafka) as writer:
            erasure = self._erase(person)
            await _tell(writer, _record(person, erasure, reason, zone))
        self._people.store.scrub()
        return Erased(person, erasure.erased_at, erasure.repeated, [*_vault(erasure), *_log(person), *_ELSEWHERE])

    def _erase(self, person: str) -> Erasure:
        try:
            return self._people.bury(person, datetime.now(UTC))
        except UnknownPersonError:
            message = f"the vault knows nobody with the id {person}"
            raise ClearError(message) from None


async def erased(kafka: KafkaSettings) -> list[tuple[str, datetime]]:
    """Who was erased by what the log says, and when; raises TopicError when the topic does not exist."""
    await partition_count(kafka.bootstrap_servers, RECORDS[0])
    async with consumer(kafka) as reader:
        values = [record.value or b"" async for record in read_to_end(reader, TopicPartition(*RECORDS))]
    return [(event.person, event.occurred_at) for event in _erasures(values)]


def _erasures(values: Sequence[bytes]) -> Iterator[PersonErased]:
    for value in values:
        try:
            event = decode(value).event
        except UnreadableError:
            continue
        if isinstance(event, PersonErased):
            yield event


async def _tell(writer: AIOKafkaProducer, event: PersonErased) -> None:
    topic, partition = RECORDS
    try:
        await writer.send_and_wait(topic, encode(_envelope(event)), key=event.person.encode(), partition=partition)
    except KafkaError as error:
        message = f"{event.person} is erased, and the log does not say so yet ({error}): repeat the command"
        raise ClearError(message) from None


def _record(person: str, erasure: Erasure, reason: str, zone: ZoneInfo) -> PersonErased:
    """What the log will say; raises ClearError for what an event cannot hold."""
    at = erasure.erased_at
    try:
        return PersonErased(
            occurred_at=at,
            day=at.astimezone(zone).date(),
            person=person,
            fields=tuple(erasure.held),
            reason=reason,
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        message = f"{first['loc'][0]}: {first['msg']}"
        raise ClearError(message) from None


def _envelope(event: PersonErased) -> Envelope:
    """The erasure as a record: of one person the same, however often it is told."""
    return Envelope(
        specversion="1.0",
        id=fact_id(SOURCE, event.person, "", event.type, 1),
        source=SOURCE,
        type=event.type,
        time=event.occurred_at,
        day=event.day,
        subject=f"person/{event.person}",
        dataschema=event_schema(event),
        data=event_data(event),
        recordedtime=datetime.now(UTC),
    )


def _vault(erasure: Erasure) -> Iterator[Place]:
    if erasure.repeated:
        yield Place("vault", "nothing: it was deleted before", "a tombstone of the id")
        return
    fields = ", ".join(erasure.held) or "no details"
    yield Place("vault: details", fields, "deleted")
    yield Place("vault: look-up keys", str(erasure.lookups), "deleted")
    yield Place("vault: the person's key", "1", "deleted: what was sealed under it says nothing any more")


def _log(person: str) -> Iterator[Place]:
    """The log and its archive, by what the archive has: they hold the id, and texts that only the key would open."""
    try:
        with history() as asked:
            found = asked.mentions(person)
    except ClearError as error:
        yield Place("log and archive", "not known", f"history could not be asked: {error}")
        return
    for topic, count in found.items():
        yield Place(f"topic {topic}, and history", f"{count} records with the id", "stay: it says nothing of anybody")


_ELSEWHERE = (
    Place("wallboards", "a rep's short name, in memory", "gone within a minute"),
    Place("parked payloads", "perhaps a number, sealed", "nobody reads them once their month is forgotten"),
    Place("spools of live feeds", "perhaps a number, in the last 8 MB heard", "gone when more has been heard"),
    Place("backups of the vault", "what was kept when they were made", "a restore erases again; delete them in time"),
    Place("PostgreSQL's write-ahead log", "sealed rows, tokens", "says nothing without the master key; is recycled"),
)
