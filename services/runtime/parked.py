"""What was set aside: reading the parked topic. The reader hands out each event once."""

from aiokafka import TopicPartition

from events.codec import UnreadableError, decode
from events.envelope import Envelope
from events.law import Ledger, Verdict
from events.parked import RecordParked
from services.runtime.log import consumer, read_to_end
from services.runtime.settings import KafkaSettings
from services.runtime.topics import partition_count

TOPIC = "kvota.parked"


async def parked_records(kafka: KafkaSettings) -> list[tuple[Envelope, RecordParked]]:
    """Everything that is parked, in the order in which it was; raises TopicError when the topic does not exist."""
    await partition_count(kafka.bootstrap_servers, TOPIC)
    ledger = Ledger()
    async with consumer(kafka) as reader:
        values = [record.value or b"" async for record in read_to_end(reader, TopicPartition(TOPIC, 0))]
    return [found for value in values if (found := _parked(ledger, value)) is not None]


def _parked(ledger: Ledger, value: bytes) -> tuple[Envelope, RecordParked] | None:
    """What a record says was parked; None for what else lies there, which the archive keeps and counts."""
    try:
        decoded = decode(value)
    except UnreadableError:
        return None
    if isinstance(decoded.event, RecordParked) and ledger.judge(decoded.envelope) is Verdict.COUNTS:
        return decoded.envelope, decoded.event
    return None
