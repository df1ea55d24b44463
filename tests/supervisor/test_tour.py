"""The tour with curl in the README works, line by line, as a newcomer pastes it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

from services.runtime.ports import HOST
from services.supervisor.plan import Ports
from tests.waiting import eventually

CHECKOUT = Path(__file__).resolve().parents[2]
IDS = ("unit", "anna", "boris", "deal", "lost")
"""The variables that the tour sets to what was made, and the lines that set them."""
LINES = (
    *("where", "made", "unit", "anna", "boris", "year", "quota", "deal", "win", "again", "lost", "lose", "fact"),
    *("board", "report", "explain"),
)
"""The lines of the tour, in their order."""


class Bash:
    """A shell that somebody pastes into."""

    def __init__(self, asked: IO[bytes], said: IO[bytes]) -> None:
        """Paste here, read there."""
        self._asked, self._said = asked, said

    def paste(self, command: str) -> str:
        """Run a command; gives what it printed. It has to succeed."""
        self._asked.write(command.encode() + b"\nprintf '\\0%s\\n' $?\n")
        self._asked.flush()
        printed = bytearray()
        while not re.search(rb"\0[0-9]+\n$", printed):
            line = self._said.readline()
            assert line, "the shell has ended"
            printed += line
        text, _, code = printed.decode().rpartition("\0")
        assert code == "0\n", text
        return text

    def told(self, command: str) -> Any:  # noqa: ANN401  # JSON of many shapes
        """Run a command that prints JSON."""
        return json.loads(self.paste(command))


@contextmanager
def bash() -> Generator[Bash]:
    """Open a shell where the README is, in the company's time zone."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with subprocess.Popen(
        ["/bin/bash", "--norc"],
        cwd=CHECKOUT,
        env={**os.environ, "PATH": path, "TZ": "Europe/Moscow"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        yield Bash(shell.stdin, shell.stdout)
        shell.stdin.close()


def tour(readme: str, heading: str) -> tuple[list[str], str]:
    """Give the commands of the tour, and the answer that the README shows; a command goes on in indented lines."""
    section = (CHECKOUT / readme).read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    commands, shown = re.findall(r"^```(?:sh)?\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^\S.*\n(?:[ ].*\n)*", commands, flags=re.MULTILINE), shown


def at(ports: Ports, command: str) -> str:
    """Give a command for a stack on other ports."""
    for name, port in Ports.model_construct().model_dump().items():
        command = command.replace(f"http://{HOST}:{port}", ports.url(name))
    return command


def test_the_tour_is_the_same_in_russian() -> None:
    assert tour("README.ru.md", "Прогулка с curl") == tour("README.md", "A tour with curl")


@pytest.mark.kafka
@pytest.mark.timeout(240)
@pytest.mark.usefixtures("stack_home")
def test_every_line_of_the_tour_does_what_it_says(ports: Ports) -> None:
    commands, shown = tour("README.md", "A tour with curl")
    line = dict(zip(LINES, (at(ports, command) for command in commands), strict=True))
    with bash() as shell, httpx.Client(base_url=f"{ports.url('desk')}/v1/", timeout=30) as desk:
        said = {name: shell.paste(line[name]) for name in LINES}
        unit, anna, boris, deal, lost = (shell.paste(f"printf %s ${name}") for name in IDS)
        assert {name for name in LINES if not said[name]} == {"where", "made", "year", *IDS}

        assert desk.get(f"units/{unit}").json()["title"] == "Sales"
        assert [desk.get(f"reps/{rep}").json()["unit"] for rep in (anna, boris)] == [unit, unit]
        quota = desk.get(f"quotas/{json.loads(said['quota'])['quota']}").json()
        assert (quota["holder"], len(quota["periods"])) == (anna, 12)
        parts = {part["rep"]: part["amount_minor"] for part in desk.get(f"deals/{deal}").json()["credits"]}
        assert parts == {anna: 17_500_000, boris: 7_500_000}
        assert shell.paste(line["win"]) == said["win"]
        assert said["again"].replace(deal, "…") == shown
        assert json.loads(said["lose"])["deal"] == lost
        assert desk.get(f"deals/{lost}").json()["reason"] == "price"
        assert json.loads(said["fact"]) == {"accepted": 1}

        leaders = [("Ivanova A.", 17_500_000, 100_000_000, "talking"), ("Petrov B.", 7_500_000, None, None)]
        assert eventually(lambda: _leaders(shell.told(line["board"])) == leaders)
        assert eventually(lambda: _attained(shell.told(line["report"])) == [(anna, 17_500_000, "17.50")])
        win = (json.loads(said["win"])["event"], 7_500_000)
        assert eventually(lambda: _behind(shell.told(line["explain"])) == [win])


def _leaders(board: Any) -> list[tuple[object, ...]]:  # noqa: ANN401  # JSON
    names = ("name", "won_minor", "quota_minor", "state")
    return [tuple(row[name] for name in names) for row in board["leaderboard"]]


def _attained(report: Any) -> list[tuple[object, ...]]:  # noqa: ANN401  # JSON
    return [(row["rep"], row["won_minor"], row["attainment"]) for row in report["rows"]]


def _behind(explained: Any) -> list[tuple[object, ...]]:  # noqa: ANN401  # JSON
    return [(each["id"], each["won_minor"]) for each in explained["contributions"]]
