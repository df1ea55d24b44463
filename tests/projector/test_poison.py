"""Records that decode and cannot be folded: they alone are set aside, whoever reads them and in whatever company."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise

from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st

from events.codec import decode, encode
from events.parked import RecordParked
from projections.cells import Boards, Cells, without_zeros
from projections.fold import Folder
from projections.projection import load_projections
from services.projector.bisecting import Arrived, Worked, worked
from services.projector.transport import RecordBatch
from services.runtime.parked import Aside
from services.runtime.shard_cells import ShardCells
from services.runtime.ticks import HEADS, decode_tick
from tests.events.examples.dates import TODAY
from tests.recompute import recompute_log
from tests.telling import (
    CALLS,
    DECISIONS,
    abandoned,
    answered,
    assigned,
    decided,
    overlong,
    raw,
    relieved,
    unfoldable,
    won,
)

PROJECTIONS = load_projections()
FOLDER = Folder(PROJECTIONS)
GOOD = [raw(answered(talk=60), 1), raw(abandoned(), 2), raw(relieved(5, assigned()), 3)]
BAD = raw(unfoldable(), 9)


@dataclass(frozen=True, slots=True)
class Lying:
    """A record as the transport hands it over."""

    offset: int
    value: bytes
    timestamp: int = 1_795_533_132_000
    timestamp_type: int = 1
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = ()
    serialized_value_size: int = 0


@dataclass(slots=True)
class Worker:
    """A worker without Kafka, of one partition: what it parks, and the cells that its ticks come to."""

    topic: str = CALLS
    shard: int = 0
    aside: Aside = field(default_factory=dict[tuple[str, int], dict[int, str]])
    cells: ShardCells = field(default_factory=lambda: ShardCells(PROJECTIONS, remember=True))
    heads: dict[str, int] = field(default_factory=dict[str, int])
    parked: list[tuple[int, str, str]] = field(default_factory=list[tuple[int, str, str]])

    def read(self, *values: bytes) -> "Worker":
        """Read the next records at once."""
        self.take(worked(FOLDER, [self.arrived(values)], self.aside)[self.shard])
        return self

    def arrived(self, values: Sequence[bytes]) -> Arrived:
        """Records that follow those read."""
        start = self.cells.positions.get(self.topic, 0)
        records = [Lying(start + place, value) for place, value in enumerate(values)]
        ledgers = {self.topic: replace(self.cells.ledger(self.topic), heads=self.heads)}
        partition = 0 if self.topic == DECISIONS else self.shard
        batches = [RecordBatch.of(TP(self.topic, partition), records, start)]
        return Arrived(self.shard, ledgers, batches, {self.topic: start}, dict(self.cells.days))

    def take(self, done: Worked) -> None:
        """Append what was worked out."""
        for envelope in done.parked:
            event = decode(encode(envelope)).event
            assert isinstance(event, RecordParked)
            self.parked.append((event.position, event.reason, str(envelope.id)))
        for step in done.ticks:
            assert self.cells.apply(self.cells.last + 1, decode_tick(step.after(self.cells.last)[1]))

    @property
    def positions(self) -> list[int]:
        """Where it parked something."""
        return [position for position, _, _ in self.parked]

    def boards(self) -> Boards:
        """The cells that say something, without the heads."""
        return without_noughts({name: cells for name, cells in self.cells.boards.items() if name != HEADS.name})


def without_noughts(boards: Mapping[str, Cells]) -> Boards:
    said = {name: without_zeros(PROJECTIONS[name], cells) for name, cells in boards.items()}
    return {name: cells for name, cells in said.items() if cells}


def recomputed(*values: bytes) -> Boards:
    return without_noughts(recompute_log(values))


def test_a_record_that_no_cell_can_hold_is_parked_alone() -> None:
    worker = Worker().read(GOOD[0], BAD, *GOOD[1:])
    assert [(position, reason) for position, reason, _ in worker.parked] == [
        (1, "quota cannot take it: Conversion Error")
    ]
    assert worker.boards() == recomputed(*GOOD)
    assert worker.cells.positions == {CALLS: 4}


def test_a_record_that_no_tick_can_hold_is_parked_alone() -> None:
    worker = Worker().read(GOOD[0], raw(overlong(), 9), GOOD[1])
    assert [(position, reason) for position, reason, _ in worker.parked] == [(1, "adds more than a tick can hold")]
    assert worker.boards() == recomputed(*GOOD[:2])


def test_what_was_parked_for_a_fold_was_never_told_so_telling_it_again_counts() -> None:
    worker = Worker().read(BAD).read(raw(relieved(5, assigned()), 9))
    assert worker.positions == [0]
    assert worker.boards() == recomputed(raw(relieved(5, assigned()), 9))


def test_the_next_with_the_id_of_one_that_is_parked_counts_also_when_it_came_with_it() -> None:
    worker = Worker().read(BAD, raw(relieved(5, assigned()), 9), BAD)
    assert worker.positions == [0]
    assert worker.boards() == recomputed(raw(relieved(5, assigned()), 9))


def test_what_is_parked_brings_the_log_to_no_day_so_what_follows_it_has_not_expired() -> None:
    first, second = (raw(answered(day=TODAY - timedelta(days=back)), back) for back in (40, 45))
    worker = Worker().read(first, BAD, second)
    assert worker.positions == [1]
    assert worker.boards() == recomputed(first, second)
    assert worker.cells.days == {CALLS: TODAY - timedelta(days=40)}


def test_how_many_have_expired_is_told_of_what_was_appended() -> None:
    worker, old = Worker(), raw(answered(day=TODAY - timedelta(days=36)), 7)
    done = worked(FOLDER, [worker.arrived([*GOOD, BAD, old, old])], {})[0]
    worker.take(done)
    assert (worker.positions, done.expired) == ([3], 2)
    assert worker.boards() == recomputed(*GOOD)
    assert TODAY - timedelta(days=36) not in worker.cells.seen[CALLS].days


def test_copies_of_a_bad_record_are_parked_each_at_its_place() -> None:
    assert Worker().read(BAD, BAD, GOOD[0]).read(BAD).positions == [0, 1, 3]


def test_what_is_parked_by_another_worker_stays_out_and_is_not_parked_twice() -> None:
    worker = Worker(aside={(CALLS, 0): {0: "said another"}}).read(GOOD[0], GOOD[1]).read(GOOD[0])
    assert worker.parked == []
    assert worker.boards() == recomputed(GOOD[1], GOOD[0])


def test_a_decision_that_is_parked_keeps_its_version_and_adds_nothing() -> None:
    log = [
        decided(won(500), "deal/d1", 1),
        decided(unfoldable(), "quota/q1", 1),
        decided(relieved(5, assigned()), "quota/q1", 2),
        decided(won(7, deal="d2"), "deal/d2", 1, **{"quota/q1": 2}),
    ]
    together, one_by_one = Worker(DECISIONS).read(*log), Worker(DECISIONS)
    for value in log:
        one_by_one.read(value)
    for worker in (together, one_by_one):
        assert worker.positions == [1]
        assert worker.cells.heads(DECISIONS) == {"deal/d1": 1, "quota/q1": 2, "deal/d2": 1}
        assert worker.boards() == recomputed(
            raw(won(500), 1), raw(relieved(5, assigned()), 2), raw(won(7, deal="d2"), 3)
        )


def test_what_is_too_much_together_is_no_fault_of_any() -> None:
    halves = [raw(relieved(2**53 - 1, assigned()), number) for number in range(1, 1_026)]
    worker = Worker().read(*halves)
    assert worker.parked == []
    assert worker.boards() == recomputed(*halves)


BADS = [raw(unfoldable(), number) for number in (1, 2)]
RECORDS = st.sampled_from(
    [
        *BADS,
        *(raw(relieved(number, assigned()), number) for number in (1, 2, 3)),
        *(raw(answered(talk=number), number) for number in range(1, 9)),
        b"no event",
    ]
)


@settings(max_examples=25, deadline=None)
@given(log=st.lists(RECORDS, min_size=1, max_size=14), cuts=st.sets(st.integers(1, 13)))
def test_however_the_log_is_cut_into_ticks_the_same_is_parked_and_counts(log: list[bytes], cuts: set[int]) -> None:
    whole, parts = Worker().read(*log), Worker()
    for start, end in pairwise(sorted({0, len(log), *(cut for cut in cuts if cut < len(log))})):
        parts.read(*log[start:end])
    assert sorted(parts.parked) == sorted(whole.parked)
    assert parts.boards() == whole.boards() == recomputed(*(value for value in log if value not in BADS))


@settings(max_examples=25, deadline=None)
@given(logs=st.lists(st.lists(RECORDS, min_size=1, max_size=6), min_size=2, max_size=4))
def test_shards_that_are_worked_out_together_come_to_what_each_comes_to_alone(logs: list[list[bytes]]) -> None:
    together = [Worker(shard=shard) for shard in range(len(logs))]
    done = worked(FOLDER, [worker.arrived(log) for worker, log in zip(together, logs, strict=True)], {})
    for worker, log in zip(together, logs, strict=True):
        worker.take(done[worker.shard])
        alone = Worker(shard=worker.shard).read(*log)
        assert (worker.parked, worker.boards()) == (alone.parked, alone.boards())
        assert worker.boards() == recomputed(*(value for value in log if value not in BADS))


def test_facts_and_decisions_of_two_shards_meet_in_one_projection_and_not_in_a_tick() -> None:
    calls, decisions = Worker(), Worker(DECISIONS, shard=4)
    logs = [raw(answered(talk=60))], [decided(won(500), "deal/d1", 1)]
    done = worked(FOLDER, [calls.arrived(logs[0]), decisions.arrived(logs[1])], {})
    calls.take(done[0])
    decisions.take(done[4])
    assert "rep_day" in calls.boards()
    assert "rep_day" in decisions.boards()
    assert calls.boards() == Worker().read(*logs[0]).boards()
    assert decisions.boards() == Worker(DECISIONS, shard=4).read(*logs[1]).boards()
