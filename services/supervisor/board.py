"""What a supervisor says of its programs, in a file that anybody may read: `run/stack.json` in Kvota's home."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

State = Literal["waiting", "starting", "ready", "failed", "done"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How one program stands."""

    state: State
    pid: int | None = None
    restarts: int = 0
    url: str | None = None
    log: str | None = None
    """The file that it writes to."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The files of one supervisor."""

    home: Path

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return self.home / "run"

    @property
    def lock(self) -> Path:
        """The lock that the supervisor holds for life."""
        return self.folder / "stack.lock"

    def log(self, program: str) -> Path:
        """What a program prints."""
        return self.folder / f"{program}.log"

    def write(self, pid: int, standings: Mapping[str, Standing]) -> None:
        """Say how the programs stand."""
        written = {"pid": pid, "programs": {name: asdict(standing) for name, standing in standings.items()}}
        partial = self._file.with_suffix(".partial")
        partial.write_text(json.dumps(written), "utf-8")
        partial.replace(self._file)

    def read(self) -> tuple[int, dict[str, Standing]] | None:
        """The supervisor's pid, and how its programs stand; None when it has said nothing yet."""
        if not self._file.exists():
            return None
        written = json.loads(self._file.read_text("utf-8"))
        return written["pid"], {name: Standing(**standing) for name, standing in written["programs"].items()}

    def forget(self) -> None:
        """Say nothing any more."""
        self._file.unlink(missing_ok=True)

    @property
    def _file(self) -> Path:
        return self.folder / "stack.json"
