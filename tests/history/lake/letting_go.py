"""What is left of an archive here, and in the lake, once it let go of something."""

from datetime import timedelta
from pathlib import Path

from services.history.lake.lake import Lake
from services.history.lake.verifying import problems
from services.history.segments import checking
from services.history.segments.manifest import Segment, read_manifest
from tests.events.examples.dates import at
from tests.history.lake.lakes import read_wherever
from tests.history.segments.days import DAY

MIDNIGHT = at(9).replace(hour=0)


def day(number: int) -> timedelta:
    return number * DAY


def files(folder: Path) -> set[str]:
    return {each.relative_to(folder).as_posix() for each in folder.rglob("*.parquet")}


def here(folder: Path) -> list[Segment]:
    return [each for each in read_manifest(folder) if each.is_here]


def require_whole(folder: Path, lake: Lake, log: object) -> None:
    """All of the log can be had; the folder has the files that the manifest says are here, whole, and no others."""
    assert list(read_wherever(folder, lake)) == log
    assert files(folder) == {each.path for each in here(folder)}
    assert list(checking.problems(folder, here(folder))) == []
    assert list(problems(lake, read_manifest(folder))) == []
