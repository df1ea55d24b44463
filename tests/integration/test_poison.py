"""Poison in the log of a real broker: it is parked, decided about, and live and history agree throughout."""

import asyncio
from hashlib import sha256
from pathlib import Path

import pytest

from events.codec import decode, encode
from events.parked import RecordParked
from projections.cells import Boards, without_zeros
from services.runtime.imports import Standing, beginning
from services.runtime.log import end_positions
from services.runtime.parked import TOPIC, parked_records
from services.runtime.shards import Source
from tests.cli.commands import Ran, kvota
from tests.events.examples.dates import when
from tests.projector.workers import (
    PROJECTIONS,
    SHARDS,
    append_to,
    following,
    make_topics,
    settings_for,
    values_in,
    working,
)
from tests.recompute import recompute_logs
from tests.telling import answered, assigned, decided, overlong, raw, relieved, unfoldable, won

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

CALLS: Source = ("kvota.calls", 0)
DECISIONS: Source = ("kvota.decisions", 0)


@pytest.fixture
async def bootstrap(fresh_bootstrap: str) -> str:
    """Give each test a log of its own."""
    await make_topics(fresh_bootstrap)
    return fresh_bootstrap


async def caught_up(bootstrap: str) -> Boards:
    """Wait until the live cells hold all that the log holds, and give them without their zeros."""
    ends = await end_positions(settings_for(bootstrap), SHARDS.all_sources)
    async with following(bootstrap) as reader:
        await asyncio.wait_for(reader.caught_up(ends), 60)
        return without_noughts(reader.boards())


def without_noughts(boards: Boards) -> Boards:
    said = {name: without_zeros(PROJECTIONS[name], cells) for name, cells in boards.items()}
    return {name: cells for name, cells in said.items() if cells}


async def recomputed(bootstrap: str, *without: str) -> Boards:
    """Give what plain Python makes of the log, without the records at these positions."""
    logs = [
        [b"" if f"{topic}/{partition}@{at}" in without else value for at, value in enumerate(values)]
        for topic, partition in SHARDS.all_sources
        for values in [await values_in(bootstrap, (topic, partition))]
    ]
    return without_noughts(recompute_logs(logs))


async def ran(bootstrap: str, home: Path, *arguments: str) -> Ran:
    """Run a command."""
    return await asyncio.to_thread(kvota, *arguments, home=home, KVOTA_KAFKA_BOOTSTRAP_SERVERS=bootstrap)


def _parked(value: bytes, position: int, origin: str = "kvota.calls/0") -> RecordParked:
    """Give what a worker of another release said of a value."""
    return RecordParked(
        **when(9),
        origin=origin,
        position=position,
        length=len(value),
        sha256=sha256(value).hexdigest(),
        reason="cannot be folded",
    )


async def states(bootstrap: str) -> dict[str, str]:
    """Give what is parked, and how it stands."""
    return {str(each): each.state for each in await parked_records(settings_for(bootstrap))}


async def test_poison_among_good_records_is_parked_once_however_often_the_worker_dies(
    bootstrap: str, tmp_path: Path
) -> None:
    good = [(("kvota.calls", number % 2), raw(answered(talk=number), number)) for number in range(400)]
    bad = [(CALLS, raw(unfoldable(), 7)), (CALLS, raw(overlong(), 8)), (("kvota.calls", 1), raw(unfoldable(), 7))]
    async with working(bootstrap, INSTANCE="one", TICK_RECORDS="20") as worker:
        for piece in range(4):
            await append_to(bootstrap, [*good[piece * 100 : piece * 100 + 50], *bad, *good[piece * 100 + 50 :][:50]])
            async with following(bootstrap) as reader, asyncio.timeout(60):
                while len(await states(bootstrap)) <= 3 * piece:
                    await reader.moved()
            await worker.kill()
            await worker.start()
        live = await caught_up(bootstrap)
        parked = await states(bootstrap)
        assert len(parked) == 12
        told = await values_in(bootstrap, (TOPIC, 0))
        assert len(told) >= 12
        assert live == await recomputed(bootstrap, *parked)
        verified = await ran(bootstrap, tmp_path, "projections", "verify")
        assert (verified.code, verified.err) == (0, "")
        assert await worker.stop() == 0


async def test_a_bad_decision_does_not_hold_up_those_that_rely_on_its_version(bootstrap: str, tmp_path: Path) -> None:
    log = [
        decided(unfoldable(), "quota/q1", 1),
        decided(relieved(5, assigned()), "quota/q1", 2),
        decided(won(7), "deal/d1", 1, **{"quota/q1": 2}),
    ]
    async with working(bootstrap) as worker:
        for value in log:
            await append_to(bootstrap, [(DECISIONS, value)])
            await caught_up(bootstrap)
        live = await caught_up(bootstrap)
        assert live == without_noughts(recompute_logs([[raw(relieved(5, assigned()), 1)], [raw(won(7), 2)]]))
        assert (await ran(bootstrap, tmp_path, "projections", "verify")).code == 0
        refused = await ran(bootstrap, tmp_path, "parked", "retry", "kvota.decisions/0@0", "--reason", "why not")
        assert refused.code == 2
        assert refused.err == (
            "kvota: kvota.decisions/0@0 is a decision, and those after it rely on its version: "
            "decide anew, or skip it\n"
        )
        assert await worker.stop() == 0


async def test_what_another_release_parked_counts_once_it_is_retried(bootstrap: str, tmp_path: Path) -> None:
    value = raw(answered(talk=60), 1)
    await append_to(bootstrap, [(CALLS, value), ((TOPIC, 0), raw(_parked(value, 0)))])
    async with working(bootstrap) as worker:
        assert await caught_up(bootstrap) == {}
        done = await ran(bootstrap, tmp_path, "parked", "retry", "kvota.calls/0@0", "--reason", "mended in 0.2")
        assert (done.code, done.out) == (0, "kvota.calls/0@0: appended again as kvota.calls/0@1\n")
        assert await values_in(bootstrap, CALLS) == [value, value]
        live = await caught_up(bootstrap)
        assert live == await recomputed(bootstrap, "kvota.calls/0@0") != {}
        assert (await ran(bootstrap, tmp_path, "projections", "verify")).code == 0
        assert await worker.stop() == 0


async def test_what_is_still_poison_when_retried_is_parked_where_it_lies_now(bootstrap: str, tmp_path: Path) -> None:
    await append_to(bootstrap, [(CALLS, raw(unfoldable(), 1)), (CALLS, b"no event"), (CALLS, raw(answered(), 2))])
    async with working(bootstrap) as worker:
        await caught_up(bootstrap)
        first, second = "kvota.calls/0@0", "kvota.calls/0@1"
        assert (await ran(bootstrap, tmp_path, "parked", "retry", first, "--reason", "try")).code == 0
        assert (
            await ran(bootstrap, tmp_path, "parked", "skip", second, "--reason", "a test of the installer")
        ).code == 0
        await caught_up(bootstrap)
        assert await states(bootstrap) == {first: "retried", second: "skipped", "kvota.calls/0@3": "parked"}
        listed = (await ran(bootstrap, tmp_path, "parked", "list", "--json")).objects
        assert [(each["state"], each["said"]) for each in listed] == [
            ("retried", "try"),
            ("skipped", "a test of the installer"),
            ("parked", None),
        ]
        assert "skipped" in (await ran(bootstrap, tmp_path, "parked", "list")).out
        again = await ran(bootstrap, tmp_path, "parked", "retry", second, "--reason", "no test", "--again")
        assert again.code == 0
        await caught_up(bootstrap)
        assert await states(bootstrap) == {
            first: "retried",
            second: "retried",
            "kvota.calls/0@3": "parked",
            "kvota.calls/0@4": "parked",
        }
        assert (await ran(bootstrap, tmp_path, "projections", "verify")).code == 0
        assert await worker.stop() == 0


REFUSED = {
    ("retry", "kvota.calls/0@5"): "kvota.calls/0@5 is not parked: see `kvota parked list`",
    ("skip", "kvota.calls/0@0"): "kvota.calls/0@0 was skipped already: say --again if you mean it",
    ("retry", "queue_log@3"): "queue_log@3 does not lie in the log: feed its source again, or skip it",
    ("retry", "kvota.calls/0@1"): "kvota.calls/0@1: what lies there now is another record: is it another log?",
    ("retry", "kvota.calls/0@2"): "kvota.calls/0@2 was imported: import it again once it can be counted, or skip it",
}


async def test_what_makes_no_sense_is_refused_in_one_line_and_nothing_is_done(bootstrap: str, tmp_path: Path) -> None:
    imported = encode(beginning(decode(raw(answered(), 5)).envelope, Standing()))
    told = [_parked(raw(answered(), 0), 0), _parked(b"another", 1), _parked(b"line", 3, origin="queue_log")]
    told.append(_parked(imported, 2))
    values = [raw(event, number) for number, event in enumerate(told)]
    await append_to(
        bootstrap, [(CALLS, b"what lies there")] * 2 + [(CALLS, imported)] + [((TOPIC, 0), value) for value in values]
    )
    assert (await ran(bootstrap, tmp_path, "parked", "skip", "kvota.calls/0@0", "--reason", "x")).code == 0
    before = await values_in(bootstrap, (TOPIC, 0))
    for arguments, said in REFUSED.items():
        refused = await ran(bootstrap, tmp_path, "parked", *arguments, "--reason", "x")
        assert (refused.code, refused.out, refused.err) == (2, "", f"kvota: {said}\n")
    refused = await ran(bootstrap, tmp_path, "parked", "skip", "kvota.calls/0@1", "--reason", " ")
    assert (refused.code, refused.err) == (2, "kvota: say why: --reason must not be empty\n")
    assert (await ran(bootstrap, tmp_path, "parked", "skip", "kvota.calls/0@1")).code == 2
    assert await values_in(bootstrap, (TOPIC, 0)) == before
    assert len(await values_in(bootstrap, CALLS)) == 3
