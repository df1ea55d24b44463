"""What a new owner must remember of its shard besides the cells: the ids seen, from the ticks that count."""

from datetime import date

from aiokafka import TopicPartition

from services.runtime.log import consumer, read_to_end
from services.runtime.settings import KafkaSettings
from services.runtime.ticks import decode_tick, ids_of


async def seen_ids(kafka: KafkaSettings, ticks: str, shard: int, last: int) -> dict[date, set[bytes]]:
    """The ids, by day, in the retained ticks of a shard that count; `last` is the offset of the last that does."""
    found: dict[int, tuple[int, dict[date, bytes]]] = {}
    async with consumer(kafka) as reader:
        async for record in read_to_end(reader, TopicPartition(ticks, shard)):
            if record.value is not None:
                tick = decode_tick(record.value)
                found[record.offset] = (tick.prev, tick.seen)
    days: dict[date, set[bytes]] = {}
    while last in found:
        last, seen = found[last]
        for day, ids in ids_of(seen):
            days.setdefault(day, set()).update(ids)
    return days
