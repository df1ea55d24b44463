"""How long it takes to start with many ids: they are read from the cells topic, and older days go to disk."""

import os
import time
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from services.runtime.cells_reader import CellsReader
from services.runtime.log import producer
from services.runtime.seen import HOT_DAYS
from services.runtime.shards import cells_topic
from services.runtime.ticks import SEGMENT_IDS, segments
from tests.events.examples.dates import TODAY
from tests.projector.busy_day import CALLS
from tests.projector.workers import PROJECTIONS, make_topics, settings_for

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

IDS = int(os.environ.get("KVOTA_TEST_IDS", "1000000"))
DAYS = 10


async def test_a_shard_with_many_ids_is_recovered_at_half_a_million_a_second(
    fresh_bootstrap: str, tmp_path: Path
) -> None:
    await make_topics(fresh_bootstrap)
    kafka, chance, known = settings_for(fresh_bootstrap), Random(1), b""
    async with CellsReader(kafka, 1, PROJECTIONS) as reader, producer(kafka) as writer:
        for number in range(IDS // SEGMENT_IDS):
            ids = chance.randbytes(16 * SEGMENT_IDS)
            known = known or ids
            for key, value in segments(0, number, CALLS, {TODAY - timedelta(days=number % DAYS): ids}):
                await writer.send_and_wait(cells_topic(1), value, key=key, partition=0)
        before = time.process_time()
        await reader.load([0], remember=True)
        seen = reader.shards[0].seen[CALLS]
        seen.settle(tmp_path / CALLS)
        spent = time.process_time() - before
    assert spent < IDS / 500_000
    assert sum(map(len, seen.days.values())) == IDS
    assert len([*(tmp_path / CALLS).iterdir()]) == DAYS - HOT_DAYS
    assert not any(seen.days[TODAY].absent(known))
