"""`kvota feed` of files, killed at any moment: what counts on the log in the end is what one run would have said."""

import asyncio
import os
import random
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import pytest

from events.codec import encode
from events.envelope import Envelope
from services.feeds.registry import read_files
from services.runtime.topics import ensure_topics, source_topics
from tests.feeds.samples import AMI_FILE, CDR_FILE, CEL_FILE, LOG_FILE, MOSCOW
from tests.feeds.test_service_kafka import CLI, process
from tests.feeds.watching import Watched, watch

KILLS = int(os.environ.get("KVOTA_TEST_KILLS", "4"))

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180 + 60 * KILLS)]

DAYS = 12
"""How many times the capture is read, each time as the calls of another day: more than one round of records."""


def of_other_days(folder: Path) -> list[Path]:
    """Write the captures as if their calls had been made on several days: other calls, in files of all kinds."""
    files: list[Path] = []
    for source in (LOG_FILE, AMI_FILE, CEL_FILE):
        said = source.read_bytes()
        for day in range(DAYS if source is LOG_FILE else 1):
            files.append(folder / f"{source.name}.{day}")
            files[-1].write_bytes(said.replace(b"17955", b"%05d" % (17955 - day)))
    return [*files, CDR_FILE]


def counted(records: list[Envelope]) -> Mapping[UUID, bytes]:
    """Give what counts: of each id the first record, for queue_log and AMI tell one fact to the second and finer."""
    return {record.id: encode(record) for record in reversed(records)}


async def until_killed(command: tuple[str, ...], settings: dict[str, str], log: Watched, chance: random.Random) -> int:
    """Run the command, and kill it after as much time, or as many new records, as chance wants; give how it ended."""
    async with process(*command, **settings) as feeding:
        if chance.random() < 0.5:
            await asyncio.wait({asyncio.create_task(feeding.wait())}, timeout=chance.uniform(0, 4))
        else:
            wanted = len(log.all) + chance.randint(1, 2_500)
            while feeding.returncode is None and len(log.all) < wanted:
                await log.look()
        if feeding.returncode is None:
            feeding.kill()
        return await feeding.wait()


async def test_killed_again_and_again_it_tells_in_the_end_what_one_run_tells(bootstrap: str, tmp_path: Path) -> None:
    await ensure_topics(bootstrap, source_topics())
    log, files, chance = await watch(bootstrap), of_other_days(tmp_path), random.Random(KILLS)
    once = list(read_files("asterisk", files, zone=MOSCOW))
    named = [option for file in files for option in ("--file", str(file))]
    command = (*CLI, *named, "--time-zone", "Europe/Moscow")
    settings = {"KVOTA_HOME": str(tmp_path / "home"), "KVOTA_KAFKA_BOOTSTRAP_SERVERS": bootstrap}
    ends = list[int]()
    while ends.count(-9) < KILLS:
        ends.append(await until_killed(command, settings, log, chance))
        assert ends[-1] in {0, -9}
    async with process(*command, **settings) as feeding:
        said = await feeding.communicate()
        assert feeding.returncode == 0, said
    await log.look()
    assert len(log.all) > len(once)
    assert counted(log.all) == counted(once)
    assert {encode(record) for record in log.all} == {encode(record) for record in once}
