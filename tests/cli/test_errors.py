"""Bad input: one clear line on standard error, exit code 2, never a traceback."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cli.commands import kvota

HEAVY = {"aiokafka", "duckdb", "faust", "pyarrow", "pydantic", "numpy", "hypothesis"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("fold", "nothing", "{file}"), "no projection 'nothing'; there are: agent_interval"),
        (("feed", "avaya", "--file", "{file}", "--dry-run"), "There is no source avaya: known are 3cx, aircall"),
        (("feed", "asterisk", "--file", "{noise}", "--dry-run"), "noise"),
        (("feed", "asterisk", "--file", "{file}", "--dry-run", "--time-zone", "Mars"), "no time zone 'Mars'"),
        (("feed", "asterisk", "--file", "{file}", "--dry-run", "--source-zone", "Mars"), "no time zone 'Mars'"),
        (("feed", "asterisk", "--file", "{file}", "--dry-run", "--roster", "{file}"), "a roster is a JSON object"),
        (("report", "nothing"), "no report 'nothing'; there are: agent_time, call_centre, certifications, "),
        (("report", "rep_day", "colour=red"), "colour: rep_day has no such parameter; there are: day, from, rep, to"),
        (("report", "rep_day", "day"), "expected NAME=VALUE, got 'day'"),
        (
            ("report", "rep_day", "known_at=2026-11-24T09:00Z"),
            "known_at is no parameter of a report, but how it is asked",
        ),
        (("report", "rep_day", "row.rep=anna"), "say what is to be explained: add --explain"),
        (("report", "rep_day", "--column", "calls"), "say what is to be explained: add --explain"),
        (("report", "rep_day", "rep=anna", "rep=boris"), "rep is given more than once"),
        (("report", "rep_day", "--known-at", "yesterday"), "'yesterday' is no instant"),
        (("report", "rep_day", "--known-at", "2026-11-24T10:00:00"), "has no zone"),
        (("report", "rep_day", "--known-at", "9999-12-31T23:59:59-03:00"), "is no instant"),
        (("explain", "nothing"), "no projection 'nothing'"),
        (("explain", "rep_day", "colour=red"), "'colour'"),
        (("schema", "call.lost"), "no event 'call.lost'"),
        (("calc", "service-level", "{file}"), "empty"),
        (("projections", "verify", "nothing"), "no projection 'nothing'"),
        (("fold", "rep_day", "/nowhere"), "does not exist"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_code_2(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    noise = tmp_path / "noise"
    noise.write_text("something else\n" * 9)
    ran = kvota(*(argument.format(file=empty, noise=noise) for argument in arguments), home=tmp_path)
    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert ran.out == ""


def test_it_says_which_release_it_is(tmp_path: Path) -> None:
    ran = kvota("--version", home=tmp_path)
    assert (ran.code, ran.out, ran.err) == (0, f"kvota {version('kvota')}\n", "")


def test_without_a_broker_a_command_says_so(tmp_path: Path) -> None:
    ran = kvota("parked", "list", home=tmp_path, KVOTA_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
    assert ran.code == 2
    assert "127.0.0.1:1" in ran.err
    assert "Traceback" not in ran.err


def test_a_broker_that_does_not_run_is_the_answer_no(tmp_path: Path) -> None:
    ran = kvota("broker", "status", "--json", home=tmp_path)
    assert (ran.code, ran.json) == (1, {"running": False, "bootstrap_servers": None})


def test_help_starts_quickly_because_it_imports_nothing_heavy() -> None:
    script = "import sys, services.cli.main; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert HEAVY & {name.partition(".")[0] for name in loaded} == set()


def test_a_projector_without_kafka_says_so_in_one_line(tmp_path: Path) -> None:
    nowhere = {**os.environ, "KVOTA_HOME": str(tmp_path), "KVOTA_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    command = [sys.executable, "-m", "services.projector"]
    ran = subprocess.run(command, env=nowhere, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 1
    assert "no Kafka answers at 127.0.0.1:1" in ran.stderr
    assert "Traceback" not in ran.stderr
