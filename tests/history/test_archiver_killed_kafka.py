"""The history service killed at any moment while the log grows: in the end it has each record once, and no other."""

import asyncio
import os
import random
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from projections.projection import load_projections
from services.history.archive import FILE_NAME, Archive
from services.history.archiver import Archiver
from services.history.store import read_records
from services.runtime.shards import Source
from services.runtime.topics import ensure_topics, source_topics
from tests.feeds.watching import soon
from tests.projector.workers import PARTITIONS, append_to, settings_for, values_in
from tests.recompute import recompute_logs
from tests.telling import AGENTS, CALLS, answered, entered, raw

KILLS = int(os.environ.get("KVOTA_TEST_KILLS", "4"))
MOST_BYTES = 1_000_000
"""It is killed after so many bytes at most, and those of the batch that it is in the middle of."""
LOOKS = (1, 15)
"""In the middle of a batch, or where nothing has been written for that many looks: after some."""
PROJECTIONS = load_projections()
SOURCES: list[Source] = [(topic, number) for topic in (CALLS, AGENTS) for number in range(PARTITIONS)]

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240 + 30 * KILLS)]


def value(number: int) -> bytes:
    """Give a record; each seventh tells again what was told in its partition before, and each fiftieth is no event."""
    if number % 50 == 49:
        return b"no event %d" % number
    told = number - len(SOURCES) * (number % 7 == 6)
    return raw(answered(talk=told % 60) if told % 2 else entered("ready"), told)


async def append_until(stop: asyncio.Event, bootstrap: str) -> int:
    """Append to all partitions, about a thousand records a second; how many there are in the end."""
    appended = 0
    while not stop.is_set():
        records = [(SOURCES[each % len(SOURCES)], value(each)) for each in range(appended, appended + 100)]
        await append_to(bootstrap, records)
        appended += len(records)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.1)
    return appended


async def killed_after(growth: int, looks: int, home: Path, about: dict[str, str]) -> int:
    """Run the service, kill it once its files have grown by so many bytes and stayed so, and give how it ended."""
    service = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.history", env={**os.environ, **about}, stderr=asyncio.subprocess.PIPE
    )
    assert service.stderr is not None
    said = b""
    while b"archive_opened" not in said:
        line = await service.stderr.readline()
        assert line, f"the service ended by itself: {said.decode()}"
        said += line
    opened = size_in(home)
    hearing = asyncio.create_task(service.communicate())
    try:
        assert await soon(grown(home, opened + growth, looks), 60)
    finally:
        service.kill()
        await hearing
    return await service.wait()


def grown(home: Path, to: int, looks: int) -> Callable[[], bool]:
    """Give what says whether the archive has come to a size and has had it for so many looks."""
    seen = deque[int](maxlen=looks)

    def holds() -> bool:
        seen.append(size_in(home))
        return seen[-1] >= to and list(seen) == [seen[-1]] * looks

    return holds


def size_in(home: Path) -> int:
    """Give how many bytes the archive's file has, with what DuckDB has logged and not taken into it."""
    size = 0
    for file in home.glob(f"{FILE_NAME}*"):
        with suppress(FileNotFoundError):  # it has just been taken in
            size += file.stat().st_size
    return size


async def test_killed_again_and_again_it_has_each_record_once(fresh_bootstrap: str, tmp_path: Path) -> None:
    await ensure_topics(fresh_bootstrap, source_topics(PARTITIONS))
    chance, stop = random.Random(KILLS), asyncio.Event()
    told = {"KVOTA_KAFKA_BOOTSTRAP_SERVERS": fresh_bootstrap, "KVOTA_HISTORY_PORT": "0"}
    about = {"KVOTA_HOME": str(tmp_path), **told}
    appending = asyncio.create_task(append_until(stop, fresh_bootstrap))
    ends = [
        await killed_after(chance.randint(1, MOST_BYTES), LOOKS[each % 2], tmp_path, about) for each in range(KILLS)
    ]
    stop.set()
    appended = await appending
    logs = {source: await values_in(fresh_bootstrap, source) for source in SOURCES}
    assert ends == [-9] * KILLS
    assert sum(map(len, logs.values())) == appended
    with Archive(tmp_path / FILE_NAME, PROJECTIONS) as archive:
        assert sum(archive.positions().values()) > 0
        await Archiver(settings_for(fresh_bootstrap), archive).catch_up()
        assert told_twice(archive) > 0
        for source in SOURCES:
            assert list(held(archive, source)) == list(enumerate(logs[source]))
        assert archive.cells_at(archive.positions(), PROJECTIONS) == recompute_logs(logs.values())


def told_twice(archive: Archive) -> int:
    """Give how many records do not count because they tell again what was told before."""
    with archive.cursor() as con:
        [(count,)] = con.execute("SELECT count(*) FROM records WHERE verdict = 'repeated'").fetchall()
    return int(count)


def held(archive: Archive, source: Source) -> Iterator[tuple[int, bytes | None]]:
    """Give the offsets and values that the archive holds of a partition."""
    with archive.cursor() as con:
        for batch in read_records(con, {source: sys.maxsize}, 20_000, "records"):
            yield from ((record.offset, record.raw) for record in batch)
