"""The topic of a Kamailio's kafka module, read from our own checkpoint on, and as fast as our log takes the facts."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from events.envelope import Envelope
from services.feeds.appender import ROUND, Appender
from services.feeds.facts import Company
from services.feeds.frames import Frame
from services.feeds.kamailio.live.evapi import reader
from services.feeds.kamailio.live.merging import Merging
from services.feeds.kamailio.live.positions import Positions, dump, load
from services.feeds.live.feed import CHECKPOINT_S, append, folder_name, our_clock, owned
from services.feeds.reading import Items
from services.runtime.durable import write_whole
from services.runtime.errors import ClearError, NoBrokerError
from services.runtime.log import Record as LogRecord
from services.runtime.log import consumer
from services.runtime.settings import KafkaSettings
from services.runtime.stopping import unless
from services.runtime.topics import partition_counts

_POLL_MS = 200
_AGAIN_S = 1.0
"""How long to wait before looking again for a broker or a topic that is not there."""

_log = structlog.get_logger()


class NoTopicError(ClearError):
    """There is no such topic; the message is one line for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTopic:
    """What to read, and for whom."""

    kafka: KafkaSettings
    """The brokers of the topic, which need not be ours."""
    topic: str
    company: Company
    home: Path
    """The checkpoint lies below it, in feeds/."""
    system: str | None = None
    patient: bool = False
    """Whether a topic that is not there yet is waited for, and so are its brokers."""

    async def run(self, appender: Appender, stop: asyncio.Event) -> None:
        """Feed until `stop` is set.

        Raises ClearError when there is no such topic (unless patient), or another process here feeds from the same
        Kamailio.
        """
        with owned(self.home / "feeds" / folder_name("kamailio-topic", self.system)) as folder:
            await unless(stop, self._keep_feeding(folder / "checkpoint", appender))

    async def _keep_feeding(self, file: Path, appender: Appender) -> NoReturn:
        while True:
            try:
                await self._feed(file, appender)
            except (NoTopicError, NoBrokerError) as error:
                if not self.patient:
                    raise
                _log.warning("source_lost", address=self.topic, reason=str(error), again_in_s=_AGAIN_S)
            await asyncio.sleep(_AGAIN_S)

    async def _feed(self, file: Path, appender: Appender) -> NoReturn:
        read = await asyncio.to_thread(load, file, self.topic)
        counts = await partition_counts(self.kafka.bootstrap_servers, [self.topic])
        if self.topic not in counts:
            message = f"there is no topic {self.topic} at {self.kafka.bootstrap_servers}"
            raise NoTopicError(message)
        async with consumer(self.kafka) as client:
            telling = _Telling(self, range(counts[self.topic]), read, appender)
            await telling.begin(client)
            clock = asyncio.get_running_loop().time
            saved, is_new = clock(), False
            while True:
                is_new = await telling.more(client) or is_new
                if is_new and clock() - saved >= CHECKPOINT_S:
                    await telling.release()
                    await asyncio.to_thread(write_whole, file, dump(read))
                    saved, is_new = clock(), False


class _Telling:
    """Makes facts of what is fetched, and appends them."""

    def __init__(self, live: LiveTopic, partitions: range, read: Positions, appender: Appender) -> None:
        self._places: Mapping[int, TopicPartition] = {
            number: TopicPartition(live.topic, number) for number in partitions
        }
        self._read, self._appender = read, appender
        self._callers = live.company.callers
        self._reader = reader(live.company, live.system, read.memory)
        self._items = {number: Items(self._reader, f"{live.topic}/{number}") for number in partitions}
        self._merging: Merging[LogRecord] = Merging(partitions)

    async def begin(self, client: AIOKafkaConsumer) -> None:
        """Go where the checkpoint says; what expired before it was read is a gap."""
        client.assign(list(self._places.values()))
        starts = await client.beginning_offsets(list(self._places.values()))
        for number, place in self._places.items():
            known, start = self._read.next.get(number), int(starts[place])
            if known is not None and known < start:
                self._reader.lost()
            self._read.next[number] = max(known or 0, start)
            client.seek(place, self._read.next[number])

    async def more(self, client: AIOKafkaConsumer) -> bool:
        """Tell what is new; give whether anything was."""
        wanted = [self._places[number] for number in self._merging.wanted]
        fetched = await client.getmany(*wanted, timeout_ms=_POLL_MS)
        self._merging.take({place.partition: records for place, records in fetched.items()})
        at_end = {number for number, place in self._places.items() if await _is_at_end(client, place)}
        facts, is_new = list[Envelope](), False
        for number, record in self._merging.next(at_end):
            is_new = True
            facts += self._told(number, record)
            if len(facts) >= ROUND:
                await append(self._appender, facts, self._callers)
                facts = []
        await append(self._appender, facts, self._callers)
        return is_new

    async def release(self) -> None:
        """Tell by our clock what was parked before any record told the time: it may be that none can be read."""
        facts = [fact for items in self._items.values() for fact in items.release(our_clock())]
        await append(self._appender, facts, self._callers)

    def _told(self, number: int, record: LogRecord) -> list[Envelope]:
        value = record.value or b""
        self._read.next[number] = record.offset + 1
        return list(self._items[number].item(Frame(record.offset, len(value), value)))


async def _is_at_end(client: AIOKafkaConsumer, place: TopicPartition) -> bool:
    """Whether all that the partition had when it was last fetched has been handed over."""
    end = client.highwater(place)
    return end is not None and await client.position(place) >= end
