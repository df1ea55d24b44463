"""`kvota lake`, as a person runs it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from services.cli.main import app
from services.history.archive import FILE_NAME, Archive
from services.history.judging import LogRecord
from services.history.lake.errors import NoLakeSoftwareError
from services.history.lake.settings import LakeSettings
from services.history.segments.manifest import Segment
from services.history.segments.sealing import FOLDER_NAME, seal
from services.runtime.errors import ClearError
from services.runtime.ports import free_port
from tests.cli.commands import Ran, kvota
from tests.history.lake.lakes import told_to_processes
from tests.history.segments.days import days, rows
from tests.telling import answered, lying, raw

LOG = days([4, 30, 5])


class Run:
    """Runs `kvota lake` or the like in a home, in this process: what it loads takes longer than what it does."""

    def __init__(self, home: Path, command: str = "lake") -> None:
        self._home, self._command = home, command

    def __call__(self, *arguments: str) -> Ran:
        ran = CliRunner().invoke(app, [self._command, *arguments], env={"KVOTA_HOME": str(self._home)})
        return Ran(ran.exit_code, ran.stdout, ran.stderr)


def sealed(home: Path, log: Sequence[LogRecord] = LOG) -> list[tuple[object, ...]]:
    """Have a home whose archive is sealed; what it holds."""
    with Archive(home / FILE_NAME, {}) as archive:
        archive.ingest(log)
        seal(archive, home / FOLDER_NAME, now=True)
        return rows(archive)


def test_the_commands_say_what_they_did_and_find(tmp_path: Path) -> None:
    run, before = Run(tmp_path), sealed(tmp_path)
    assert run("push", "--json").json == {"segments": 3, "records": 39, "joined": 0}
    assert run("push").out == "0 segments pushed, 0 records; 0 segments joined\n"
    [snapshot] = run("snapshots", "--json").json
    assert (snapshot["records"], snapshot["cut"]) == (39, "kvota.calls/0@39")
    assert "kvota.calls/0@39" in run("snapshots").out
    files = run("files", "--snapshot", snapshot["snapshot"]).out.splitlines()
    assert run("files", "--json").json == files
    assert duckdb.read_parquet(files).aggregate('count(*), max("offset")').fetchall() == [(39, 38)]
    (tmp_path / FILE_NAME).unlink()
    assert run("restore", "--json").json == {"records": 39}
    with Archive(tmp_path / FILE_NAME, {}) as archive:
        assert rows(archive) == before
    counts = {"segments": 3, "records": 39, "to_push": 0}
    found = run("verify", "--json")
    assert (found.code, found.json) == (0, {"agree": True, **counts, "problems": []})
    Path(files[1].removeprefix("file://")).unlink()
    found = run("verify")
    assert (found.code, found.out.count("is missing")) == (1, 1)
    assert run("push", "--anew").code == 0
    assert run("verify").out == "3 segments, 0 problems, 0 segments to push\n"


def test_what_was_sealed_since_is_to_be_pushed_and_no_damage(tmp_path: Path) -> None:
    run = Run(tmp_path)
    sealed(tmp_path)
    run("push")
    with Archive(tmp_path / FILE_NAME, {}) as archive:
        archive.ingest(days([4, 30, 5, 2]))
        seal(archive, tmp_path / FOLDER_NAME, now=True)
    found = run("verify", "--json")
    assert (found.code, found.json["to_push"]) == (0, 1)
    run("push")
    [first, second] = run("snapshots", "--json").json
    assert run("expire", "--keep", "1", "--json").json == {"forgotten": [first["snapshot"]], "kept": 1}
    assert run("expire", "--keep", "1").out == "0 snapshots forgotten, 1 kept\n"
    assert run("snapshots", "--json").json == [second]
    assert run("verify").code == 0


def test_what_is_old_is_let_go_of_and_it_is_said_what_is_where(tmp_path: Path) -> None:
    run, of_archive, now = Run(tmp_path), Run(tmp_path, "archive"), datetime.now(UTC)
    values = [raw(answered(talk=start), start) for start in range(4)]
    old, young = lying(values, since=now - timedelta(400)), lying(values, start=4, since=now - timedelta(1))
    before = sealed(tmp_path, [*old, *young])
    assert of_archive("retain", "--days", "90").code != 0, "there is no lake yet"
    run("push")
    foreseen = of_archive("retain", "--days", "90", "--dry-run", "--json").json
    [gone], location = foreseen["let_go"], foreseen["let_go"][0]["file"]
    assert (gone["first"], gone["last"], gone["rows"], location in run("files").out) == (0, 3, 4, True)
    assert of_archive("verify", "--json").json["let_go"] == 0
    assert of_archive("retain", "--days", "90").out.splitlines() == [
        "1 segments let go of, 4 records",
        f"{Segment(**gone).path} lies in {location}",
    ]
    assert of_archive("verify").out == "2 segments, 0 damaged, 1 let go of to the lake\n"
    assert run("push").out == "0 segments pushed, 0 records; 0 segments joined\n"
    assert run("verify").out == "2 segments, 0 problems, 0 segments to push\n"
    assert of_archive("restore", "--replace", "--json").json == {"records": 8}
    with Archive(tmp_path / FILE_NAME, {}) as archive:
        assert rows(archive) == before
    Path(location.removeprefix("file://")).unlink()
    found = run("verify")
    assert (found.code, found.out.count("is missing")) == (1, 1)


def test_what_is_old_and_not_pushed_is_kept_and_said(tmp_path: Path) -> None:
    of_archive, longer_ago = (
        Run(tmp_path, "archive"),
        lying([raw(answered(), 9)], since=datetime(2020, 1, 1, tzinfo=UTC)),
    )
    sealed(tmp_path, longer_ago)
    Run(tmp_path)("push")
    sealed(tmp_path, [*longer_ago, *lying([raw(answered(), 8)], start=1, since=datetime(2020, 1, 2, tzinfo=UTC))])
    found = of_archive("retain", "--days", "90")
    assert (found.code, found.out.splitlines()[0]) == (1, "1 segments let go of, 1 records")
    assert found.out.splitlines()[2].endswith("is not in the lake yet: `kvota lake push` brings it there")


@pytest.mark.parametrize("days", ["0", "36501", "999999999999"])
def test_days_that_no_calendar_has_are_refused(tmp_path: Path, days: str) -> None:
    refused = kvota("archive", "retain", "--days", days, home=tmp_path)
    assert (refused.code, "--days" in refused.err) == (2, True)


def test_the_folder_of_a_home_is_called_as_the_home_is(tmp_path: Path) -> None:
    home = tmp_path / "мой дом"
    run = Run(home)
    sealed(home)
    assert run("push").code == 0
    files = run("files").out.splitlines()
    assert {Path(each.removeprefix("file://")).parents[5] for each in files} == {home / "lake" / "kvota"}
    assert duckdb.read_parquet(files).aggregate("count(*)").fetchall() == [(39,)]
    assert run("verify").out == "3 segments, 0 problems, 0 segments to push\n"


def test_a_catalogue_that_does_not_answer_is_said_and_no_secret_is_shown(tmp_path: Path) -> None:
    told = f"postgresql://kvota:very-secret@127.0.0.1:{free_port()}/lake"
    found = kvota("lake", "push", home=tmp_path, KVOTA_LAKE_CATALOGUE=told)
    assert (found.code, found.err.count("\n"), found.out) == (2, 1, "")
    assert "KVOTA_LAKE_CATALOGUE" in found.err
    assert "very-secret" not in found.err


@pytest.mark.parametrize(
    ("name", "value"),
    [("catalogue", "mysql://kvota:very-secret@host/lake"), ("warehouse", "/mnt/lake"), ("warehouse", "s3://")],
)
def test_settings_that_make_no_sense_are_named_and_not_shown(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = f"KVOTA_LAKE_{name}".upper()
    monkeypatch.setenv(variable, value)
    with pytest.raises(ClearError, match=variable) as raised:
        LakeSettings()
    assert "very-secret" not in str(raised.value)


def test_storage_that_refuses_is_said_in_a_line(
    on_s3: LakeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed(tmp_path)
    for name, value in told_to_processes(on_s3).items():
        monkeypatch.setenv(name, value)
    found = kvota("lake", "push", home=tmp_path, KVOTA_LAKE_WAREHOUSE="s3://there-is-none/kvota")
    assert (found.code, found.err.count("\n")) == (2, 1)
    assert "there-is-none" in found.err
    assert "of-no-use-elsewhere" not in found.err


@pytest.mark.parametrize("missing", ["pyiceberg", "sqlalchemy"])
def test_without_its_software_it_is_said_what_to_install(tmp_path: Path, missing: str) -> None:
    program = (
        f"import sys; sys.modules['{missing}'] = None\n"
        "from services.cli.main import main\n"
        "sys.argv = ['kvota', 'lake', 'push']; main()"
    )
    variables = {**os.environ, "KVOTA_HOME": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (2, f"kvota: {NoLakeSoftwareError()}\n")
    assert "pip install '.[lake]'" in ran.stderr
    assert "pip install '.[lake]'" in (NoLakeSoftwareError().ru or "")
