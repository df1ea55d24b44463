"""The benchmark of a start gives figures for a desk that knows all deals."""

from pathlib import Path

import pytest

from tests.bench.desk_start.__main__ import bench

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]


def test_it_measures_a_start_from_the_log_and_from_a_snapshot(home: Path) -> None:
    figures = bench(home, streams=300)
    assert figures["streams"] == 300
    assert figures["from_log"]["ready_s"] > 0
    assert figures["from_snapshot"]["ready_s"] > 0
    assert figures["snapshot"]["bytes_per_stream"] > 0
