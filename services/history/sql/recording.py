"""What the log is told of queries: what is asked before it runs, and what came of it before anybody is answered."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from events.accesses import AccessEvent, Extent, QueryAsked, QueryEnded
from events.catalogue import topic_of
from events.codec import encode, event_data, event_schema
from events.envelope import Envelope
from events.ids import fact_id
from services.history.errors import HistoryError
from services.history.sql.sandbox import Said
from services.runtime.auth.callers import Caller
from services.runtime.log import producer
from services.runtime.settings import KafkaSettings

SOURCE = "/history"
_PARTITION = 0
_WITHIN_S = 10.0


class NotRecordedError(HistoryError):
    """The log cannot be told of a query: it is not run, or its answer is not given."""

    def __init__(self, reason: str) -> None:
        """Say why."""
        super().__init__(f"the log cannot be told of the query, so it is not answered: {reason}; ask again later")
        self.ru = f"запрос нельзя записать в журнал, поэтому ответа не будет: {reason}; повторите позже"


class Recorder:
    """Tells the log of one query."""

    def __init__(self, writer: AIOKafkaProducer, query: str, zone: ZoneInfo) -> None:
        """Write of the query with this id."""
        self._writer, self._query, self._zone = writer, query, zone

    async def asked(self, caller: Caller, mart: str, sql: str) -> UUID:
        """A query is about to run; gives the id of the event. Raises NotRecordedError."""
        now = datetime.now(UTC)
        event = QueryAsked(
            occurred_at=now,
            day=now.astimezone(self._zone).date(),
            query=self._query,
            asked_by=caller.subject,
            role=caller.role,
            mart=mart,
            sql=sql,
        )
        return await self._tell(event, 1)

    async def ended(self, asked: UUID, said: Said) -> None:
        """A query has ended; raises NotRecordedError."""
        now = datetime.now(UTC)
        event = QueryEnded(
            occurred_at=now,
            day=now.astimezone(self._zone).date(),
            query=self._query,
            asked=asked,
            outcome=said.outcome,
            rows=said.count,
            size_bytes=len(said.rows),
            took_ms=said.took_ms,
            as_of=tuple(_extent(part, before) for part, before in said.as_of.items()),
        )
        await self._tell(event, 2)

    async def _tell(self, event: AccessEvent, number: int) -> UUID:
        record = _record(event, self._query, number)
        try:
            async with asyncio.timeout(_WITHIN_S):
                await self._writer.send_and_wait(
                    topic_of(event), encode(record), key=self._query.encode(), partition=_PARTITION
                )
        except (KafkaError, TimeoutError) as error:
            raise NotRecordedError(type(error).__name__) from None
        return record.id


@asynccontextmanager
async def recording(kafka: KafkaSettings, query: str, zone: ZoneInfo) -> AsyncGenerator[Recorder]:
    """Tell the log of a query within a block; raises NoBrokerError where there is none to tell."""
    async with producer(kafka) as writer:
        yield Recorder(writer, query, zone)


def _record(event: AccessEvent, query: str, number: int) -> Envelope:
    subject = f"query/{query}"
    return Envelope(
        specversion="1.0",
        id=fact_id(SOURCE, subject, "", event.type, number),
        source=SOURCE,
        type=event.type,
        time=event.occurred_at,
        day=event.day,
        subject=subject,
        sequence=f"{number:020}",
        dataschema=event_schema(event),
        data=event_data(event),
        recordedtime=datetime.now(UTC),
    )


def _extent(part: str, before: int) -> Extent:
    topic, _, partition = part.rpartition("/")
    return Extent(topic=topic, partition=int(partition), before=before)
