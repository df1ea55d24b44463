"""The data directory of one broker: what lies where, who runs on it, and where that one answers."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NewType

from services.runtime.lock import is_owned

BrokerAddress = NewType("BrokerAddress", str)
"""Where a broker answers, as clients want it: `127.0.0.1:9092`."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The guard that has the folder, and its broker's address once the broker answers."""

    pid: int
    address: BrokerAddress | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """A broker's data directory, as an absolute path."""

    root: Path

    @property
    def lock(self) -> Path:
        """The lock that a broker on this folder holds for life."""
        return self.root / "broker.lock"

    @property
    def kafka(self) -> Path:
        """Kafka's own directory: the records."""
        return self.root / "kafka"

    @property
    def properties(self) -> Path:
        """The settings of the broker that runs, or ran last."""
        return self.root / "server.properties"

    @property
    def log(self) -> Path:
        """What the guard and the JVM print."""
        return self.root / "logs" / "broker.log"

    @property
    def temporary(self) -> Path:
        """Where the JVM unpacks its native libraries."""
        return self.root / "tmp"

    def prepare(self) -> None:
        """Make the directories that the others write into."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.temporary.mkdir(exist_ok=True)

    def is_owned(self) -> bool:
        """Tell whether a broker, or what is left of one, is alive on this folder."""
        return is_owned(self.lock)

    def owner(self) -> Owner | None:
        """Return the guard that is alive on this folder; None when there is none, or it has not said so yet."""
        if not self.is_owned() or not self._owner.exists():
            return None
        written = json.loads(self._owner.read_bytes())
        return Owner(pid=written["pid"], address=written["address"])

    def write_owner(self, owner: Owner) -> None:
        """Say who owns the folder; only the owner does."""
        partial = self._owner.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(owner)), encoding="ascii")
        partial.replace(self._owner)

    def forget_owner(self) -> None:
        """Say that nobody owns the folder."""
        self._owner.unlink(missing_ok=True)

    @property
    def _owner(self) -> Path:
        return self.root / "broker.json"
