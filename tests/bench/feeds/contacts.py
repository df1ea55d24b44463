"""Contact records of an Amazon Connect: of each the door makes three things that were seen, and a caller."""

import json
from collections.abc import Mapping, Sequence
from uuid import uuid4

from services.runtime.log import end_positions
from services.runtime.settings import KafkaSettings
from services.runtime.topics import INTAKE
from tests.bench.feeds.door import Door
from tests.bench.feeds.sending import sent
from tests.feeds.webhooks.test_amazon_connect import record

SEEN_OF_CONTACT = 3
"""That a call was offered, answered, and ended."""
_CALLS_OF_ONE = 4
"""How often the same person calls."""


def contacts(number: int, first: int = 0) -> list[bytes]:
    """So many records, each of a call of its own; the numbers of the callers begin with that of `first`."""
    return [json.dumps(_contact(first + place)).encode() for place in range(number)]


def _contact(place: int) -> Mapping[str, object]:
    caller = {"Address": f"+7916{place // _CALLS_OF_ONE:07d}", "Type": "TELEPHONE_NUMBER"}
    return record(ContactId=str(uuid4()), CustomerEndpoint=caller)


async def through_the_webhooks(door: Door, records: Sequence[bytes]) -> Mapping[str, float]:
    """Send them all as Firehose does; how many a second were accepted, and what each cost the door's process."""
    return await sent(door, "/v1/feeds/amazon_connect", {"X-Api-Key": door.secret}, records)


async def in_intake(bootstrap: str) -> int:
    """How many things that were seen are on the log."""
    ends = await end_positions(KafkaSettings(bootstrap_servers=bootstrap), [(INTAKE, 0)])
    return sum(ends.values())
