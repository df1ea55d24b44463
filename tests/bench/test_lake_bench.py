"""The benchmark of the lake gives figures for what lies in it, and for nothing else."""

from pathlib import Path

import pytest

from tests.bench.lake.__main__ import OtherTotalsError, Told, require
from tests.bench.lake.reading import Read
from tests.bench.projector.workload import SIZES
from tests.cli.commands import kvota

SMALL = SIZES["small"]


def test_it_measures_the_way_of_a_record_into_the_lake_and_out_of_it(tmp_path: Path) -> None:
    figures = kvota("bench", "lake", "--events=1000", "--json", home=tmp_path).json
    assert list(figures["rows_per_cpu_s"]) == ["archive", "seal", "push", "verify", "read"]
    assert all(rate > 0 for rate in figures["rows_per_cpu_s"].values())
    assert 0 < figures["bytes_per_event"]["in_the_lake"] < figures["bytes_per_event"]["on_the_log"]
    assert (figures["events"], figures["size"]) == (1_000, "small")


def test_a_lake_that_lacks_a_call_gives_no_figures() -> None:
    told = Told(SMALL, 500)
    assert sum(map(len, told.batches())) == 500
    require(Read(told.talk_s, 1.0, 1), told)
    with pytest.raises(OtherTotalsError, match=f"{told.talk_s} were told"):
        require(Read(told.talk_s - 1, 1.0, 1), told)
