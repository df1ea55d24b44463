"""The benchmark of a rebuild gives figures for what was really rebuilt, and for nothing else."""

from pathlib import Path

import pytest

from projections.projection import load_projections
from services.history.archive import Archive
from tests.bench.projector.workload import SIZES
from tests.bench.rebuild.__main__ import OtherTotalsError, bench, fill, require
from tests.bench.rebuild.measuring import CALL_PROJECTIONS

SMALL = SIZES["small"]


def test_it_measures_every_call_projection() -> None:
    figures = bench(SMALL, events=1_000, runs=1)
    assert [each["name"] for each in figures["projections"]] == [*CALL_PROJECTIONS]
    assert all(each["events_per_core_s"] > 0 for each in figures["projections"])
    assert 0 < figures["events_per_core_s"] < min(each["events_per_core_s"] for each in figures["projections"])
    assert (figures["events"], figures["size"]) == (1_000, "small")


def test_cells_that_lack_a_call_give_no_figures(tmp_path: Path) -> None:
    known = load_projections()
    path = tmp_path / "history.duckdb"
    of_reps = fill(path, SMALL, 500, known).of_reps
    with Archive(path, known) as archive:
        require(archive, of_reps)
        with archive.cursor() as con:
            con.execute(
                'DELETE FROM calls_rows WHERE fact."offset" IN '
                '(SELECT min(fact."offset") FROM calls_rows WHERE rep IS NOT NULL)'
            )
        with pytest.raises(OtherTotalsError, match=f"hold {of_reps - 1} calls of reps, and {of_reps} were told"):
            require(archive, of_reps)
