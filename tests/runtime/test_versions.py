"""Which version a worker keeps up, which one a board shows, and which nobody needs any more."""

from collections.abc import Sequence

import pytest

from services.runtime.versions import NoVersionError, Stage, Standing, Versions

OLD, NEW, BOARD = {"rep_day": "a", "quota": "q"}, {"rep_day": "b", "quota": "q"}, {"quota": "q"}
HOUR_MS = 3_600_000


def told(*records: tuple[int, Stage], of: Sequence[dict[str, str]] = ()) -> Versions:
    """Give what these records say, one an hour; each version made by its own of `of`, or by the old ones."""
    versions = Versions()
    for number, (version, stage) in enumerate(records):
        made_by = of[version - 1] if len(of) >= version else OLD
        versions.take(Standing(version, stage, made_by), number * HOUR_MS)
    return versions


def test_before_anybody_tells_the_first_version_serves() -> None:
    versions = told()
    assert (versions.serving, versions.latest) == (1, 1)
    assert versions.to_work_for(OLD) == versions.to_read(BOARD) == 1


def test_one_record_promotes() -> None:
    seeded = told((2, Stage.BUILDING), (2, Stage.SEEDED))
    assert (seeded.serving, seeded.seeded(OLD), seeded.seeded(NEW)) == (1, 2, None)
    promoted = told((2, Stage.BUILDING), (2, Stage.SEEDED), (2, Stage.SERVING))
    assert (promoted.serving, promoted.seeded(OLD)) == (2, None)
    assert promoted.to_work_for(OLD) == promoted.to_read(BOARD) == 2


def test_an_older_version_can_serve_again() -> None:
    versions = told((2, Stage.SERVING), (3, Stage.SERVING), (2, Stage.SERVING))
    assert (versions.serving, versions.promoted) == (2, [1, 3, 2])


def test_a_worker_keeps_up_what_its_own_projections_made() -> None:
    versions = told((2, Stage.SERVING), (3, Stage.SERVING), of=(OLD, OLD, NEW))
    assert (versions.to_work_for(OLD), versions.to_work_for(NEW)) == (2, 3)


def test_a_worker_of_the_next_release_keeps_up_what_waits_to_be_promoted() -> None:
    versions = told((2, Stage.SERVING), (3, Stage.SEEDED), of=(OLD, OLD, NEW))
    assert (versions.to_work_for(OLD), versions.to_work_for(NEW)) == (2, 3)


def test_workers_stay_with_the_first_version_while_its_successor_waits() -> None:
    versions = told((2, Stage.BUILDING), (1, Stage.SERVING), (2, Stage.SEEDED))
    assert versions.to_work_for(OLD) == versions.to_read(BOARD) == versions.serving == 1


def test_what_is_half_built_is_nobodys() -> None:
    versions = told((1, Stage.DROPPED), (2, Stage.SERVING), (3, Stage.BUILDING), of=(OLD, OLD, NEW))
    with pytest.raises(NoVersionError, match="kvota projections rebuild"):
        versions.to_work_for(NEW)


def test_the_first_version_goes_on_for_whoever_made_it() -> None:
    versions = told((2, Stage.SERVING), of=(OLD, NEW))
    assert (versions.to_work_for(OLD), versions.to_work_for(NEW)) == (1, 2)


def test_a_board_goes_over_to_a_version_that_made_what_it_shows_in_the_same_way() -> None:
    versions = told((1, Stage.DROPPED), (2, Stage.SERVING), (3, Stage.SERVING), of=(OLD, OLD, NEW))
    assert versions.to_read(BOARD) == 3
    assert versions.to_read({"rep_day": "a"}) == 2
    with pytest.raises(NoVersionError):
        versions.to_read({"rep_day": "c"})


def test_what_was_superseded_or_left_half_built_is_outlived_after_a_while() -> None:
    versions = told((2, Stage.SERVING), (3, Stage.BUILDING), (4, Stage.SEEDED), (4, Stage.SERVING))
    promoted_ms = 3 * HOUR_MS
    assert versions.outlived(promoted_ms + 2 * HOUR_MS - 1, keep_ms=2 * HOUR_MS) == [3]
    assert versions.outlived(promoted_ms + 2 * HOUR_MS, keep_ms=2 * HOUR_MS) == [1, 2, 3]
    versions.take(Standing(2, Stage.DROPPED, {}), promoted_ms)
    assert (versions.promoted, versions.latest) == ([1, 4], 4)
    assert versions.outlived(promoted_ms + 9 * HOUR_MS, keep_ms=HOUR_MS) == [1, 3]


def test_what_waits_is_outlived_after_a_while_too() -> None:
    versions = told((2, Stage.SEEDED), (3, Stage.SEEDED), (3, Stage.SERVING), (4, Stage.SEEDED))
    assert [version for version in (1, 2, 3, 4, 5) if versions.waits(version)] == [2, 4]
    assert versions.outlived(3 * HOUR_MS, keep_ms=2 * HOUR_MS) == [2]
    assert versions.outlived(5 * HOUR_MS, keep_ms=2 * HOUR_MS) == [1, 2, 4]
    versions.take(Standing(2, Stage.DROPPED, {}), 3 * HOUR_MS)
    assert (versions.dropped, versions.seeded(OLD)) == ([2], 4)
