"""What was set aside: reading the parked topic. The reader hands out each event once."""

from aiokafka import TopicPartition

from events.codec import decode
from events.envelope import Envelope
from events.law import Ledger, Verdict
from events.parked import RecordParked
from services.runtime.log import consumer, read_to_end
from services.runtime.settings import KafkaSettings

TOPIC = "kvota.parked"


async def parked_records(kafka: KafkaSettings) -> list[tuple[Envelope, RecordParked]]:
    """Everything that is parked, in the order in which it was."""
    found: list[tuple[Envelope, RecordParked]] = []
    ledger = Ledger()
    async with consumer(kafka) as reader:
        async for record in read_to_end(reader, TopicPartition(TOPIC, 0)):
            decoded = decode(record.value or b"")
            if isinstance(decoded.event, RecordParked) and ledger.judge(decoded.envelope) is Verdict.COUNTS:
                found.append((decoded.envelope, decoded.event))
    return found
