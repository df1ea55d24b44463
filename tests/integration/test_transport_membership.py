"""The batch transport against a real broker: workers that come, go, crash and come back."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from faust.types import TP

from services.projector.transport import (
    AgentEndedError,
    Batch,
    Fetching,
    Group,
    WorkerCrashedError,
    gather,
    is_current,
)
from tests.projector.groups import (
    PACE,
    Holding,
    Ledger,
    Log,
    Worker,
    a_group,
    ends,
    exactly,
    until,
    working,
)

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(60)]


# -- Rebalances


async def test_workers_that_come_and_go_under_load_read_everything(log: Log) -> None:
    topic, group, ledger = await log.topic(4), a_group(), Ledger()
    rounds = 120

    async def load() -> None:
        for _ in range(rounds):
            await log.fill(topic, 4, 10)

    def join() -> AbstractAsyncContextManager[Worker]:
        return working(log, group, [topic], ledger.project, ledger)

    loading = asyncio.create_task(load())
    async with join():
        await until(ledger.has_counted(40))
        async with join(), join():
            await until(lambda: len(ledger.resumed) >= 3)
            await until(ledger.has_counted(1_000))
        async with join():
            await loading
            await until(log.commits_reach(group, ends(topic, 4, 10 * rounds)))
    assert {tp: sorted(set(offsets)) for tp, offsets in ledger.counted.items()} == exactly(topic, 4, 0, 10 * rounds)


async def test_a_partition_number_of_all_equal_topics_goes_to_one_worker(log: Log) -> None:
    group, one, two = a_group(), Ledger(), Ledger()
    equal = [await log.topic(5, name) for name in ("calls", "agents", "touches", "feeds")]
    topics = [*equal, await log.topic(1, "decisions")]
    async with (
        working(log, group, topics, one.project, one),
        working(log, group, topics, two.project, two),
    ):
        await until(lambda: bool(one.resumed and two.resumed) and len(one.resumed[-1] | two.resumed[-1]) == 21)
        await until(lambda: not one.resumed[-1] & two.resumed[-1])
    for held in (one.resumed[-1], two.resumed[-1]):
        numbers = {frozenset(tp.partition for tp in held if tp.topic == topic) for topic in equal}
        assert len(numbers) == 1


async def test_a_batch_in_hand_when_its_partition_goes_is_stale_and_is_read_again(log: Log) -> None:
    topic, group = await log.topic(2), a_group()
    holding = Holding()
    await log.fill(topic, 2, 100)
    async with working(log, group, [topic], holding.project, holding):
        await until(lambda: bool(holding.held))
        stale = holding.held[0]
        assert is_current(stale)
        other = Ledger(counted=holding.counted, next=holding.next)
        async with working(log, group, [topic], other.project, other):
            await until(lambda: bool(holding.gone) and len(holding.resumed) >= 2)
            assert not is_current(stale)
            stale.ack()
            holding.go_on.set()
            await until(log.commits_reach(group, ends(topic, 2, 100)))
    assert holding.counted == exactly(topic, 2, 0, 100)


async def test_the_owner_can_finish_and_acknowledge_while_the_partitions_go(log: Log) -> None:
    topic, group = await log.topic(1), Group(name=a_group().name, commit_interval_s=3_600)

    class Finishing(Holding):
        async def revoked(self, partitions: frozenset[TP]) -> None:
            await super().revoked(partitions)
            assert not is_current(self.held[0])
            self.held[0].ack()

    ledger = Finishing()
    await log.fill(topic, 1, 100)
    async with working(log, group, [topic], ledger.project, ledger):
        await until(lambda: bool(ledger.held))
    assert await log.committed(group) == {TP(topic, 0): ledger.held[0].value.last + 1}


async def test_an_owner_that_does_not_finish_does_not_keep_the_partitions(log: Log) -> None:
    topic, group = await log.topic(1), a_group()

    class Stuck(Ledger):
        async def revoked(self, partitions: frozenset[TP]) -> None:
            await super().revoked(partitions)
            await asyncio.Event().wait()

    ledger = Stuck()
    async with working(log, group, [topic], ledger.project, ledger, Fetching(release_timeout_s=0.1)) as worker:
        await until(lambda: bool(ledger.resumed))
        await asyncio.wait_for(worker.end(), timeout=5)
    assert len(ledger.gone) == 1


async def test_commits_go_on_after_a_restart_with_batches_that_were_never_acknowledged(log: Log) -> None:
    topic, group = await log.topic(2), a_group()
    holding = Holding()
    await log.fill(topic, 2, 100)
    async with working(log, group, [topic], holding.project, holding):
        await until(lambda: bool(holding.held))
    ledger = Ledger()
    async with working(log, group, [topic], ledger.project, ledger):
        await until(log.commits_reach(group, ends(topic, 2, 100)))
        await log.fill(topic, 2, 100)
        await until(log.commits_reach(group, ends(topic, 2, 200)))
    assert ledger.counted == exactly(topic, 2, 0, 200)


async def test_a_named_worker_that_restarts_moves_no_partition_of_the_others(log: Log) -> None:
    topic, name = await log.topic(4), a_group().name
    one, two = (Group(name=name, instance=instance, commit_interval_s=0.1) for instance in ("one", "two"))
    ledger, other = Ledger(), Ledger()
    async with working(log, two, [topic], other.project, other):
        async with working(log, one, [topic], ledger.project, ledger):
            await until(lambda: bool(other.resumed and ledger.resumed))
            await until(lambda: len(ledger.resumed[-1]) == len(other.resumed[-1]) == 2)
        held = other.resumed[-1]
        async with working(log, one, [topic], ledger.project, ledger):
            await log.fill(topic, 4, 100)
            await until(log.commits_reach(one, ends(topic, 4, 100)))
        assert other.resumed[-1] == held
    assert ledger.counted | other.counted == exactly(topic, 4, 0, 100)


# -- Crashes


async def test_an_agent_that_raises_ends_the_worker_and_is_not_restarted(log: Log) -> None:
    topic, group, ledger = await log.topic(1), a_group(), Ledger()
    starts: list[None] = []

    async def broken(batches: AsyncIterable[Batch]) -> None:
        starts.append(None)
        async for _ in gather(batches, PACE):
            if ledger.resumed:
                raise ZeroDivisionError

    with pytest.raises(WorkerCrashedError) as crash:
        async with working(log, group, [topic], broken, ledger) as worker:
            await asyncio.wait({worker.run})
    assert isinstance(crash.value.__cause__, ZeroDivisionError)
    assert len(starts) == 1
    assert ledger.gone == []


async def test_an_agent_that_returns_ends_the_worker(log: Log) -> None:
    topic, group, ledger = await log.topic(1), a_group(), Ledger()

    async def done(_batches: AsyncIterable[Batch]) -> None:
        """Reads nothing."""

    with pytest.raises(WorkerCrashedError) as crash:
        async with working(log, group, [topic], done, ledger) as worker:
            await asyncio.wait({worker.run})
    assert isinstance(crash.value.__cause__, AgentEndedError)


class Failing(Ledger):
    async def revoked(self, partitions: frozenset[TP]) -> None:
        raise ZeroDivisionError(len(partitions))


class FailingAtOnce(Ledger):
    async def resume(self, partitions: frozenset[TP]) -> Mapping[TP, int]:
        raise ZeroDivisionError(len(partitions))


async def test_an_owner_that_cannot_resume_ends_the_worker(log: Log) -> None:
    topic, group, ledger = await log.topic(1), a_group(), FailingAtOnce()
    with pytest.raises(WorkerCrashedError) as crash:
        async with working(log, group, [topic], ledger.project, ledger) as worker:
            await asyncio.wait({worker.run})
    assert isinstance(crash.value.__cause__, ZeroDivisionError)


async def test_an_owner_that_fails_to_let_go_ends_the_worker_with_an_error(log: Log) -> None:
    topic, group, ledger = await log.topic(1), a_group(), Failing()
    worker = working(log, group, [topic], ledger.project, ledger)
    await worker.__aenter__()
    await until(lambda: bool(ledger.resumed))
    with pytest.raises(WorkerCrashedError) as crash:
        await worker.__aexit__(None, None, None)
    assert isinstance(crash.value.__cause__, ZeroDivisionError)


CRASHING = """
import asyncio, sys
from services.projector.transport import Group, batch_app, run_worker

async def broken(batches):
    async for _ in batches:
        raise ZeroDivisionError

async def main(bootstrap, topic):
    app = batch_app(Group(name=topic), bootstrap)
    app.read(topic, agent=broken)
    await run_worker(app, asyncio.Event())

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_process_whose_agent_raises_exits_with_an_error(log: Log) -> None:
    topic = await log.topic(1)
    await log.fill(topic, 1, 1)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        CRASHING,
        log.bootstrap,
        topic,
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
    )
    _, errors = await asyncio.wait_for(process.communicate(), timeout=30)
    assert process.returncode == 1
    assert b"WorkerCrashedError: ZeroDivisionError()" in errors
