"""The README read from top to bottom works, command by command, as a newcomer pastes it."""

import json
import re
import signal
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.runtime.ports import HOST
from services.supervisor import control
from services.supervisor.plan import Ports
from tests.callers import bearer
from tests.cli.commands import started
from tests.supervisor.newcomer import bash, blocks, commands, left_of, make_clone
from tests.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

IDS = ("unit", "anna", "boris", "deal", "lost")
"""The variables that the tour sets to what was made, and the lines that set them."""
LINES = (
    *(
        "where",
        "tokens",
        "field",
        "decide",
        "unit",
        "anna",
        "boris",
        "year",
        "quota",
        "deal",
        "win",
        "again",
        "lost",
        "lose",
        "fact",
    ),
    *("board", "report", "explain"),
)
"""The lines of the tour, in their order."""


@pytest.fixture
def clone(home: Path, tmp_path: Path) -> Iterator[Path]:
    """Give a clone that is set up; what was left running in it is ended."""
    make_clone(tmp_path, installed=home)
    yield tmp_path
    control.stop(tmp_path / ".kvota")


@pytest.fixture
def told(ports: Ports) -> dict[str, str]:
    """Give what is told of the ports, which are others than the README's."""
    return {name: str(port) for name, port in ports.model_dump(by_alias=True).items()}


def test_a_demo_that_runs_can_be_asked_in_another_terminal(clone: Path, told: dict[str, str]) -> None:
    _make, asking = blocks("Try it")
    with started("demo", "--reps=8", home=clone / ".kvota", **told) as demo:
        assert demo.stdout is not None
        assert demo.stdout.readline().startswith("The board: ")
        with bash(clone, told) as shell:
            define, status, call_centre, attainment, on_paper, performance, explain, verify = commands(asking)
            assert shell.paste(define) == ""
            assert "simulator" in shell.paste(status)
            assert eventually(
                lambda: "│ offered " in shell.paste(call_centre), within_s=90
            )  # of a small floor, calls are few
            assert "│ denominator " in shell.paste(attainment)
            shell.paste(on_paper)
            assert (clone / ".kvota" / "quota.pdf").read_bytes().startswith(b"%PDF-")
            shell.paste(performance)
            assert zipfile.is_zipfile(clone / ".kvota" / "reps.xlsx")
            assert "deal.won" in shell.paste(explain)
            assert re.search(r"^[1-9]\d* cells compared, 0 differ$", shell.paste(verify))
        demo.send_signal(signal.SIGINT)
        assert demo.wait(timeout=60) == 0
    assert left_of(clone) == []


def test_the_system_is_started_fed_asked_and_ended(clone: Path, ports: Ports, told: dict[str, str]) -> None:
    (starting,), (feeding,), (touring, shown) = map(
        blocks, ("The whole system", "Your own Asterisk", "A tour with curl")
    )
    with bash(clone, told) as shell:
        up, status = [shell.paste(command) for command in commands(starting)]
        assert f"The board: {ports.url('wallboard')}\n" in up
        assert "wallboard" in status
        fed, verified, report = [shell.paste(command) for command in commands(feeding)]
        assert "kvota.calls" in fed
        assert re.search(r"^[1-9]\d* cells compared, 0 differ$", verified)
        assert "sales" in report
        line = dict(zip(LINES, (at(ports, command) for command in commands(touring)), strict=True))
        said = {name: shell.paste(line[name]) for name in LINES}
        unit, anna, boris, deal, lost = (shell.paste(f"printf %s ${name}") for name in IDS)
        assert {name for name in LINES if not said[name]} == {"where", "tokens", "field", "decide", "year", *IDS}

        reading = bearer(clone / ".kvota", "auditor")
        with httpx.Client(base_url=f"{ports.url('desk')}/v1/", headers=reading, timeout=30) as desk:
            assert desk.get(f"units/{unit}").json()["title"] == "Sales"
            assert [desk.get(f"reps/{rep}").json()["unit"] for rep in (anna, boris)] == [unit, unit]
            quota = desk.get(f"quotas/{json.loads(said['quota'])['quota']}").json()
            assert (quota["holder"], len(quota["periods"])) == (anna, 12)
            parts = {part["rep"]: part["amount_minor"] for part in desk.get(f"deals/{deal}").json()["credits"]}
            assert parts == {anna: 17_500_000, boris: 7_500_000}
            assert desk.get(f"deals/{lost}").json()["reason"] == "price"
        assert shell.paste(line["win"]) == said["win"]
        assert said["again"].replace(deal, "…") == shown
        assert json.loads(said["lose"])["deal"] == lost
        assert json.loads(said["fact"]) == {"accepted": 1}

        leaders = [("Ivanova A.", 17_500_000, 100_000_000, "talking"), ("Petrov B.", 7_500_000, None, None)]
        assert eventually(lambda: _sellers(shell.told(line["board"])) == leaders)
        assert eventually(lambda: _attained(shell.told(line["report"])) == [(anna, 17_500_000, "17.50")])
        win = (json.loads(said["win"])["event"], 7_500_000)
        assert eventually(lambda: _behind(shell.told(line["explain"])) == [win])
        assert shell.paste(".venv/bin/kvota down") == "stopped\n"
    assert left_of(clone) == []


def at(ports: Ports, command: str) -> str:
    """Give a command for a system on other ports."""
    for name, port in Ports.model_construct().model_dump().items():
        command = command.replace(f"http://{HOST}:{port}", ports.url(name))
    return command


def _sellers(board: Any) -> list[tuple[object, ...]]:  # noqa: ANN401  # JSON
    names = ("name", "won_minor", "quota_minor", "state")
    return [tuple(row[name] for name in names) for row in board["leaderboard"] if row["won_minor"]]


def _attained(report: Any) -> list[tuple[object, ...]]:  # noqa: ANN401  # JSON
    return [(row["rep"], row["won_minor"], row["attainment"]) for row in report["rows"]]


def _behind(explained: Any) -> list[tuple[object, ...]]:  # noqa: ANN401  # JSON
    return [(each["id"], each["won_minor"]) for each in explained["contributions"]]
