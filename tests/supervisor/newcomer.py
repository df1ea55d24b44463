"""Whoever has just cloned Kvota, and pastes what the README says into a shell."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psutil

CHECKOUT = Path(__file__).resolve().parents[2]


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
def bash(folder: Path, environment: Mapping[str, str]) -> Generator[Bash]:
    """Open a shell in a folder, in the company's time zone."""
    with subprocess.Popen(
        ["/bin/bash", "--norc"],
        cwd=folder,
        env={**os.environ, **environment, "TZ": "Europe/Moscow", "COLUMNS": "200"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        yield Bash(shell.stdin, shell.stdout)
        shell.stdin.close()


def make_clone(folder: Path, installed: Path) -> None:
    """Make a folder what a clone is after `make setup`, with the Kafka that is installed elsewhere."""
    (folder / "tests").symlink_to(CHECKOUT / "tests")
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / ".kvota").mkdir()
    for kafka in installed.glob("kafka-*"):
        (folder / ".kvota" / kafka.name).symlink_to(kafka.resolve())


def blocks(heading: str) -> list[str]:
    """Give what the README shows in a section, block by block."""
    section = (CHECKOUT / "README.md").read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^```(?:sh)?\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)


def commands(block: str) -> list[str]:
    """Give the commands of a block; a command goes on in indented lines."""
    return re.findall(r"^\S.*\n(?:[ ].*\n)*", block, flags=re.MULTILINE)


def left_of(home: Path) -> list[psutil.Process]:
    """Give the processes that were told of a home."""
    return [each for each in psutil.process_iter() if any(str(home) in word for word in _told(each))]


def _told(process: psutil.Process) -> Iterator[str]:
    try:
        yield from (*process.cmdline(), *process.environ().values())
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return
