"""The soak tells of every event that was accepted whether it is on the board, how late, and what memory that took."""

from collections import Counter
from pathlib import Path

import pytest

from tests.bench.projector.workload import SIZES
from tests.bench.soak.__main__ import LostError, soak, table
from tests.bench.soak.calls import Calls

SMALL = SIZES["small"]


def test_calls_are_told_again_and_again_as_others() -> None:
    calls = Calls.of(SMALL)
    lines = calls.body(len(calls.pool) + 500).split(b"\n")
    assert len(set(lines)) == len(lines) == calls.told
    assert 0 < calls.calls_of_reps.total() < calls.told


@pytest.mark.kafka
@pytest.mark.timeout(180)
async def test_it_finds_every_event_on_the_board(tmp_path: Path) -> None:
    figures = await soak(tmp_path, SMALL, minutes=0.1, per_s=500)
    assert figures["events"] == 3_000
    assert figures["lost"] == {"in_log": 0, "in_cells": 0}
    assert 0 < figures["lag"]["p50_ms"] <= figures["lag"]["p99_ms"] <= figures["lag"]["max_ms"]
    assert all(each["end_mb"] > 10 for each in figures["rss"].values())
    assert [line.split()[0] for line in table(figures).splitlines()][3:] == ["kafka", "door", "projector", "wallboard"]


@pytest.mark.kafka
@pytest.mark.timeout(180)
async def test_a_call_that_is_not_on_the_board_gives_no_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_more = Calls.of(SMALL)
    one_more.calls_of_reps = Counter({"rep-1": 1})

    def told(_size: object) -> Calls:
        return one_more

    monkeypatch.setattr(Calls, "of", told)
    with pytest.raises(LostError):
        await soak(tmp_path, SMALL, minutes=0.01, per_s=500)
