"""The intake, folded into facts by one process: from its checkpoint on, and as fast as the log takes them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.feeds.appender import Appender, AppendError, Record, record_of
from services.feeds.facts import Company, UnreadableItemError
from services.feeds.webhooks.adapter import Adapter, AdapterMemory
from services.feeds.webhooks.seen import decode_seen
from services.feeds.webhooks.ticking import Ticking
from services.runtime.durable import write_whole
from services.runtime.log import Record as LogRecord
from services.runtime.log import consumer
from services.runtime.settings import KafkaSettings
from services.runtime.topics import INTAKE, partition_counts

FILE_NAME = "intake.checkpoint"
_LAYOUT = 1
"""Raised when what an older version remembered cannot be read any more: then the intake is read from its beginning."""
_CHECKPOINT_S = 1.0
_SELDOM = 20
"""A checkpoint of many calls takes long: between two of them is so many times what the last one took."""
_SLICE = 200
"""How many records are folded before others get their turn: a fetch may have tens of thousands."""
_AGAIN_S = 1.0
_MS = 1000

_log = structlog.get_logger()


@dataclass(slots=True)
class Partition:
    """How far a partition has been read, and what is remembered there."""

    position: int = 0
    memory: AdapterMemory = field(default_factory=AdapterMemory)


@dataclass(slots=True)
class Checkpoint:
    """How far all partitions have been read."""

    layout: int = _LAYOUT
    partitions: dict[int, Partition] = field(default_factory=dict[int, Partition])


@dataclass(slots=True)
class Assembling:
    """Makes facts of the intake until it is cancelled."""

    kafka: KafkaSettings
    company: Company
    folder: Path
    """Where the checkpoint lies; no other process has it."""
    appender: Appender

    async def run(self) -> None:
        """Fold, append, and write down how far all is on the log."""
        checkpoint = await asyncio.to_thread(load, self.folder / FILE_NAME)
        async with consumer(self.kafka) as client:
            adapters = await self._assigned(client, checkpoint)
            ticking = Ticking(self.appender, len(adapters))
            clock = asyncio.get_running_loop().time
            due = clock()
            while True:
                gathered = await client.getmany(timeout_ms=200)
                for place, records in gathered.items():
                    known = checkpoint.partitions[place.partition]
                    for start in range(0, len(records), _SLICE):
                        await self._fold(adapters[place.partition], known, records[start : start + _SLICE])
                quiet = adapters.keys() - {place.partition for place in gathered}
                await ticking.tick({partition: adapters[partition].due for partition in quiet})
                if gathered and (begun := clock()) >= due:
                    await asyncio.to_thread(write_whole, self.folder / FILE_NAME, await dump(checkpoint))
                    due = clock() + max(_CHECKPOINT_S, _SELDOM * (clock() - begun))

    async def _assigned(self, client: AIOKafkaConsumer, checkpoint: Checkpoint) -> dict[int, Adapter]:
        """Take every partition, from where the checkpoint says."""
        partitions = range((await partition_counts(self.kafka.bootstrap_servers, [INTAKE]))[INTAKE])
        client.assign([TopicPartition(INTAKE, partition) for partition in partitions])
        for partition in partitions:
            known = checkpoint.partitions.setdefault(partition, Partition())
            client.seek(TopicPartition(INTAKE, partition), known.position)
        return {partition: Adapter(self.company, checkpoint.partitions[partition].memory) for partition in partitions}

    async def _fold(self, adapter: Adapter, known: Partition, records: Sequence[LogRecord]) -> None:
        await asyncio.sleep(0)
        facts = list[Record]()
        for record in records:
            try:
                seen = decode_seen(record.value or b"")
            except UnreadableItemError as error:
                _log.warning("intake_unreadable", offset=record.offset, reason=str(error))
                continue
            heard = record.timestamp * _MS
            facts += map(record_of, adapter.take(seen, heard))
            facts += map(record_of, adapter.beat(seen, heard, f"{record.topic}/{record.partition}", record.offset))
        await self._append(facts)
        known.position = records[-1].offset + 1

    async def _append(self, facts: Sequence[Record]) -> None:
        """Append, for as long as it takes: the intake keeps what they are made of."""
        while facts:
            try:
                await self.appender.append(facts)
            except AppendError as error:
                await _log.awarning("kafka_does_not_take", records=len(facts), reason=str(error))
                await asyncio.sleep(_AGAIN_S)
            else:
                return


async def dump(checkpoint: Checkpoint) -> bytes:
    """Write a checkpoint down, a partition at a time: one of many calls takes long, and others get their turn."""
    partitions = dict[int, msgspec.Raw]()
    for number, known in checkpoint.partitions.items():
        await asyncio.sleep(0)
        partitions[number] = msgspec.Raw(msgspec.msgpack.encode(known))
    return msgspec.msgpack.encode({"layout": checkpoint.layout, "partitions": partitions})


def load(file: Path) -> Checkpoint:
    """Read a checkpoint; an empty one where there is none that can be read."""
    try:
        found = msgspec.msgpack.decode(file.read_bytes(), type=Checkpoint)
    except FileNotFoundError:
        return Checkpoint()
    except msgspec.DecodeError:
        _log.warning("checkpoint_of_another_version", path=str(file))
        return Checkpoint()
    return found if found.layout == _LAYOUT else Checkpoint()
