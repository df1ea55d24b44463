"""What is live: within its horizon by the day of the latest shard, whole, and not zero."""

from dataclasses import replace
from datetime import date, timedelta

from projections.cells import Key, Values, Wire
from projections.projection import load_projections
from services.runtime.live_boards import LiveBoards
from services.runtime.shard_cells import Lying, ShardCells
from services.runtime.ticks import LATE, Tick, cell_key, mark_key
from tests.events.examples.dates import TODAY

PROJECTIONS = load_projections()
CALLS, FEEDS = "kvota.calls", "kvota.feeds"
ONE = (1, *[0] * 12)


def rep_day(*days: date) -> dict[str, Wire]:
    """Give what a call of Anna's on each of these days adds."""
    return {"rep_day": [(("anna", str(day), None), ONE) for day in days]}


def back(days: int) -> date:
    """Give a day before today."""
    return TODAY - timedelta(days=days)


def told(cells: ShardCells, added: dict[str, Wire], **come_to: date) -> None:
    """Let the next tick add something, and its topics come to days."""
    days = {f"kvota.{topic}": day for topic, day in come_to.items()}
    assert cells.apply(cells.last + 1, Tick(prev=cells.last, cells=added, days=days))


def shown(live: LiveBoards) -> dict[object, object]:
    """Give Anna's calls by day."""
    return {key[1]: values[0] for key, values in live.boards.get("rep_day", {}).items()}


def test_as_the_day_moves_on_cells_go_and_what_comes_for_them_later_is_not_shown() -> None:
    cells = ShardCells(PROJECTIONS)
    told(cells, rep_day(back(9), back(8)), calls=back(1))
    assert shown(cells.live) == {str(back(8)): 1}
    told(cells, rep_day(back(8), back(7)), calls=TODAY)
    assert shown(cells.live) == {str(back(7)): 1}
    told(cells, rep_day(back(8), back(7), TODAY))
    assert shown(cells.live) == {str(back(7)): 2, str(TODAY): 1}


def test_a_day_never_moves_back() -> None:
    cells = ShardCells(PROJECTIONS)
    told(cells, {}, calls=TODAY)
    told(cells, rep_day(back(8)), feeds=back(20))
    assert (cells.live.day, shown(cells.live)) == (TODAY, {})


def test_months_go_with_the_month() -> None:
    cells = ShardCells(PROJECTIONS)
    months: dict[str, Wire] = {
        "rep_month": [(("anna", month, None), ONE) for month in ("2026-09", "2026-10", "2026-11")]
    }
    told(cells, months, calls=date(2026, 11, 30))
    assert [key[1] for key in cells.boards["rep_month"]] == ["2026-10", "2026-11"]
    told(cells, {}, calls=date(2026, 12, 1))
    assert [key[1] for key in cells.boards["rep_month"]] == ["2026-11"]


def test_of_two_shards_the_later_day_hides_what_the_other_still_keeps() -> None:
    live = LiveBoards({**PROJECTIONS, LATE.name: LATE})
    behind, ahead = ShardCells(PROJECTIONS, live=live), ShardCells(PROJECTIONS, live=live)
    told(behind, rep_day(back(8), back(7)), calls=back(1))
    told(ahead, rep_day(back(8), back(7)), calls=back(1))
    assert shown(live) == {str(back(8)): 2, str(back(7)): 2}
    told(ahead, {}, calls=TODAY)
    told(behind, rep_day(back(8), back(7)))
    assert shown(live) == {str(back(7)): 3}


def test_a_cell_that_comes_to_zero_is_gone_and_comes_again() -> None:
    cells = ShardCells(PROJECTIONS)
    waiting = ("sales", "c1")
    told(cells, {"queue_waiting": [(waiting, (1, 5_000))]})
    told(cells, {"queue_waiting": [(waiting, (-1, -5_000))]})
    assert cells.boards == {}
    told(cells, {"queue_waiting": [(waiting, (-1, -5_000))]})
    assert cells.boards == {"queue_waiting": {waiting: (-1, -5_000)}}


def test_late_events_are_added_up_over_the_days_that_are_live() -> None:
    live = LiveBoards({**PROJECTIONS, LATE.name: LATE})
    first, second = ShardCells(PROJECTIONS, live=live), ShardCells(PROJECTIONS, live=live)
    told(first, {LATE.name: [((str(back(8)),), (10,)), ((str(back(7)),), (2,))]}, calls=back(1))
    told(second, {LATE.name: [((str(back(1)),), (3,))]}, calls=back(1))
    assert live.late_events() == 15
    told(second, {}, calls=TODAY)
    assert live.late_events() == 5


def test_statements_past_the_horizon_of_the_mark_are_not_taken_in_but_will_be_deleted() -> None:
    writer = ShardCells(PROJECTIONS, remember=True)
    told(writer, rep_day(back(7), TODAY), calls=TODAY)
    mark, today = writer.mark(), ("anna", str(TODAY), None)
    [(stated, value)] = writer.statements(0, "rep_day", [today]).items()
    old = cell_key(0, ("rep_day", ("anna", str(back(8)), None)))
    records = [(mark_key(0), mark), (stated, value), (old, value)]
    lying: dict[bytes, Lying] = {key: (offset, value) for offset, (key, value) in enumerate(records)}
    reader = ShardCells(PROJECTIONS, remember=True)
    reader.restore(lying, 3)
    assert (shown(reader.live), reader.days, reader.live.day) == ({str(TODAY): 1}, {CALLS: TODAY}, TODAY)
    assert reader.require_written().take_deletions({}, {}).needless == [old]


def test_a_reader_wants_what_it_reads_and_marks_alone() -> None:
    reader = ShardCells({"rep_day": PROJECTIONS["rep_day"]})
    owner = ShardCells({"rep_day": PROJECTIONS["rep_day"]}, remember=True)
    keys = [
        mark_key(7),
        cell_key(7, ("rep_day", ("a", "b", None))),
        cell_key(7, ("quota", ("a",))),
        b'[7,"seen","t","d",1,0]',
    ]
    assert [reader.wants(key) for key in keys] == [True, True, False, False]
    assert [owner.wants(key) for key in keys] == [True, True, False, True]


def test_a_reader_that_asks_for_some_cells_reads_no_others() -> None:
    projection = replace(PROJECTIONS["queue_interval"], only=("clock", "enqueue"))
    at_nine = f"{TODAY}T09:00:00Z"
    cells: dict[Key, Values] = {
        ("sales", at_nine, "enqueue", "answered", 1, 5): (1, 5),
        ("sales", at_nine, "end", "answered", 1, 5): (1, 5),
        ("enqueue", at_nine, "end", "answered", 1, 5): (1, 5),
    }
    asked = next(iter(cells))
    reader, writer = ShardCells({projection.name: projection}), ShardCells(PROJECTIONS)
    told(writer, {"queue_interval": [*cells.items()]}, calls=TODAY)
    stated = writer.statements(0, "queue_interval", cells)
    assert [reader.wants(key) for key in stated] == [True, False, True]  # the third is found out once it is read
    reader.restore({key: (place, value) for place, (key, value) in enumerate(stated.items())}, len(stated))
    assert reader.boards == {"queue_interval": {asked: (1, 5)}}
    for _ in ("the tick that is stated", "the next"):
        told(reader, {"queue_interval": [*cells.items()]}, calls=TODAY)
    assert reader.boards == {"queue_interval": {asked: (2, 10)}}
    assert projection.digest == PROJECTIONS["queue_interval"].digest


def test_what_is_shared_among_keys_is_bounded_though_every_call_has_its_own_id() -> None:
    live = LiveBoards(PROJECTIONS)
    sizes = [len(live.shared((f"call-{number}",))) + len(live._parts) for number in range(250_000)]  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]  # what is held shows nowhere else
    assert max(sizes) < 110_000
