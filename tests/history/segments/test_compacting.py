"""Compacting: fewer files, the same records."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.history.segments import compacting
from services.history.segments.checking import problems
from services.history.segments.compacting import compact
from services.history.segments.manifest import DamagedArchiveError, read_manifest
from services.history.segments.sealing import seal
from tests.history.segments.days import archived, days, sealed, stretches

FORTY_DAYS = days([2] * 40)
"""From the 24th of November 2026 on: seven days of it, all of December, two of January."""


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.parquet"))


def test_the_months_that_are_over_become_one_segment_each() -> None:
    with archived(FORTY_DAYS) as (archive, folder):
        seal(archive, folder, now=True)
        assert len(files(folder)) == 40
        assert stretches(compact(folder)) == [(0, 13), (14, 75)]
        assert stretches(read_manifest(folder)) == [(0, 13), (14, 75), (76, 77), (78, 79)]
        assert len(files(folder)) == 4
        assert sealed(folder) == FORTY_DAYS
        assert list(problems(folder, read_manifest(folder))) == []
        assert compact(folder) == []


def test_it_goes_on_from_what_was_compacted() -> None:
    with archived(FORTY_DAYS[:60]) as (archive, folder):
        seal(archive, folder, now=True)
        compact(folder)
        archive.ingest(FORTY_DAYS)
        seal(archive, folder, now=True)
        compact(folder)
        assert sealed(folder) == FORTY_DAYS


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 4), max_size=40), st.integers(1, 9), st.integers(1, 30))
def test_the_records_stay_the_same_and_no_segment_is_too_large(counts: list[int], most: int, larger: int) -> None:
    log = days(counts)
    with archived(log) as (archive, folder):
        seal(archive, folder, now=True, most=most)
        compact(folder, most=larger)
        assert sealed(folder) == log
        assert all(each.rows <= max(most, larger) for each in read_manifest(folder))
        assert list(problems(folder, read_manifest(folder))) == []


@pytest.mark.parametrize("point", ["write_manifest", "_remove_joined"])
def test_broken_off_it_leaves_the_same_records_and_the_next_one_cleans_up(
    point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError

    with archived(FORTY_DAYS) as (archive, folder):
        seal(archive, folder, now=True)
        monkeypatch.setattr(compacting, point, broken)
        with pytest.raises(OSError):  # noqa: PT011  # it is ours
            compact(folder)
        monkeypatch.undo()
        assert sealed(folder) == FORTY_DAYS
        assert list(problems(folder, read_manifest(folder))) == []
        compact(folder)
        assert sealed(folder) == FORTY_DAYS
        assert len(files(folder)) == 4


def test_what_is_in_no_manifest_and_in_no_segment_is_left() -> None:
    """Such as the files of a manifest that was lost: they may be all there is."""
    with archived(FORTY_DAYS) as (archive, folder):
        seal(archive, folder, now=True)
        (folder / "manifest.ndjson").unlink()
        assert compact(folder) == []
        assert len(files(folder)) == 40


def test_a_damaged_file_is_not_joined() -> None:
    with archived(FORTY_DAYS) as (archive, folder):
        seal(archive, folder, now=True)
        damaged = files(folder)[3]
        damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
        with pytest.raises(DamagedArchiveError, match=damaged.name):
            compact(folder)
        assert len(files(folder)) == 40
