"""Running `kvota` as a person does: a process of its own, its output and its exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401  # commands print JSON of many shapes
        """What it printed, read; fails with what it complained of where it printed nothing."""
        assert self.out, f"it ended with {self.code}: {self.err}"
        return json.loads(self.out)

    @property
    def objects(self) -> list[Any]:
        """What it printed line by line, read."""
        return [json.loads(line) for line in self.out.splitlines()]


_COMMAND = (sys.executable, "-c", "from services.cli.main import main; main()")


def kvota(*arguments: str | Path, home: Path, within_s: float = 120, **environment: str) -> Ran:
    """Run a command in a home and wait for its end."""
    command, variables = [*_COMMAND, *map(str, arguments)], _variables(home, environment)
    ran = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=within_s, check=False)
    return Ran(ran.returncode, ran.stdout, ran.stderr)


@contextmanager
def started(*arguments: str, home: Path, **environment: str) -> Generator[subprocess.Popen[str]]:
    """Start a command that goes on; it is killed when the block ends, unless it has ended."""
    with subprocess.Popen(
        [*_COMMAND, *arguments], env=_variables(home, environment), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _variables(home: Path, environment: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, "KVOTA_HOME": str(home), "COLUMNS": "200", **environment}
