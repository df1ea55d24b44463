"""A loop over aiokafka with the folds by hand: what a careful person writes without a framework.

Ignores repetitions by a set of ids for each partition, in memory. State is fault-tolerant by two records topics: each
touched cell with the offset it stands for, and the ids of each batch; both acknowledged before offsets are committed.
A cell holds the offset so that, after a crash, records that it has are not added again. What it keeps: every id, for
ever, and partial sums for each partition. Written every 50 ms or so, as Kvota's ticks are.
"""

import asyncio
import sys
import time

import msgspec
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from services.runtime.stopping import stop_when_told
from tests.bench.projector.folds import contributions, decode

GATHER_S = 0.05
COMMIT_EVERY_S = 1.0


class Shard:
    """The state of one partition."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.cells: dict[str, tuple[int, ...]] = {}
        self.touched: set[str] = set()
        self.new: list[str] = []

    def fold(self, value: bytes) -> None:
        """Fold one record."""
        told = decode(value)
        if told.id in self.seen:
            return
        self.seen.add(told.id)
        self.new.append(told.id)
        cells = self.cells
        for table, key, numbers in contributions(told):
            cell = f"{table}|{key}"
            known = cells.get(cell)
            cells[cell] = numbers if known is None else tuple(map(int.__add__, known, numbers))
            self.touched.add(cell)

    def changes(self, offset: int) -> list[tuple[bytes, bytes]]:
        """Say what to write down as of an offset, and forget it."""
        encode = msgspec.json.encode
        changed = [(cell.encode(), encode((offset, *self.cells[cell]))) for cell in self.touched]
        changed.append((b"seen|%d" % offset, encode(self.new)))
        self.touched.clear()
        self.new.clear()
        return changed


async def write(producer: AIOKafkaProducer, topic: str, partition: int, changes: list[tuple[bytes, bytes]]) -> None:
    """Write records to one partition, and wait until they are in the log."""
    sent = []
    batch = producer.create_batch()
    for key, value in changes:
        if batch.append(key=key, value=value, timestamp=None) is None:
            sent.append(await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=None)
    sent.append(await producer.send_batch(batch, topic, partition=partition))
    await asyncio.gather(*sent)


async def work(bootstrap: str, topic: str, name: str) -> None:
    """Fold until told to stop."""
    stop = stop_when_told()
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=name,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_min_bytes=1 << 20,
        fetch_max_wait_ms=int(GATHER_S * 1000),
        max_partition_fetch_bytes=4 << 20,
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=512 << 10,
        max_request_size=4 << 20,
    )
    shards: dict[TopicPartition, Shard] = {}
    async with consumer, producer:
        committed = time.monotonic()
        positions: dict[TopicPartition, int] = {}
        while not stop.is_set():
            gathered = await consumer.getmany(timeout_ms=int(GATHER_S * 1000), max_records=20_000)
            for partition, records in gathered.items():
                shard = shards.setdefault(partition, Shard())
                for record in records:
                    shard.fold(record.value or b"")
                positions[partition] = records[-1].offset + 1
                await write(producer, f"{name}-state", partition.partition, shard.changes(records[-1].offset))
            if positions and time.monotonic() - committed >= COMMIT_EVERY_S:
                await consumer.commit(positions)
                committed = time.monotonic()


if __name__ == "__main__":
    uvloop.run(work(*sys.argv[1:4]))
