"""The process of a query: what it is given, what the kernel takes from it, and one that does not keep to anything."""

import ast
import asyncio
import os
import runpy
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import get_args

import duckdb
import msgspec
import pytest

from events.accesses import Outcome
from projections.projection import load_projections
from services.history.archive import FILE_NAME, Archive
from services.history.mart.making import make_mart, mart_folder
from services.history.sql import sandbox
from services.history.sql.sandbox import Bounds, Said, run
from tests.history.doors import fill

CHILD = Path(sandbox.__file__).parent / "child.py"
BOUNDS = Bounds(seconds=20, rows=100, size_bytes=100_000, memory_mb=128)


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with Archive(tmp_path_factory.mktemp("home") / FILE_NAME, load_projections()) as archive:
        fill(archive)
        return Path(make_mart(archive, mart_folder(archive)).folder)


class TestAnswers:
    async def test_values_are_json(self, mart: Path) -> None:
        sql = """
        SELECT 1, -170141183460469231731687303715884105727::HUGEINT, 1.50::DECIMAL(5, 2), 0.5::DOUBLE, 'nan'::DOUBLE,
               '-infinity'::DOUBLE, true, NULL, 'Ё"', encode('Ы'), DATE '2026-11-24', TIMESTAMP '2026-11-24 09:00:00',
               TIMESTAMPTZ '2026-11-24 09:00:00+03', [1, NULL], {'a': {'b': [2.5]}}, MAP {'x': 1},
               '0b9f4c52-6a1e-4a0b-9d7e-2f6a1c3d5e7f'::UUID, TIME '10:00:00'
        """
        said = await run(mart, sql, BOUNDS)
        assert msgspec.json.decode(said.rows) == [
            [
                *(1, -170141183460469231731687303715884105727, "1.50", 0.5, "nan", "-inf", True, None, 'Ё"'),
                *("d0ab", "2026-11-24", "2026-11-24T09:00:00", "2026-11-24T06:00:00+00:00", [1, None]),
                *({"a": {"b": ["2.5"]}}, {"x": 1}, "0b9f4c52-6a1e-4a0b-9d7e-2f6a1c3d5e7f", "10:00:00"),
            ]
        ]

    async def test_columns_have_names_and_types(self, mart: Path) -> None:
        said = await run(mart, 'SELECT rep, rep, talk_seconds AS "a b" FROM rep_day WHERE talk_seconds > 0', BOUNDS)
        assert [(column.name, column.type) for column in said.columns] == [
            *(("rep", "VARCHAR"), ("rep", "VARCHAR"), ("a b", "BIGINT")),
        ]
        assert (said.count, bytes(said.rows)) == (1, b'[["anna","anna",90]]')
        assert said.as_of == {"kvota.calls/0": 2, "kvota.decisions/0": 2, "kvota.parked/0": 0}

    @pytest.mark.parametrize("sql", ["SHOW TABLES", "DESCRIBE rep_day", "FROM cut", "VALUES (1)", "SELECT 1;"])
    async def test_there_are_other_words_for_a_select(self, mart: Path, sql: str) -> None:
        assert (await run(mart, sql, BOUNDS)).count >= 1

    async def test_what_is_refused_is_said_in_one_line(self, mart: Path) -> None:
        said = await run(mart, "SELECT talk FROM rep_day", BOUNDS)
        assert said.outcome == "refused"
        assert said.reason.startswith('Binder Error: Referenced column "talk" not found')
        assert "\n" not in said.reason

    @pytest.mark.parametrize(("rows", "outcome"), [(100, "answered"), (101, "too_many_rows")])
    async def test_rows_are_counted_to_the_last(self, mart: Path, rows: int, outcome: str) -> None:
        assert (await run(mart, f"FROM range({rows})", BOUNDS)).outcome == outcome

    async def test_several_are_answered_at_once(self, mart: Path) -> None:
        said = await asyncio.gather(*(run(mart, f"SELECT {number}", BOUNDS) for number in range(4)))
        assert [bytes(one.rows) for one in said] == [b"[[0]]", b"[[1]]", b"[[2]]", b"[[3]]"]


class TestWhatItIsGiven:
    def test_the_program_has_nothing_of_ours(self) -> None:
        tree = ast.parse(CHILD.read_text("utf-8"))
        plain = {each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names}
        parts = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert (plain | {part.split(".")[0] for part in parts}) - sys.stdlib_module_names == {"duckdb"}

    def test_it_says_what_the_log_knows(self) -> None:
        program = runpy.run_path(str(CHILD))
        said = {program[name] for name in ("_REFUSED", "_TOO_MANY_ROWS", "_TOO_LARGE", "_OUT_OF_MEMORY")}
        assert said == set(get_args(Outcome)) - {"answered", "out_of_time", "died"}

    async def test_it_has_no_environment_and_no_file_of_ours(
        self, tmp_path: Path, mart: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KVOTA_TOKEN", "secret")
        with (mart / "mart.duckdb").open("rb") as inheritable:
            os.set_inheritable(inheritable.fileno(), True)  # noqa: FBT003  # as os calls it
            said = await _instead(
                tmp_path,
                mart,
                monkeypatch,
                """
                import json, os, sys
                files = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
                files = sorted(os.readlink(file).partition(":")[0] for file in files if os.path.lexists(file))
                found = {"environment": sorted(set(os.environ) - {"LC_CTYPE"}), "files": files, "folder": os.getcwd(),
                         "isolated": sys.flags.isolated}
                print(json.dumps({"outcome": "refused", "reason": json.dumps(found)}))
                """,
            )
        assert msgspec.json.decode(said.reason) == {
            "environment": [],
            "files": ["/dev/null", "pipe", "pipe"],
            "folder": "/",
            "isolated": 1,
        }


class TestTheKernel:
    @pytest.mark.parametrize(
        ("deed", "complaint"),
        [
            ("open('{folder}/out', 'wb', 0).write(b'x')", "File too large"),
            ("bytearray(2 << 30)", "MemoryError"),
            ("[open('/dev/null') for _ in range(100)]", "Too many open files"),
            ("sum(range(10**12))", ""),
            ("time.sleep(60)", ""),
        ],
    )
    def test_it_keeps_the_process_from_what_a_query_does_not_need(
        self, tmp_path: Path, deed: str, complaint: str
    ) -> None:
        program = f"import runpy, time\nrunpy.run_path({str(CHILD)!r})['give_up'](2, 128)\n" + deed.replace(
            "{folder}", str(tmp_path)
        )
        began = time.monotonic()
        ran = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)
        assert time.monotonic() - began < 15
        assert ran.returncode != 0
        assert complaint in ran.stderr
        assert not any(file.stat().st_size for file in tmp_path.iterdir())


class TestOneThatKeepsToNothing:
    async def test_one_that_does_not_end_is_ended(
        self, tmp_path: Path, mart: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sandbox, "_GRACE_S", 0.5)
        began = time.monotonic()
        program = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)"
        said = await _instead(tmp_path, mart, monkeypatch, program, Bounds(seconds=0.5))
        assert (said.outcome, time.monotonic() - began < 10) == ("out_of_time", True)

    @pytest.mark.parametrize(
        "program",
        [
            "import sys\nwhile True: sys.stdout.write('x' * 65536)",
            "print('no JSON')",
            'print(\'{"outcome": "pleased"}\')',
            "raise SystemExit(3)",
            "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
            "",
        ],
    )
    async def test_what_one_says_that_is_no_answer_is_none(
        self, tmp_path: Path, mart: Path, monkeypatch: pytest.MonkeyPatch, program: str
    ) -> None:
        said = await _instead(tmp_path, mart, monkeypatch, program, BOUNDS)
        assert (said.outcome, said.count) == ("died", 0)


def test_a_change_in_a_cte_is_a_select_to_duckdb_so_the_statement_alone_tells_too_little() -> None:
    with duckdb.connect() as con:
        con.execute("CREATE TABLE mine (x INTEGER)")
        [statement] = con.extract_statements("WITH new AS (INSERT INTO mine VALUES (1) RETURNING *) FROM new")
    assert statement.type == duckdb.StatementType.SELECT


async def _instead(
    folder: Path, mart: Path, monkeypatch: pytest.MonkeyPatch, program: str, bounds: Bounds = BOUNDS
) -> Said:
    """Ask another program than ours."""
    file = folder / "child.py"
    file.write_text(textwrap.dedent(program))
    monkeypatch.setattr(sandbox, "_CHILD", file)
    return await run(mart, "x" * 20_000, bounds)
