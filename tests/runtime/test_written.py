"""What an owner has to remember of what it wrote down, and how it forgets."""

from projections.cells import Key
from services.runtime.ticks import cell_keys
from services.runtime.written import DELETED_AT_ONCE, Deletions, Written

NAME, EARLIER, OWN = "queue_interval", 3, 7
NOBODY: list[Key] = []


def keys(count: int) -> list[Key]:
    return [(f"queue-{number}",) for number in range(count)]


def taken_over(*cells: Key) -> Written:
    """An owner that has found statements of some cells."""
    written = Written()
    for key in cells:
        written.found(NAME, key, EARLIER)
    written.epoch = OWN
    return written


def state(written: Written) -> Deletions:
    """State what has been touched; all of it is still there."""
    return written.take_deletions(written.take_changed(), {})


def test_a_cell_is_stated_if_it_was_found_or_has_been_there_before() -> None:
    found, there, new = keys(3)
    written = taken_over(found)
    written.touch(NAME, [found, there, new], {there})
    written.touch(NAME, [new], {found, there, new})
    assert written.take_changed() == {NAME: {found: True, there: True, new: False}}
    written.touch(NAME, [new], {found, there, new})
    assert written.take_changed() == {NAME: {new: True}}


def test_what_owners_before_stated_is_deleted_once_it_is_stated_anew() -> None:
    touched, left = keys(2)
    written = taken_over(touched, left)
    written.touch(NAME, [touched], NOBODY)
    assert state(written) == Deletions([], cell_keys(EARLIER, NAME, [touched]), [])
    written.touch(NAME, [touched], [touched])
    assert state(written) == Deletions([], [], [])


def test_of_what_is_emptied_both_statements_are_deleted_the_new_one_last() -> None:
    [emptied] = keys(1)
    written = taken_over(emptied)
    written.touch(NAME, [emptied], [emptied])
    old, new = cell_keys(EARLIER, NAME, [emptied]), cell_keys(OWN, NAME, [emptied])
    assert written.take_deletions(written.take_changed(), {NAME: [emptied]}) == Deletions([], old, new)
    written.touch(NAME, [emptied], NOBODY)
    assert written.take_changed() == {NAME: {emptied: False}}


def test_every_statement_of_cells_past_their_horizon_is_deleted_once() -> None:
    found, restated, stated, unstated, left = cells = keys(5)
    written = taken_over(found, restated, left)
    written.touch(NAME, [restated, stated], NOBODY)
    state(written)
    written.touch(NAME, [stated, unstated], [stated])
    written.forget(NAME, cells[:4])
    assert sorted(state(written).needless) == sorted(
        cell_keys(EARLIER, NAME, [found]) + cell_keys(OWN, NAME, [restated, stated])
    )
    assert state(written) == Deletions([], [], [])
    assert written.before == {NAME: {left: frozenset({EARLIER})}}


def test_many_are_deleted_by_halves_so_that_who_catches_up_does_not_remember_all_days() -> None:
    written, cells = taken_over(), keys(4 * DELETED_AT_ONCE)
    deleted: list[int] = []
    for _ in range(10):  # each day as many cells as the one before
        written.touch(NAME, cells, NOBODY)
        state(written)
        written.forget(NAME, cells)
        deleted.append(len(state(written).needless))
    assert deleted[0] == 2 * DELETED_AT_ONCE
    remembered = sum(map(len, written.gone.values()))
    assert remembered < 4 * DELETED_AT_ONCE + 10
    while remembered:
        assert len(state(written).needless) >= min(DELETED_AT_ONCE, remembered)
        remembered = sum(map(len, written.gone.values()))
