"""The benchmark of the feeds gives figures for records that are all in the log."""

from pathlib import Path

import pytest

from tests.bench.feeds.__main__ import bench, table

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]


async def test_it_measures_the_door_beside_the_appender_and_finds_every_record(home: Path) -> None:
    figures = await bench(home, events=10_000, times=1)
    assert figures["door"]["events_s"] > 0
    assert 0 < figures["appender"]["us_cpu_per_event"] < figures["door"]["us_cpu_per_event"]
    assert all(figures[name]["us_cpu_per_event"] > 0 for name in ("full", "webhooks", "callers"))
    assert figures["ami"]["messages"] == 7_582  # those that begin with "Event: "
    assert [line.split()[0] for line in table(figures).splitlines()][1:] == [
        *("door", "full", "appender", "webhooks", "callers", "AMI,")
    ]
