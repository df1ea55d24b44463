"""Whatever owners do, die in the middle of, or do too late: whoever starts to read sees what was truly counted."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import Phase, example, find, given, settings
from hypothesis import strategies as st

from services.projector.owner import OvertakenError
from tests.projector.broken import BROKEN, OwnerThatStatesRegardless
from tests.projector.model import SOURCE, DiedError, Rules, Topics, Worker, told_until

Happening = tuple[str, int, int]
"""What happens, to which of the workers that are there, and how far it gets."""

A_DEPOSED_WORKER_TICKS = [("open", 0, 0), ("open", 1, 0), ("tick", 1, 0), ("follow", 0, 0)]
A_LATE_STATEMENT_OF_A_DEAD_WORKER = [
    *[("open", 0, 0), ("tick", 0, 0), ("die in state", 0, 0)],
    *[("open", 1, 0), ("tick", 1, 0), ("state", 1, 0), ("land", 0, 0)],
]
A_DEPOSED_WORKER_STATES_AND_A_DEAD_ONE_DELETES = [
    *[("open", 0, 0), ("tick", 0, 0), ("state", 0, 0)],
    *[("open", 1, 0), ("tick", 1, 0), ("die in state", 1, 3)],
    *[("open", 0, 0), ("tick", 1, 0), ("follow", 0, 0), ("state", 0, 0)],
    ("land", 0, 1),
]

kinds = st.sampled_from(["open", "tick", "tick", "tick", "state", "follow", "die in tick", "die in state", "land"])
histories = st.lists(st.tuples(kinds, st.integers(0, 3), st.integers(0, 6)), max_size=30)

LONG = settings(max_examples=600, deadline=None)
UNTIL_FOUND = settings(max_examples=20_000, deadline=None, derandomize=True, database=None, phases=[Phase.generate])


@LONG
@given(histories)
@example([*A_DEPOSED_WORKER_TICKS, ("tick", 0, 0), ("tick", 1, 0)])
@example([("open", 0, 0), ("die in tick", 0, 0), ("open", 1, 0), ("land", 0, 0), ("tick", 1, 0)])
@example(A_LATE_STATEMENT_OF_A_DEAD_WORKER)
@example(A_DEPOSED_WORKER_STATES_AND_A_DEAD_ONE_DELETES)
def test_whoever_starts_to_read_at_any_moment_is_right(history: list[Happening]) -> None:
    assert asyncio.run(_wrong(history, Rules())) is None


@pytest.mark.parametrize("missing", BROKEN)
def test_without_any_one_of_the_rules_somebody_is_wrong(missing: str) -> None:
    history = find(histories, lambda one: asyncio.run(_wrong(one, BROKEN[missing])) is not None, settings=UNTIL_FOUND)
    assert asyncio.run(_wrong(history, Rules())) is None, "it is the rule that was missing"


def test_without_the_rule_that_a_deposed_owner_states_nothing_somebody_is_wrong() -> None:
    history = A_DEPOSED_WORKER_STATES_AND_A_DEAD_ONE_DELETES  # too rare for chance to find
    assert asyncio.run(_wrong(history, Rules(owner=OwnerThatStatesRegardless))) is not None
    assert asyncio.run(_wrong(history, Rules())) is None


async def _wrong(history: list[Happening], rules: Rules) -> object:
    """Play a history; what somebody sees at its end that is not so, if anybody does."""
    topics = Topics(rules)
    workers: list[Worker] = []
    for kind, who, amount in history:
        if kind == "land" and topics.held:
            topics.write(*topics.held.pop(amount % len(topics.held)))
        elif kind == "open" or not workers:
            workers.append(Worker(topics))
            await _unless_it_ends(workers, workers[-1], "open", amount)
        else:
            await _unless_it_ends(workers, workers[who % len(workers)], kind, amount)
    return next((found for cells in topics.past if (found := _seen_wrong(topics, cells))), None)


def _seen_wrong(topics: Topics, cells: Mapping[bytes, bytes]) -> object:
    """What a reader of a state of the cells topic sees, unless it is what all ticks lead to and the records say."""
    found, positions = topics.reader(cells), topics.reader({}).positions
    is_right = found.positions == positions and (found.boards, found.seen) == told_until(positions.get(SOURCE, 0))
    return None if is_right else found


async def _unless_it_ends(workers: list[Worker], worker: Worker, kind: str, amount: int) -> None:
    """Let a worker work; one that was overtaken, or was killed, is gone."""
    with suppress(OvertakenError, DiedError):
        await _work(worker, kind, amount)
        return
    workers.remove(worker)


async def _work(worker: Worker, kind: str, amount: int) -> None:
    if kind == "open":
        await worker.open()
    elif kind == "tick":
        await worker.tick(1 + amount % 3)
    elif kind == "state":
        await worker.owner.state()
    elif kind == "follow":
        worker.follow()
    elif kind == "die in tick":
        worker.dies_after = amount % 2
        await worker.tick(1)
        raise DiedError
    elif kind == "die in state":
        worker.dies_after = amount
        await worker.owner.state()
        raise DiedError


def test_two_workers_that_both_believe_in_themselves_do_not_both_go_on() -> None:
    async def both() -> list[int]:
        topics, counted = Topics(), []
        first = Worker(topics)
        await first.open()
        second = Worker(topics)
        await second.open()
        for number in range(1, 7):
            with suppress(OvertakenError):
                await (first, second)[number % 2].tick(1)
                counted.append(number)
        assert topics.reader({}).positions == {SOURCE: len(counted)}
        return counted

    assert asyncio.run(both()) == [1, 3, 5]
