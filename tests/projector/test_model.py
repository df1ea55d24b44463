"""Whatever owners do, die in the middle of, or do too late: whoever starts to read sees what was truly counted."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.projector.owner import OvertakenError
from tests.projector.model import DiedError, Topics, Worker

Happening = tuple[str, int, int]
"""What happens, to which worker, and how far it gets."""

A_DEPOSED_WORKER_TICKS = [("open", 0, 0), ("open", 1, 0), ("tick", 1, 0), ("follow", 0, 0)]
A_LATE_STATEMENT_OF_A_DEAD_WORKER = [
    *[("open", 0, 0), ("tick", 0, 0), ("die in state", 0, 0)],
    *[("open", 1, 0), ("tick", 1, 0), ("state", 1, 0), ("land", 0, 0)],
]
A_DEPOSED_WORKER_STATES_AND_A_DEAD_ONE_DELETES = [
    *[("open", 0, 0), ("tick", 0, 0), ("state", 0, 0)],
    *[("open", 1, 0), ("tick", 1, 0), ("die in state", 1, 3)],
    *[("open", 2, 0), ("tick", 2, 0), ("follow", 0, 0), ("state", 0, 0)],
    ("land", 0, 1),
]

A_LATE_STATEMENT_OF_ONE_WHO_HAS_LEFT = [
    *[("open", 0, 0), ("joins", 0, 0), ("die in state", 0, 0)],
    *[("open", 1, 0), ("leaves", 1, 0), ("state", 1, 0), ("land", 0, 0)],
]
WHOEVER_JOINED_IS_STATED = [("open", 0, 0), ("joins", 0, 0), ("state", 0, 0)]
OF_TWO_STATEMENTS_THE_ZEROS_ARE_DELETED_FIRST = [
    *[*WHOEVER_JOINED_IS_STATED, ("open", 1, 0), ("leaves", 1, 0)],
    *[("die in state", 1, 4), ("land", 0, 1)],
]
A_LATE_EVENT_OF_A_DAY_THAT_WAS_DELETED = [
    *[("open", 0, 0), ("tick", 0, 0), ("state", 0, 0), ("dawn", 0, 1), ("state", 0, 0)],
    *[("open", 1, 0), ("late", 1, 2), ("state", 1, 0)],
]

PLAIN = ["open", "tick", "state", "follow", "die in tick", "die in state", "land"]
OF_CELLS_THAT_GO = ["joins", "leaves", "leaves", "dawn", "late"]
kinds = st.sampled_from([*PLAIN, "tick", *OF_CELLS_THAT_GO])
histories = st.lists(st.tuples(kinds, st.integers(0, 3), st.integers(0, 6)), max_size=30)


@settings(max_examples=600, deadline=None)
@given(histories)
@example([*A_DEPOSED_WORKER_TICKS, ("tick", 0, 0), ("tick", 1, 0)])
@example([("open", 0, 0), ("die in tick", 0, 0), ("open", 1, 0), ("land", 0, 0), ("tick", 1, 0)])
@example(A_LATE_STATEMENT_OF_A_DEAD_WORKER)
@example(A_DEPOSED_WORKER_STATES_AND_A_DEAD_ONE_DELETES)
@example(A_LATE_STATEMENT_OF_ONE_WHO_HAS_LEFT)
@example([*A_LATE_STATEMENT_OF_ONE_WHO_HAS_LEFT, ("open", 2, 0), ("tick", 2, 0), ("state", 2, 0)])
@example([*WHOEVER_JOINED_IS_STATED, ("leaves", 0, 0), ("state", 0, 0)])
@example([*WHOEVER_JOINED_IS_STATED, ("leaves", 0, 0), ("die in state", 0, 3)])
@example(OF_TWO_STATEMENTS_THE_ZEROS_ARE_DELETED_FIRST)
@example(A_LATE_EVENT_OF_A_DAY_THAT_WAS_DELETED)
def test_whoever_starts_to_read_at_any_moment_is_right(history: list[Happening]) -> None:
    asyncio.run(_play(history))


async def _play(history: list[Happening]) -> None:
    topics = Topics()
    workers: dict[int, Worker] = {}
    for happening in history:
        with suppress(OvertakenError, DiedError):
            await _happen(topics, workers, happening)
            continue
        workers.pop(happening[1], None)  # a worker that was overtaken, or was killed, is gone
    _check(topics)


async def _happen(topics: Topics, workers: dict[int, Worker], happening: Happening) -> None:
    kind, who, amount = happening
    if kind == "land" and topics.held:
        topics.write(*topics.held.pop(amount % len(topics.held)))
    elif kind == "open":
        workers[who] = Worker(topics)
        await workers[who].open()
    elif who in workers:
        await _work(workers[who], kind, amount)


_LATER: Mapping[str, Callable[[int], int]] = {
    "tick": lambda _: 0,
    "dawn": lambda amount: 1 + amount % 3,
    "late": lambda amount: -(amount % 4),
}
_MORE = {"joins": 1, "leaves": -1}


async def _work(worker: Worker, kind: str, amount: int) -> None:
    rep = f"rep-{amount % 3}"
    if kind in _LATER:
        await worker.tick(rep, _LATER[kind](amount))
    elif kind in _MORE:
        await worker.waits(rep, _MORE[kind])
    elif kind == "state":
        await worker.owner.state()
    elif kind == "follow":
        worker.follow()
    elif kind == "die in tick":
        worker.dies_after = 0
        await worker.tick(rep)
    elif kind == "die in state":
        worker.dies_after = amount
        await worker.owner.state()
        raise DiedError


def _check(topics: Topics) -> None:
    truth = topics.truth()
    for cells, end in topics.past:
        found = topics.reader(cells, end)
        assert found.boards == truth.boards
        assert (found.last, found.positions, found.seen) == (truth.last, truth.positions, truth.seen)


def test_two_workers_that_both_believe_in_themselves_do_not_both_go_on() -> None:
    async def both() -> list[int]:
        topics, counted = Topics(), []
        first = Worker(topics)
        await first.open()
        second = Worker(topics)
        await second.open()
        for number in range(1, 7):
            with suppress(OvertakenError):
                await (first, second)[number % 2].tick("anna")
                counted.append(number)
        assert topics.truth().boards["calls"] == {("anna",): (len(counted),)}
        return counted

    assert asyncio.run(both()) == [1, 3, 5]
