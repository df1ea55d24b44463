"""Reading all decisions for the audit of leads."""

from aiokafka import TopicPartition

from services.desk.leads.auditing import AssignmentAudit
from services.runtime.log import consumer, read_to_end
from services.runtime.settings import KafkaSettings
from services.runtime.shards import DECISIONS
from services.runtime.topics import partition_count


async def audit_leads(kafka: KafkaSettings) -> AssignmentAudit:
    """The audit over the whole log as it is now; raises TopicError when there is no log."""
    await partition_count(kafka.bootstrap_servers, DECISIONS)
    audit = AssignmentAudit()
    async with consumer(kafka) as reader:
        async for record in read_to_end(reader, TopicPartition(DECISIONS, 0)):
            audit.take(record.offset, record.value)
    return audit
