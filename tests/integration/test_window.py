"""Forty days pass through a real broker: what is told again in time is known, and what comes too late is imported."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.cli.history import history
from services.cli.importing import Importing
from services.feeds.appender import partition_of
from services.history.agreement import agreement
from services.history.archive import FILE_NAME, Archive
from services.history.seeding import Seeding
from services.runtime.cells_reader import CellsReader
from services.runtime.ports import free_port
from services.runtime.shards import Source, cells_topic
from services.runtime.ticks import SEEN, divided, read_segment_key
from services.runtime.topics import make_new_topics, projector_topics
from tests.cli.commands import Ran, kvota
from tests.events.examples.dates import TODAY, at
from tests.history.doors import ready, serving
from tests.integration.test_horizon import caught_up
from tests.projector.workers import (
    PARTITIONS,
    PROJECTIONS,
    append_to,
    make_topics,
    records_in,
    settings_for,
    working,
)
from tests.telling import CALLS, answered, raw
from tests.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

SOURCE: Source = (CALLS, partition_of(b"c", PARTITIONS))
"""Where calls of the name that all have in these tests lie."""


def back(days: int) -> date:
    """Give a day before today."""
    return TODAY - timedelta(days=days)


def a_call(days_ago: int, number: int = 0) -> bytes:
    """Give a record of a call so many days ago; `number` tells it from others of that day."""
    day = back(days_ago)
    return raw(answered(10, day=day, joined=at(9, day=day)), 100 * days_ago + number)


FORTY_DAYS = [a_call(days_ago) for days_ago in range(39, -1, -1)]
KNOWN, TOO_LATE, IN_TIME, FOR_IMPORT = a_call(34), a_call(36, 1), a_call(35, 1), [a_call(36, 1), a_call(200, 1)]
FILE = [a_call(38), b"no event", a_call(10, 1), *FOR_IMPORT, FOR_IMPORT[0]]
"""Told before, refused, in time, not told before and long past, and one of those once more."""


async def test_what_is_told_again_is_known_and_what_comes_too_late_has_to_be_imported(
    fresh_bootstrap: str, tmp_path: Path
) -> None:
    bootstrap, port, file = fresh_bootstrap, free_port(), tmp_path / "late.ndjson"
    about: dict[str, Any] = {"KVOTA_KAFKA_BOOTSTRAP_SERVERS": bootstrap, "KVOTA_HISTORY_PORT": str(port)}
    file.write_bytes(b"\n".join(FILE))

    async def run(*arguments: str | Path) -> Ran:
        return await asyncio.to_thread(lambda: kvota(*arguments, home=tmp_path, **about))

    await make_topics(bootstrap)
    async with working(bootstrap, STATE_EVERY_S="0.1") as worker:
        await append_to(bootstrap, [(SOURCE, record) for record in FORTY_DAYS[:10]])
        async with caught_up(bootstrap):
            pass
        assert await worker.stop() == 0
        assert await segments_of(bootstrap, 1) == {back(days_ago) for days_ago in range(30, 40)}
        await worker.start()
        later = [*FORTY_DAYS[10:], KNOWN, TOO_LATE, IN_TIME, IN_TIME, FORTY_DAYS[0]]
        await append_to(bootstrap, [(SOURCE, record) for record in later])
        async with serving(tmp_path, about):
            assert await asyncio.to_thread(eventually, lambda: ready(port), 60)
            tried, imported = [await run("import", file, *more, "--json") for more in (["--dry-run"], [])]
            verified = await run("projections", "verify", "--json")
        again = await run("import", file, "--json")
        said = await run("import", file)
        async with caught_up(bootstrap):
            pass
        assert await worker.stop() == 0
    refused = [{"line": 2, "reason": "not a CloudEvent in structured JSON: expected ident at line 1 column 2"}]
    news = {"appended": 3, "long_past": 2, "told_before": 2, "refused": refused}
    assert (tried.code, tried.json) == (imported.code, imported.json) == (1, news)
    assert (again.code, again.json) == (1, {"appended": 0, "long_past": 0, "told_before": 5, "refused": refused})
    assert said.out.splitlines() == ["appended 0, of days long past 0", "told before 5", "refused 1"]
    assert said.err.startswith("late.ndjson:2: not a CloudEvent")
    assert (verified.code, verified.json["differences"]) == (0, [])
    with Archive(tmp_path / FILE_NAME, PROJECTIONS) as archive:
        assert verdicts(archive)[40:] == [
            *["repeated", "expired", "counts", "repeated", "expired"],
            *["counts", "counts", "counts"],  # in time, then those of days long past
        ]
        assert (await agreement(settings_for(bootstrap), 1, archive, PROJECTIONS)).differences == []
        assert calls_of(archive, 36) == 2
        await seeded_alike(bootstrap, archive)
    assert await segments_of(bootstrap, 1) == {back(days_ago) for days_ago in range(36)}


def verdicts(archive: Archive) -> list[str]:
    """What history says of the records of the one partition."""
    with archive.cursor() as con:
        rows = con.execute('SELECT verdict FROM records WHERE topic = $topic ORDER BY "offset"', {"topic": CALLS})
        return [verdict for (verdict,) in rows.fetchall()]


def calls_of(archive: Archive, days_ago: int) -> int:
    """How many calls history counts of a day."""
    cells = archive.cells_at(archive.positions(), PROJECTIONS)["rep_day"]
    found: Sequence[Any] = [values[0] for key, values in cells.items() if key[1] == str(back(days_ago))]
    return sum(found)


async def segments_of(bootstrap: str, version: int) -> set[date]:
    """The days of the ids that the cells topic holds, as compaction will leave it."""
    left = dict(await records_in(bootstrap, (cells_topic(version), SOURCE[1])))
    held = [divided(key)[2] for key, value in left.items() if key is not None and value is not None and SEEN in key]
    return {read_segment_key(rest)[1] for rest in held}


async def seeded_alike(bootstrap: str, archive: Archive) -> None:
    """A version that is seeded from history begins with the same day, ids and heads."""
    await make_new_topics(bootstrap, projector_topics(2, PARTITIONS))
    await Seeding(archive, settings_for(bootstrap), 2).run()
    async with CellsReader(settings_for(bootstrap), 1, PROJECTIONS) as served:
        await served.load([SOURCE[1]], remember=True)
    async with CellsReader(settings_for(bootstrap), 2, PROJECTIONS) as seeded:
        await seeded.load([SOURCE[1]], remember=True)
    one, other = served.shards[SOURCE[1]], seeded.shards[SOURCE[1]]
    assert one.ledger(CALLS) == other.ledger(CALLS)
    assert other.ledger(CALLS).heads == {"import": 1, "import/1": 1}
    assert await segments_of(bootstrap, 2) == {back(days_ago) for days_ago in range(36)}


async def test_a_file_of_a_year_that_begins_with_its_last_day_is_imported_whole_into_an_empty_log(
    fresh_bootstrap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_topics(fresh_bootstrap)
    monkeypatch.setenv("KVOTA_HOME", str(tmp_path))
    monkeypatch.setenv("KVOTA_KAFKA_BOOTSTRAP_SERVERS", fresh_bootstrap)
    year = [a_call(days_ago) for days_ago in range(0, 365, 20)]
    with history() as asked:
        done = await Importing(settings_for(fresh_bootstrap), asked, dry_run=False, at_once=7).run([*year, b"", *year])
    assert (done.appended, done.long_past, done.told_before, done.refused) == (19, 17, 19, [])


async def test_what_two_import_at_once_counts_once(fresh_bootstrap: str, tmp_path: Path) -> None:
    bootstrap, port, file = fresh_bootstrap, free_port(), tmp_path / "late.ndjson"
    about: dict[str, Any] = {"KVOTA_KAFKA_BOOTSTRAP_SERVERS": bootstrap, "KVOTA_HISTORY_PORT": str(port)}
    file.write_bytes(b"\n".join(a_call(days_ago) for days_ago in range(30, 90)))
    await make_topics(bootstrap)
    await append_to(bootstrap, [(SOURCE, a_call(0))])

    async def run() -> Ran:
        return await asyncio.to_thread(lambda: kvota("import", file, "--json", home=tmp_path, **about))

    async with serving(tmp_path, about):
        assert await asyncio.to_thread(eventually, lambda: ready(port), 60)
        ran = await asyncio.gather(*(run() for _ in range(3)))
    assert [each.code for each in ran] == [0, 0, 0]
    with Archive(tmp_path / FILE_NAME, PROJECTIONS) as archive:
        assert verdicts(archive).count("counts") == 1 + 60
        assert {calls_of(archive, days_ago) for days_ago in range(30, 90)} == {1}
