"""The benchmark of appending gives figures for decisions that are all in the log."""

from pathlib import Path

import pytest

from tests.bench.append.__main__ import FIRST, bench, table

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]


async def test_it_measures_three_ways_and_finds_every_decision_in_the_log(home: Path) -> None:
    figures = await bench(home, rounds=1, times=100, clients=4)
    assert set(figures["ways"]) == {"send_and_wait", "handler", "http"}
    assert all(0 < each["p50_ms"] <= each["p99_ms"] for each in figures["ways"].values())
    assert set(figures["ratios"]) == set(figures["decisions_per_s"]) == {"handler", "http"}
    blocks = [100, 100, 4 * 100]  # to warm up, of the one round, and of the clients
    assert figures["decisions"] == 2 * sum(FIRST + each for each in blocks)
    assert [line.split()[0] for line in table(figures).splitlines()][1:4] == ["send_and_wait", "handler", "http"]
