"""Ready is: a client gets an answer that names a broker."""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

_POLL_S = 0.02


async def answers(address: str) -> None:
    """Return once the broker at `address` answers a metadata request and says that it is in service."""
    while not await _is_in_service(address):  # noqa: ASYNC110 - only asking tells
        await asyncio.sleep(_POLL_S)


async def _is_in_service(address: str) -> bool:
    client = AIOKafkaAdminClient(bootstrap_servers=address, client_id="kvota-guard")
    try:
        await client.start()
        cluster = await client.describe_cluster()
    except KafkaError:
        return False
    finally:
        await client.close()
    return bool(cluster["brokers"])  # a broker that is still fenced is not listed
