"""What the bench asks the broker itself: how far a group is, and what lies in a topic."""

from collections.abc import AsyncIterator, Iterable
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError

from services.runtime.log import Record, consumer, read_to_end
from services.runtime.settings import KafkaSettings

_NOT_YET = (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError)


def settings_for(bootstrap: str) -> KafkaSettings:
    """How the bench reaches Kafka."""
    return KafkaSettings(bootstrap_servers=bootstrap, client_id="bench")


class Watch:
    """Asks one broker how far groups are, over one connection."""

    def __init__(self, bootstrap: str) -> None:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id="bench-watch")
        self._consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, client_id="bench-watch", group_id=None)

    async def __aenter__(self) -> Self:
        await self._admin.start()
        await self._consumer.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._admin.close()
        await self._consumer.stop()

    async def committed(self, group: str) -> dict[TopicPartition, int]:
        """The offsets that a group has committed; none while the broker's own topic for them is still being made."""
        try:
            offsets = await self._admin.list_consumer_group_offsets(group)
        except _NOT_YET:
            return {}
        return {partition: max(0, found.offset) for partition, found in offsets.items()}

    async def ends(self, topic: str, partitions: int) -> dict[TopicPartition, int]:
        """Where the partitions of a topic end."""
        wanted = [TopicPartition(topic, partition) for partition in range(partitions)]
        ends: dict[TopicPartition, int] = await self._consumer.end_offsets(wanted)
        return ends


async def records_of(bootstrap: str, topic: str, partitions: Iterable[int]) -> AsyncIterator[Record]:
    """All that lies in some partitions of a topic."""
    async with consumer(settings_for(bootstrap), wait_ms=20) as reader:
        for partition in partitions:
            async for record in read_to_end(reader, TopicPartition(topic, partition)):
                yield record
