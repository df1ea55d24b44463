"""The ids seen by day: asked about together, remembered when told, and of older days on disk."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from services.runtime.seen import HOT_DAYS, SeenDays
from tests.events.examples.dates import TODAY

YESTERDAY = TODAY - timedelta(days=1)


def fact(number: int, day: date = TODAY) -> tuple[bytes, date]:
    """Give a fact's id and day."""
    return UUID(int=number).bytes, day


def test_of_facts_told_together_the_first_of_each_id_is_new_and_a_day_is_a_world_of_its_own() -> None:
    seen = SeenDays()
    seen.add(TODAY, UUID(int=1).bytes)
    asked = [fact(1), fact(2), fact(1, YESTERDAY), fact(2), fact(2, YESTERDAY)]
    assert seen.first_ones(asked) == [False, True, True, False, True]
    assert seen.first_ones(asked) == [False, True, True, False, True], "asking remembers nothing"


def settled(days: Iterable[date], folder: Path) -> SeenDays:
    """Give what has seen one fact of each day."""
    seen = SeenDays()
    for day in days:
        seen.add(day, UUID(int=1).bytes)
    seen.settle(folder)
    return seen


def test_days_on_disk_answer_and_grow_as_others_do(tmp_path: Path) -> None:
    days = [TODAY - timedelta(days=before) for before in range(5)]
    seen = settled(days, tmp_path)
    for day in days:
        seen.add(day, UUID(int=2).bytes)
    seen.settle(tmp_path)
    told = [fact(number, day) for day in days for number in (1, 2, 3)]
    assert seen.first_ones(told) == [False, False, True] * len(days)


def test_the_latest_days_stay_in_memory_and_the_others_go_to_disk_as_new_ones_begin(tmp_path: Path) -> None:
    seen = SeenDays()
    for number in range(HOT_DAYS):
        seen.add(TODAY + timedelta(days=number), UUID(int=1).bytes)
    seen.settle(tmp_path)
    assert list(tmp_path.iterdir()) == []
    seen.add(TODAY + timedelta(days=HOT_DAYS), UUID(int=1).bytes)
    seen.settle(tmp_path)
    assert [file.stem for file in tmp_path.iterdir()] == [str(TODAY)]
    assert seen.first_ones([fact(1), fact(2)]) == [False, True]


def test_days_on_disk_keep_no_file_open(tmp_path: Path) -> None:
    seen = SeenDays()
    for number in range(400):
        seen.add(TODAY - timedelta(days=number), UUID(int=number).bytes)
    before = len(list(Path("/proc/self/fd").iterdir()))
    seen.settle(tmp_path)
    told = [fact(number, TODAY - timedelta(days=number)) for number in range(400)]
    assert seen.first_ones(told) == [False] * 400
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_what_is_forgotten_is_new_again_and_leaves_no_file(tmp_path: Path) -> None:
    days = [TODAY - timedelta(days=before) for before in range(5)]
    seen = settled(days, tmp_path)
    seen.forget(before=days[3])
    assert seen.first_ones([fact(1, day) for day in days]) == [False] * 4 + [True]
    assert {file.stem for file in tmp_path.iterdir()} == {str(days[2]), str(days[3])}
