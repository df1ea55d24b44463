"""The chain of ticks and the statements of cells: what a reader takes from what is written."""

from collections.abc import Mapping

from projections.cells import Boards
from projections.projection import Measure, Projection
from services.runtime.shard_cells import Lying, ShardCells
from services.runtime.ticks import (
    HEADS,
    NEVER,
    Tick,
    decode_tick,
    encode_tick,
    mark_key,
    wire,
)

SALES = Projection("sales", "How much?", ("rep",), (Measure("calls", "sum"),), frozenset(), "")
PROJECTIONS = {"sales": SALES}


def tick(prev: int, calls: int = 0, upto: int = 0, rep: str = "anna") -> Tick:
    """Give a tick that adds calls to a rep, chained to `prev`; as a reader decodes it."""
    boards: Boards = {"sales": {(rep,): (calls,)}} if calls else {}
    return decode_tick(encode_tick(Tick(prev=prev, read_to={"kvota.calls": upto}, cells=wire(boards))))


def lying(written: Mapping[bytes, bytes]) -> dict[bytes, Lying]:
    """Give records as they lie in the cells topic, one after the other."""
    return {key: (offset, value) for offset, (key, value) in enumerate(written.items())}


def calls_of(cells: ShardCells, rep: str = "anna") -> object:
    """Give what a reader shows."""
    return cells.boards.get("sales", {}).get((rep,), (0,))[0]


def test_ticks_that_chain_add_up() -> None:
    cells = ShardCells(PROJECTIONS)
    assert cells.apply(0, tick(NEVER, calls=1, upto=5))
    assert cells.apply(1, tick(0, calls=2, upto=9))
    assert (calls_of(cells), cells.positions, cells.last) == (3, {"kvota.calls": 9}, 1)


def test_a_tick_that_follows_another_than_the_last_changes_nothing() -> None:
    cells = ShardCells(PROJECTIONS)
    cells.apply(0, tick(NEVER, calls=1, upto=5))
    cells.apply(1, tick(0))  # a new owner opens
    assert not cells.apply(2, tick(0, calls=100, upto=8))  # the old owner's tick comes late
    assert (calls_of(cells), cells.positions["kvota.calls"], cells.last) == (1, 0, 1)


def test_the_same_tick_appended_twice_counts_once() -> None:
    cells = ShardCells(PROJECTIONS)
    twice = tick(NEVER, calls=1)
    assert [cells.apply(0, twice), cells.apply(1, twice)] == [True, False]
    assert calls_of(cells) == 1


def test_a_statement_newer_than_the_mark_is_not_added_to_again() -> None:
    writer = ShardCells(PROJECTIONS)
    writer.apply(0, tick(NEVER, calls=1, upto=1))
    mark = writer.mark()
    writer.apply(1, tick(0, calls=2, upto=2))
    written = {mark_key(0): mark} | writer.statements(0, "sales", [("anna",)])
    reader = ShardCells(PROJECTIONS)
    reader.restore(lying(written), len(written))
    assert reader.last == 0
    assert reader.apply(1, tick(0, calls=2, upto=2))
    assert calls_of(reader) == 3
    reader.apply(2, tick(1, calls=4, upto=3))
    assert calls_of(reader) == 7


def test_of_two_owners_statements_the_later_tick_is_taken() -> None:
    early, late = ShardCells(PROJECTIONS), ShardCells(PROJECTIONS)
    for cells, ticks in ((early, 1), (late, 3)):
        for offset in range(ticks):
            cells.apply(offset, tick(offset - 1, calls=1))
    anna = [("anna",)]
    stated = late.statements(7, "sales", anna) | early.statements(0, "sales", anna)
    written = stated | {mark_key(7): late.mark(), mark_key(0): early.mark()}
    reader = ShardCells(PROJECTIONS)
    reader.restore(lying(written), len(written))
    assert (calls_of(reader), reader.last) == (3, 2)


def test_a_cell_of_a_projection_that_no_longer_exists_is_passed_over() -> None:
    gone = Tick(prev=NEVER, cells=wire({"gone": {("anna",): (1,)}}))
    cells = ShardCells(PROJECTIONS)
    assert cells.apply(0, decode_tick(encode_tick(gone)))
    assert cells.boards == {}


def test_heads_are_kept_stated_and_restored_as_cells_are() -> None:
    writer = ShardCells(PROJECTIONS, remember=True)
    for offset, version in enumerate((1, 2)):
        boards: Boards = {HEADS.name: {("kvota.decisions", "deal/d1"): (version,)}}
        writer.apply(offset, decode_tick(encode_tick(Tick(prev=offset - 1, cells=wire(boards)))))
    stated = writer.statements(0, HEADS.name, [("kvota.decisions", "deal/d1")])
    reader = ShardCells(PROJECTIONS, remember=True)
    reader.restore(lying(stated | {mark_key(0): writer.mark()}), 2)
    assert writer.heads("kvota.decisions") == reader.heads("kvota.decisions") == {"deal/d1": 2}
