"""The checkpoint of the intake: written down a partition at a time, so that the door is not held up, and read again."""

import asyncio
from pathlib import Path

from services.feeds.webhooks.adapter import Adapter, AdapterMemory
from services.feeds.webhooks.assembling import Checkpoint, Partition, dump, load
from services.runtime.durable import write_whole
from tests.feeds.webhooks.given import COMPANY, doing, micros, offered

PARTITIONS = 5


def known() -> Checkpoint:
    """What there is to be written down: in each partition a call and an agent."""
    checkpoint = Checkpoint()
    for number in range(PARTITIONS):
        memory = AdapterMemory()
        adapter = Adapter(COMPANY, memory)
        for seen in (offered(number, call=f"c{number}"), doing(number, "ready")):
            list(adapter.take(seen, micros(number)))
        checkpoint.partitions[number] = Partition(number * 10, memory)
    return checkpoint


async def test_what_is_written_down_is_what_is_read_and_others_get_their_turn_meanwhile(tmp_path: Path) -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    raw = await dump(known())
    beside.cancel()
    assert turns >= PARTITIONS
    write_whole(tmp_path / "checkpoint", raw)
    assert load(tmp_path / "checkpoint") == known()


def test_where_there_is_none_or_one_of_another_version_the_intake_is_read_from_its_beginning(tmp_path: Path) -> None:
    assert load(tmp_path / "none") == Checkpoint()
    (tmp_path / "torn").write_bytes(b"\x82\xa6layout")
    assert load(tmp_path / "torn") == Checkpoint()
