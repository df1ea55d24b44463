"""What a new owner must remember of its shard besides the cells: the ids seen, from the ticks that count."""

from datetime import date

from aiokafka import TopicPartition

from events.law import Ledger, SeenIds
from services.runtime.log import consumer, read_to_end
from services.runtime.settings import KafkaSettings
from services.runtime.shards import PROJECTED_TOPICS
from services.runtime.ticks import ShardCells, decode_tick, ids_of

Seen = dict[str, dict[date, set[bytes]]]
"""The ids seen, by topic and day."""


async def ledgers(kafka: KafkaSettings, ticks: str, shard: int, cells: ShardCells) -> dict[str, Ledger]:
    """The ledger of each topic of a shard, as of the last tick that counts."""
    seen = await _seen(kafka, TopicPartition(ticks, shard), cells.last)
    return {topic: Ledger(SeenIds(days=seen.get(topic, {})), cells.heads) for topic in PROJECTED_TOPICS}


async def _seen(kafka: KafkaSettings, ticks: TopicPartition, last: int) -> Seen:
    """The ids in the retained ticks that count, by topic and day; `last` is the offset of the last that does."""
    found: dict[int, tuple[int, dict[str, dict[date, bytes]]]] = {}
    async with consumer(kafka) as reader:
        async for record in read_to_end(reader, ticks):
            if record.value is not None:
                tick = decode_tick(record.value)
                found[record.offset] = (tick.prev, tick.seen)
    seen: Seen = {}
    while last in found:
        last, first_seen = found[last]
        for topic, days in first_seen.items():
            for day, ids in days.items():
                seen.setdefault(topic, {}).setdefault(day, set()).update(ids_of(ids))
    return seen
