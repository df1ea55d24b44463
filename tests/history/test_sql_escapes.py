"""What an auditor's query may not do: each attempt is refused, or ends within its bounds, and we go on."""

import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgspec
import psutil
import pytest

from projections.projection import load_projections
from services.history.archive import FILE_NAME, Archive
from services.history.mart.making import make_mart, mart_folder
from services.history.sql.sandbox import Bounds, Said, run
from tests.history.doors import fill

BOUNDS = Bounds(seconds=30, rows=1_000, size_bytes=1_000_000, memory_mb=128)
HURRIED = Bounds(seconds=2, rows=1_000, size_bytes=1_000_000, memory_mb=128)
LATE_S = 10
BEHIND = "name,number\nthe secret,of another\n"

READING = {
    "text": "FROM read_text('{secret}')",
    "bytes": "FROM read_blob('{secret}')",
    "csv": "FROM read_csv('{secret}')",
    "csv, several": "FROM read_csv(['{secret}', '{secret}'])",
    "csv, looked into": "FROM sniff_csv('{secret}')",
    "a file as a table": "FROM '{secret}'",
    "a file as a table, in a subquery": "SELECT (SELECT count(*) FROM '{secret}')",
    "a file as a table, commented": "FROM/**/'{secret}'--",
    "a file by its address": "FROM read_text('file://{secret}')",
    "a file on the way up": "FROM read_text('{folder}/../{name}/secret.csv')",
    "files by a pattern": "FROM glob('{folder}/*')",
    "a query in a text": "FROM query('FROM read_text(''{secret}'')')",
    "a query as JSON": "FROM json_execute_serialized_sql(json_serialize_sql('FROM read_text(''{secret}'')'))",
    "a table by name": "FROM query_table('{secret}')",
    "a CTE": "WITH stolen AS (FROM read_text('{secret}')) FROM stolen",
    "a union": "SELECT topic FROM cut UNION ALL SELECT content FROM read_text('{secret}')",
    "a lateral join": "FROM cut, LATERAL (FROM read_text('{secret}'))",
    "capital letters": "FROM READ_TEXT('{secret}')",
    "a letter by its number": "FROM read_text(U&'\\0068' || '{secret}')",
    "a computed name": "FROM read_text(concat('{folder}', chr(47), 'secret.csv'))",
}
"""Ways to the file `secret.csv`."""

WRITING = {
    "a copy": "COPY (SELECT 1) TO '{folder}/out.csv'",
    "a copy of a table": "COPY cut TO '{folder}/out.parquet' (FORMAT parquet)",
    "a copy in a CTE": "WITH out AS (COPY cut TO '{folder}/out.csv') SELECT 1",
    "a copy that is explained": "EXPLAIN ANALYZE COPY cut TO '{folder}/out.csv'",
    "a copy after a comment": "/* SELECT */ COPY cut TO '{folder}/out.csv'",
    "a second statement": "SELECT 1; COPY cut TO '{folder}/out.csv'",
    "a statement after a comment that ends": "SELECT 1 --\n; COPY cut TO '{folder}/out.csv'",
    "a statement after a NUL": "SELECT 1 \0; COPY cut TO '{folder}/out.csv'",
    "an export": "EXPORT DATABASE '{folder}/out'",
    "another database": "ATTACH '{folder}/out.duckdb'",
    "another database, of memory": "ATTACH ':memory:' AS other",
    "an extension": "INSTALL httpfs",
    "an extension of a file": "LOAD '{folder}/secret.csv'",
    "an extension by a function": "FROM sqlite_scan('{secret}', 'main')",
    "a setting": "SET enable_external_access = true",
    "a setting that is put back": "RESET lock_configuration",
    "a setting as a pragma": "PRAGMA temp_directory='{folder}'",
    "a setting in a call": "CALL enable_logging(storage='file', storage_path='{folder}/out')",
    "a setting in a FROM": "FROM enable_logging(storage='file', storage_path='{folder}/out')",
    "a profile": "PRAGMA profiling_output='{folder}/out'",
    "a variable": "SET VARIABLE x = 1",
    "a macro": "CREATE MACRO mine() AS 1",
    "a table": "CREATE TABLE mine AS FROM cut",
    "a table for a while": "CREATE TEMP TABLE mine AS FROM cut",
    "a secret": "CREATE SECRET (TYPE s3, KEY_ID 'x')",
    "new rows": "INSERT INTO cut VALUES ('x', 0, 0)",
    "new rows in a CTE": "WITH mine AS (INSERT INTO cut VALUES ('x', 0, 0) RETURNING *) FROM mine",
    "other rows in a CTE": "WITH mine AS (UPDATE cut SET before = 0 RETURNING *) FROM mine",
    "fewer rows in a CTE": "WITH mine AS (DELETE FROM records RETURNING *) FROM mine",
    "a merge": "MERGE INTO cut USING about ON true WHEN MATCHED THEN DELETE",
    "no table": "DROP TABLE records",
    "another table": "ALTER TABLE records ADD COLUMN mine INTEGER",
    "a remark": "COMMENT ON TABLE records IS 'mine'",
    "a prepared statement": "PREPARE mine AS SELECT 1",
    "a prepared statement that runs": "EXECUTE mine",
    "a transaction": "BEGIN",
    "a checkpoint": "CHECKPOINT",
    "a checkpoint in a FROM": "FROM force_checkpoint()",
    "another catalogue": "USE memory",
    "a vacuum": "VACUUM",
    "nothing": "-- nothing",
    "several as one": "PIVOT cut ON topic USING sum(before)",
}
"""What changes something, or would."""

REACHING_OUT = {
    "the web": "FROM 'https://example.org/x.csv'",
    "the web, by a function": "FROM read_csv('http://169.254.169.254/latest')",
    "a bucket": "FROM read_parquet('s3://bucket/x.parquet')",
    "a share": "FROM read_text('\\\\host\\share\\x')",
    "another database server": "FROM postgres_scan('host=localhost', 'public', 'x')",
    "the environment": "SELECT getenv('KVOTA_TOKEN')",
    "the environment as a file": "FROM read_text('/proc/self/environ')",
    "the memory as a file": "FROM read_blob('/proc/self/mem')",
    "a device without end": "FROM read_blob('/dev/zero')",
    "what is typed": "FROM read_text('/dev/stdin')",
    "extensions": "FROM duckdb_extensions()",
    "a variable of Python": "FROM asked",
    "a module of Python": "FROM sys",
    "an object by its address": "FROM pandas_scan(140000000000000)",
    "an array by its address": "FROM arrow_scan(140000000000000, 140000000000000, 140000000000000)",
    "the completion of the shell": "FROM sql_auto_complete('SEL')",
    "a parameter": "SELECT $1",
}
"""What is not in the mart."""

TAKING = {
    "numbers without end": ("SELECT count(*) FROM range(1000000000000)", {"out_of_time"}),
    "a product of tables": ("SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b", {"out_of_time"}),
    "a recursion without end": (
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
        {"out_of_time"},
    ),
    "a recursion that grows": (
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r, range(9)) SELECT count(*) FROM r",
        {"out_of_time", "out_of_memory"},
    ),
    "sleep": ("SELECT sleep_ms(100000)", {"out_of_time"}),
    "a text too long to be one": ("SELECT repeat('x', 10000000000)", {"refused"}),
    "a text too long for memory": ("SELECT length(repeat('x', 4000000000))", {"out_of_memory", "died"}),
    "a text that is padded": ("SELECT lpad('x', 2000000000, 'y')", {"out_of_memory", "out_of_time", "died"}),
    "a text that is put together": (
        "SELECT string_agg(i::VARCHAR, ',') FROM range(100000000) t(i)",
        {"out_of_memory", "out_of_time"},
    ),
    "a list without end": ("SELECT list(i) FROM range(1000000000) t(i)", {"out_of_memory", "out_of_time"}),
    "a list at once": ("SELECT range(2000000000)", {"out_of_memory"}),
    "a sort": ("SELECT i FROM range(100000000) t(i) ORDER BY hash(i)", {"out_of_memory", "out_of_time"}),
    "groups without end": (
        "SELECT i, count(*) FROM range(300000000) t(i) GROUP BY i",
        {"out_of_memory", "out_of_time"},
    ),
    "rows without end": ("FROM range(1000000000000)", {"too_many_rows"}),
    "a recursion of rows": (
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) FROM r",
        {"too_many_rows"},
    ),
    "wide rows": ("SELECT repeat('x', 100000) FROM range(999)", {"too_large"}),
    "one wide row": ("SELECT repeat('x', 2000000)", {"too_large"}),
    "a regular expression that goes back": ("SELECT regexp_matches(repeat('a', 50000), '(a*)*b')", {"answered"}),
    "a regular expression that grows": ("SELECT regexp_matches('x', '((a{1,1000}){1,1000}){1,1000}')", {"refused"}),
    "parentheses": (f"SELECT {'(' * 9_000}1{')' * 9_000}", {"refused", "died"}),
    "brackets": (f"SELECT {'[' * 9_000}{']' * 9_000}", {"refused", "died"}),
    "a long sum": (f"SELECT {'+'.join('1' * 9_000)}", {"refused", "died"}),
    "subqueries": (f"{'SELECT (' * 2_000}SELECT 1{')' * 2_000}", {"refused", "died"}),
    "many CTEs that double": (
        "WITH "
        + ", ".join(f"c{n} AS (FROM c{n - 1} UNION ALL FROM c{n - 1})" if n else "c0 AS (SELECT 1)" for n in range(40))
        + " SELECT count(*) FROM c39",
        {"out_of_time", "out_of_memory", "refused"},
    ),
    "a text with marks of direction": ("SELECT '\u202e' || '\ufeff'", {"answered"}),
}
"""What takes more than it may, and what may come of it."""


@dataclass(frozen=True, slots=True)
class Field:
    """A mart, and a folder beside it with something that is nobody's business."""

    mart: Path
    folder: Path

    async def attempt(self, sql: str, bounds: Bounds = BOUNDS) -> Said:
        """Ask, and make sure that nothing is left behind, nothing was seen, and no more time went by than may."""
        told = {"secret": str(self.folder / "secret.csv"), "folder": str(self.folder), "name": self.folder.name}
        for name, value in told.items():
            sql = sql.replace(f"{{{name}}}", value)
        children, before, began = psutil.Process().children(), self.seen(), time.monotonic()
        said = await run(self.mart, sql, bounds)
        assert time.monotonic() - began < bounds.seconds + LATE_S
        assert psutil.Process().children() == children
        assert b"secret" not in bytes(said.rows)
        assert self.seen() == before
        return said

    def seen(self) -> dict[str, tuple[int, int]]:
        """What lies in the folders, when it was written and how long it is."""
        files = [*self.folder.iterdir(), *self.mart.iterdir()]
        return {str(file): (file.stat().st_mtime_ns, file.stat().st_size) for file in files}


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Field:
    """A mart of a few records."""
    folder = tmp_path_factory.mktemp("folder")
    (folder / "secret.csv").write_text(BEHIND)
    with Archive(tmp_path_factory.mktemp("home") / FILE_NAME, load_projections()) as archive:
        fill(archive)
        mart = Path(make_mart(archive, mart_folder(archive)).folder)
    return Field(mart, folder)


@pytest.mark.parametrize("way", READING)
async def test_nothing_outside_is_read(field: Field, way: str) -> None:
    said = await field.attempt(READING[way])
    assert said.outcome == "refused", said
    assert said.reason


@pytest.mark.parametrize("way", WRITING)
async def test_nothing_is_changed(field: Field, way: str) -> None:
    said = await field.attempt(WRITING[way])
    assert said.outcome == "refused", said


@pytest.mark.parametrize("way", REACHING_OUT)
async def test_nothing_else_is_reached(field: Field, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KVOTA_TOKEN", "secret")
    said = await field.attempt(REACHING_OUT[way])
    assert said.outcome == "refused", said


@pytest.mark.parametrize("way", TAKING)
async def test_no_more_is_taken_than_there_is(field: Field, way: str) -> None:
    sql, outcomes = TAKING[way]
    said = await field.attempt(sql, HURRIED if "out_of_time" in outcomes else BOUNDS)
    assert said.outcome in outcomes, said
    if said.outcome != "answered":
        assert (said.count, bytes(said.rows)) == (0, b"[]")


async def test_there_are_no_secrets_to_see(field: Field) -> None:
    said = await field.attempt("SELECT name FROM duckdb_secrets() UNION ALL SELECT name FROM duckdb_variables()")
    assert (said.outcome, said.count) == ("answered", 0)


async def test_after_all_that_a_query_is_answered(field: Field) -> None:
    for sql in ("SELECT repeat('x', 4000000000)", f"SELECT {'(' * 9_000}", "SELECT 1; SELECT 2"):
        await field.attempt(sql)
    said = await field.attempt("SELECT rep, calls FROM rep_day WHERE calls > 0")
    assert (said.outcome, msgspec.json.decode(said.rows)) == ("answered", [["anna", 2]])


def test_there_are_forty_attempts_and_more() -> None:
    assert len({*READING.values(), *WRITING.values(), *REACHING_OUT.values()}) + len(TAKING) >= 100


@pytest.mark.parametrize("way", ["text", "csv", "a file as a table", "a query in a text", "a CTE", "a computed name"])
def test_without_the_sandbox_a_file_is_read(field: Field, way: str) -> None:
    sql = READING[way].replace("{secret}", str(field.folder / "secret.csv")).replace("{folder}", str(field.folder))
    with duckdb.connect(field.mart / "mart.duckdb", read_only=True) as con:
        assert "the secret" in str(con.execute(sql).fetchall())


@pytest.mark.parametrize("way", ["a copy", "a copy of a table", "a copy in a CTE", "a copy that is explained"])
def test_without_the_sandbox_a_file_is_written(field: Field, way: str, tmp_path: Path) -> None:
    with duckdb.connect(field.mart / "mart.duckdb", read_only=True) as con:
        con.execute(WRITING[way].replace("{folder}", str(tmp_path))).fetchall()
    assert list(tmp_path.iterdir())
