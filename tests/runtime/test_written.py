"""What an owner has to remember of what it wrote down, and how it forgets."""

from projections.cells import Key
from services.runtime.ticks import cell_keys
from services.runtime.written import DELETED_AT_ONCE, Written

NAME, EARLIER, OWN = "queue_interval", 3, 7


def stated(cells: int) -> tuple[Written, list[Key]]:
    """An owner that has stated some cells, each of which an earlier owner had stated as well."""
    written = Written()
    keys: list[Key] = [(f"queue-{number}",) for number in range(cells)]
    for key in keys:
        written.found(NAME, key, EARLIER)
        written.found(NAME, key, OWN)
    return written, keys


def taken(written: Written) -> list[bytes]:
    """What the owner deletes next."""
    return written.take_deletions(OWN, {}, {}).needless


def test_every_statement_of_cells_past_their_horizon_is_deleted_once() -> None:
    written, keys = stated(10)
    written.forget(NAME, keys[:4])
    assert sorted(taken(written)) == sorted(cell_keys(EARLIER, NAME, keys[:4]) + cell_keys(OWN, NAME, keys[:4]))
    assert taken(written) == []
    assert written.stated(NAME) == {*keys[4:]}


def test_many_are_deleted_by_halves_so_that_who_catches_up_does_not_remember_all_days() -> None:
    written, keys = stated(2 * DELETED_AT_ONCE)
    deleted: list[int] = []
    for _ in range(10):  # each day as many cells as the one before
        written.forget(NAME, keys)
        deleted.append(len(taken(written)))
        written.epochs[NAME] = dict.fromkeys(keys, frozenset({EARLIER, OWN}))
    assert deleted[0] == 2 * DELETED_AT_ONCE
    assert len(written.gone) < 4 * DELETED_AT_ONCE + 10
    while written.gone:
        assert len(taken(written)) >= min(DELETED_AT_ONCE, len(written.gone))
