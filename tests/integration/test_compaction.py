"""Recovery from a cells topic whose old records the broker has really removed."""

import asyncio
from itertools import islice
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from services.runtime.log import end_positions
from services.runtime.shards import cells_topic
from tests.projector.agreement import caught_up, recomputed
from tests.projector.busy_day import a_busy_day
from tests.projector.forked import forking
from tests.projector.workers import AT_ONCE, SHARDS, append_to, make_topics, settings_for, values_in

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

CELLS = [(cells_topic(1), shard) for shard in SHARDS.every]


async def clean_without_delay(bootstrap: str) -> None:
    """Tell the broker to look for what it can remove ten times a second."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.alter_configs([ConfigResource(ConfigResourceType.BROKER, "1", {"log.cleaner.backoff.ms": "100"})])
    await admin.close()


async def test_a_third_worker_recovers_from_what_compaction_has_left(fresh_bootstrap: str, tmp_path: Path) -> None:
    bootstrap, day = fresh_bootstrap, a_busy_day(seed=11, count=10**6)
    await make_topics(bootstrap, compacted=AT_ONCE)
    await clean_without_delay(bootstrap)
    settings = {"INSTANCE": "one", "TICK_MS": "20", "STATE_EVERY_S": "0.1", "BEAT_S": "0.05"}
    async with forking(bootstrap, tmp_path, **settings) as worker:
        for life in range(1, 4):
            worker.start()
            for _ in range(4):
                await append_to(bootstrap, islice(day, 300))
                await caught_up(bootstrap)
            live = await caught_up(bootstrap)
            assert live == await recomputed(bootstrap)
            await _much_is_gone(bootstrap, 200 * life)
            await worker.kill()
            assert await caught_up(bootstrap) == live
        worker.start()
        await append_to(bootstrap, islice(day, 300))
        assert await caught_up(bootstrap) == await recomputed(bootstrap)
        assert await worker.stop() == 0


async def _much_is_gone(bootstrap: str, records: int) -> None:
    """Wait until the cleaner has removed so many records, while the worker goes on writing its marks."""
    async with asyncio.timeout(90):
        while True:
            written = sum((await end_positions(settings_for(bootstrap), CELLS)).values())
            left = sum([len(await values_in(bootstrap, source)) for source in CELLS])
            if written - left >= records:
                return
