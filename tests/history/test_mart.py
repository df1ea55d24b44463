"""The mart: what a tool sees that has none of our programs is what the archive says, as of one cut."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from events.catalogue import NOUNS
from projections.cells import as_rows, without_zeros
from projections.projection import load_projections
from services.history.archive import FILE_NAME, Archive
from services.history.errors import NotClosedError
from services.history.mart.making import make_mart, mart_folder
from services.history.questions import load_questions
from services.runtime.parked import PARKED
from tests.callers import bearer
from tests.cli.commands import kvota
from tests.events.examples.dates import at
from tests.history.doors import at_the_door
from tests.history.test_parking import about
from tests.recompute import recompute_logs
from tests.telling import (
    AGENTS,
    CALLS,
    DECISIONS,
    FEEDS,
    abandoned,
    amended,
    answered,
    assigned,
    beat,
    caught_up,
    closed,
    decided,
    entered,
    gap,
    lasted,
    lying,
    offered,
    picked_up,
    raw,
    refunded,
    restated,
    won,
)

PROJECTIONS = load_projections()
WRITTEN = {name: each.written_sql(f'FROM "{name}"') for name, each in PROJECTIONS.items()}
"""The views of a mart, with keys as cells have them."""
LOGS = {
    CALLS: [
        raw(answered(talk=60), 1),
        raw(answered(talk=60), 1),
        b"no event",
        raw(abandoned(), 2),
        raw(offered(), 3),
        raw(picked_up(), 4),
        raw(restated(answered(talk=60), answered(talk=90)), 5),
    ],
    AGENTS: [raw(entered("talking"), 1), raw(lasted("talking", 70), 2), raw(entered("ready", at(10)), 3)],
    FEEDS: [raw(beat(), 1), raw(gap(), 2), raw(closed(gap()), 3), raw(caught_up(), 4)],
    DECISIONS: [
        decided(assigned(), "quota/q1", 1),
        decided(won(500), "deal/d1", 1),
        decided(won(700), "deal/d1", 1),
        decided(amended(won(500), won(600)), "deal/d1", 2),
        decided(refunded(100), "deal/d1", 3),
    ],
}
PLAIN = """
import json, sys
import duckdb

assert "projections" not in sys.modules and not any("kvota" in part for part in sys.path[:1])
con = duckdb.connect(sys.argv[1], read_only=True)

def rows(sql):
    found = con.execute(sql)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row)) for row in found.fetchall()]

asked = json.loads(sys.stdin.read())
print(json.dumps({name: rows(sql) for name, sql in asked.items()}, default=str))
"""


def fill(archive: Archive) -> None:
    """Archive records of every topic, and set the last call aside later."""
    for topic, values in LOGS.items():
        archive.ingest(lying(values, topic))
    archive.ingest(lying([raw(about(f"{CALLS}/0", 3), 9)], *PARKED, since=at(11)))
    archive.note_ends(at(12), archive.positions())


def ask_plainly(file: Path, asked: dict[str, str]) -> Any:  # noqa: ANN401  # rows of many shapes
    """Ask the file as a stranger does: another process, from another folder, that has DuckDB and nothing of ours."""
    command = [sys.executable, "-I", "-c", PLAIN, str(file)]
    ran = subprocess.run(command, input=json.dumps(asked), cwd="/", env={}, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def ask(folder: str, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(Path(folder) / "mart.duckdb", read_only=True) as con:
        return con.execute(sql).fetchall()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """An archive that these tests only read."""
    with Archive(tmp_path_factory.mktemp("home") / FILE_NAME, PROJECTIONS) as archive:
        fill(archive)
        yield archive


@pytest.fixture(scope="module")
def folder(filled: Archive) -> str:
    """A mart of all that is archived."""
    return make_mart(filled, mart_folder(filled)).folder


class TestNumbers:
    def test_a_stranger_sees_the_cells_of_the_archive(self, filled: Archive, folder: str) -> None:
        seen = ask_plainly(Path(folder) / "mart.duckdb", WRITTEN)
        boards = filled.cells_at(filled.positions(), PROJECTIONS)
        expected = {
            name: as_rows(each, without_zeros(each, boards.get(name, {}))) for name, each in PROJECTIONS.items()
        }
        assert {name: _sorted(rows) for name, rows in seen.items()} == {
            name: _sorted(rows) for name, rows in expected.items()
        }
        assert sum(bool(rows) for rows in expected.values()) >= 12

    def test_they_are_those_of_plain_python(self, archive: Archive, tmp_path: Path) -> None:
        for topic, values in LOGS.items():
            archive.ingest(lying(values, topic))
        made = make_mart(archive, tmp_path / "marts").folder
        seen = ask_plainly(Path(made) / "mart.duckdb", WRITTEN)
        boards = recompute_logs(LOGS.values())
        for name, each in PROJECTIONS.items():
            cells = without_zeros(each, boards.get(name, {}))
            assert _sorted(seen[name]) == _sorted(as_rows(each, cells)), name

    def test_a_cell_is_the_sum_of_its_contributions(self, folder: str) -> None:
        told = ask(folder, "SELECT rep, talk_seconds FROM rep_day WHERE talk_seconds > 0")
        summed = ask(folder, "SELECT rep, sum(fact.weight * talk_seconds) FROM rep_day_contributions GROUP BY rep")
        assert told == summed == [("anna", 90)]

    @pytest.mark.parametrize("noun", NOUNS)
    def test_a_relation_comes_out_of_the_records_beside_it(self, folder: str, noun: str) -> None:
        differing = (
            f"(FROM {noun} EXCEPT ALL FROM evidence.{noun}) UNION ALL (FROM evidence.{noun} EXCEPT ALL FROM {noun})"
        )
        assert ask(folder, f"SELECT count(*) FROM ({differing})") == [(0,)]

    @pytest.mark.parametrize("name", [each.name for each in load_questions().values() if each.country is None])
    def test_a_report_can_be_asked_of_it(self, folder: str, name: str) -> None:
        """All but those that need working days, which no file holds; their own text, with NULL for what is asked."""
        asked = load_questions()[name]
        with duckdb.connect(Path(folder) / "mart.duckdb", read_only=True) as con:
            con.execute(f"EXPLAIN {asked.sql}", dict.fromkeys((each.name for each in asked.parameters), None))

    def test_metrics_and_the_organisation_are_there(self, folder: str) -> None:
        [(percent,)] = ask(
            folder,
            "SELECT service_level_offered_v1(calls, outcome, answered, wait, 20, 5) FROM queue_interval"
            " WHERE clock = 'answer'",
        )
        assert percent == 100
        assert ask(folder, "SELECT count(*) > 5 FROM metrics") == [(True,)]
        assert ask(folder, "FROM belonging") == []


class TestWhatItSaysOfItself:
    def test_it_is_as_of_one_cut(self, filled: Archive, folder: str) -> None:
        cut = {(topic, partition): before for topic, partition, before in ask(folder, "FROM cut")}
        assert cut == filled.positions()
        assert ask(folder, "SELECT count(*) FROM records") == [(sum(cut.values()),)]
        by = dict(ask(folder, "SELECT projection, digest FROM definitions"))
        assert by == {name: each.digest for name, each in PROJECTIONS.items()}

    def test_records_have_what_the_law_says_of_them(self, folder: str) -> None:
        told = ask(folder, f"SELECT verdict, raw FROM records WHERE topic = '{CALLS}' ORDER BY \"offset\"")
        assert [verdict for verdict, _ in told] == [
            *("counts", "repeated", "unreadable", "parked", "counts", "counts", "counts"),
        ]
        assert [value for _, value in told] == LOGS[CALLS]

    @pytest.mark.parametrize("moment", [at(9), at(9, 0, 2), at(10), at(11, 30)])
    def test_it_can_be_of_what_was_known_at_a_moment(self, filled: Archive, tmp_path: Path, moment: datetime) -> None:
        made = make_mart(filled, tmp_path, moment)
        seen = ask_plainly(Path(made.folder) / "mart.duckdb", WRITTEN)
        boards = filled.cells_at(filled.known_at(moment), PROJECTIONS)
        for name, each in PROJECTIONS.items():
            assert _sorted(seen[name]) == _sorted(as_rows(each, without_zeros(each, boards.get(name, {})))), name
        assert ask(made.folder, "SELECT known_at FROM about") == [(moment.replace(tzinfo=None),)]

    def test_a_moment_that_is_not_closed_has_none(self, filled: Archive, tmp_path: Path) -> None:
        with pytest.raises(NotClosedError):
            make_mart(filled, tmp_path, at(13))

    def test_the_file_is_of_a_storage_version_that_drivers_read(self, folder: str) -> None:
        [(tags,)] = ask(folder, "SELECT tags FROM duckdb_databases() WHERE NOT internal")
        assert tags["storage_version"].startswith("v1.4.0")

    def test_an_archive_of_nothing_makes_empty_relations(self, archive: Archive, tmp_path: Path) -> None:
        made = make_mart(archive, tmp_path / "marts")
        assert ask(made.folder, "SELECT count(*) FROM calls") == [(0,)]
        assert ask(made.folder, "FROM rep_day") == []


class TestFiles:
    @pytest.mark.parametrize("name", [*NOUNS, "records"])
    def test_a_file_has_the_rows_of_its_table_by_day(self, folder: str, name: str) -> None:
        file = Path(folder) / f"{name}.parquet"
        with duckdb.connect(Path(folder) / "mart.duckdb", read_only=True) as con:
            rows, days = con.execute(f"FROM '{file}'").fetchall(), con.execute(f"SELECT day FROM '{file}'").fetchall()
            codecs = con.execute(f"SELECT DISTINCT compression FROM parquet_metadata('{file}')").fetchall()
            assert con.execute(f"FROM {name}").fetchall() == rows
        assert days == sorted(days, key=lambda day: (day[0] is None, day[0]))
        assert codecs in ([("ZSTD",)], [])

    def test_nobody_changes_them_by_mistake(self, folder: str) -> None:
        assert {file.stat().st_mode & 0o777 for file in Path(folder).iterdir()} == {0o444}


class TestDoors:
    async def test_the_service_makes_it_beside_its_archive(self, archive: Archive) -> None:
        fill(archive)
        home = archive.path.parent
        async with at_the_door(archive) as client:
            answer = await client.post("/v1/mart", headers=bearer(home, "auditor"))
            refused = await client.post("/v1/mart", headers=bearer(home, "executive"))
            early = await client.post("/v1/mart", params={"known_at": "2026-11-24T10:00:00Z"})
            wrong = await client.post("/v1/mart", params={"known_at": "yesterday"})
        assert (answer.status_code, refused.status_code, wrong.status_code) == (200, 403, 422)
        assert answer.json()["folder"] == str(home / "mart" / "mart-1")
        assert early.json()["as_of"][f"{CALLS}/0"] == 7
        assert (home / "mart" / "current").resolve().name == "mart-2"

    def test_the_command_makes_it_where_it_is_told(self, tmp_path: Path) -> None:
        with Archive(tmp_path / FILE_NAME, PROJECTIONS) as archive:
            fill(archive)
        here, there = kvota("mart", home=tmp_path), kvota("mart", "--out", tmp_path / "bi", "--json", home=tmp_path)
        assert (here.code, here.out.partition(":")[0]) == (0, str(tmp_path / "mart" / "mart-1"))
        assert there.json["folder"] == str(tmp_path / "bi" / "mart-1")
        assert ask(there.json["folder"], "SELECT count(*) FROM calls") == [(5,)]


def _sorted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
