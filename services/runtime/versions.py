"""The versions of the projector, as the log tells of them: which is being built, which could serve, which serves.

A version is what one release's projections made of the log, with a consumer group and topics of its own. One record in
the versions topic promotes it: whoever shows live cells goes over to it, if that release's projections are its own.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from projections.projection import Projection
from services.runtime.errors import ClearError
from services.runtime.log import Record, consumer, producer, read_to_end
from services.runtime.settings import KafkaSettings
from services.runtime.topics import partition_counts

VERSIONS_TOPIC = "kvota.versions"
FIRST = 1
"""The version that serves before any is promoted; by which projections, only its cells say."""
_LOOK_FOR_TOPIC_S = 5.0
_TAIL_MS = 500

MadeBy = Mapping[str, str]
"""The digest of each projection, by name."""


class Stage(StrEnum):
    """What a version has come to."""

    BUILDING = "building"
    SEEDED = "seeded"
    SERVING = "serving"
    DROPPED = "dropped"


class Standing(msgspec.Struct, frozen=True):
    """What a record of the versions topic says."""

    version: int
    stage: Stage
    made_by: dict[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a version: its last standing, and since when, in epoch milliseconds."""

    standing: Standing
    since_ms: int


class NoVersionError(ClearError):
    """No version was made by these projections."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "no version of the live cells was made by this release's projections: kvota projections rebuild"
        )


@dataclass(slots=True)
class Versions:
    """What the versions topic says in all."""

    known: dict[int, Known] = field(default_factory=dict[int, Known])
    promoted: list[int] = field(default_factory=lambda: [FIRST])
    """The versions that served and were not dropped, in the order of their promotion."""

    def take(self, standing: Standing, appended_ms: int) -> None:
        """Take in the next record."""
        version, stage = standing.version, standing.stage
        self.known[version] = Known(standing, appended_ms)
        if stage in (Stage.SERVING, Stage.DROPPED) and version in self.promoted:
            self.promoted.remove(version)
        if stage is Stage.SERVING:
            self.promoted.append(version)

    @property
    def serving(self) -> int:
        """The version that serves."""
        return self.promoted[-1]

    @property
    def latest(self) -> int:
        """The greatest version that there ever was."""
        return max(self.known, default=FIRST)

    def seeded(self, made_by: MadeBy) -> int | None:
        """The latest version that was made by exactly these projections and waits to be promoted."""
        waiting = (
            version
            for version, known in self.known.items()
            if self.waits(version) and known.standing.made_by == made_by
        )
        return max(waiting, default=None)

    def waits(self, version: int) -> bool:
        """Whether a version is seeded and has never served."""
        known = self.known.get(version)
        return known is not None and known.standing.stage is Stage.SEEDED

    @property
    def dropped(self) -> list[int]:
        """The versions that are gone, or are to go."""
        return [version for version, known in self.known.items() if known.standing.stage is Stage.DROPPED]

    def to_work_for(self, made_by: MadeBy) -> int:
        """The version that a worker with exactly these projections keeps up; raises NoVersionError."""
        return self._choose(lambda found: found == made_by) or self.seeded(made_by) or self._first()

    def to_read(self, made_by: MadeBy) -> int:
        """The version that a reader of these projections shows; raises NoVersionError."""
        return self._choose(lambda found: made_by.items() <= found.items()) or self._first()

    def _choose(self, suits: Callable[[MadeBy], bool]) -> int | None:
        """The one promoted last that suits."""
        told = (self.known[version].standing for version in reversed(self.promoted) if version in self.known)
        return next((standing.version for standing in told if suits(standing.made_by)), None)

    def _first(self) -> int:
        """The one of which nobody told by which projections it is: whoever opens it will see."""
        if FIRST not in self.promoted or FIRST in self.known:
            raise NoVersionError
        return FIRST

    def outlived(self, now_ms: int, keep_ms: int) -> list[int]:
        """Those that nobody needs any more: superseded, or left half built or waiting, for so long."""
        since = self.known[self.serving].since_ms if self.serving in self.known else now_ms
        superseded = [version for version in self.promoted[:-1] if now_ms - since >= keep_ms]
        unfinished = [
            version
            for version, known in self.known.items()
            if known.standing.stage in (Stage.BUILDING, Stage.SEEDED) and now_ms - known.since_ms >= keep_ms
        ]
        return superseded + unfinished


def made_by(projections: Mapping[str, Projection]) -> dict[str, str]:
    """The digest of each projection."""
    return {name: projection.digest for name, projection in projections.items()}


class VersionsLog:
    """The versions topic, read to its end and on. For use inside one event loop; made by `versions_log`."""

    def __init__(self, kafka: KafkaSettings, reader: AIOKafkaConsumer) -> None:
        """Know nothing yet."""
        self.versions = Versions()
        self._kafka, self._reader = kafka, reader
        self._partition = TopicPartition(VERSIONS_TOPIC, 0)
        self._next = 0
        self._exists = False

    async def read(self) -> Versions:
        """Read to the end; a topic that does not exist says nothing."""
        counts = await partition_counts(self._kafka.bootstrap_servers, [VERSIONS_TOPIC])
        self._exists = VERSIONS_TOPIC in counts
        if self._exists:
            async for record in read_to_end(self._reader, self._partition, self._next):
                self._take(record)
        return self.versions

    async def until(self, holds: Callable[[Versions], bool]) -> None:
        """Read on until what the topic says is so."""
        while not holds(self.versions):
            if self._exists:
                await self._read_on()
            else:
                await asyncio.sleep(_LOOK_FOR_TOPIC_S)
                await self.read()

    async def _read_on(self) -> None:
        for records in (await self._reader.getmany(self._partition, timeout_ms=_TAIL_MS)).values():
            for record in records:
                self._take(record)

    def _take(self, record: Record) -> None:
        if record.offset >= self._next and record.value is not None:
            self._next = record.offset + 1
            self.versions.take(msgspec.json.decode(record.value, type=Standing), record.timestamp)


@asynccontextmanager
async def versions_log(kafka: KafkaSettings) -> AsyncGenerator[VersionsLog]:
    """Open the versions topic, read to its end."""
    async with consumer(kafka, wait_ms=_TAIL_MS) as reader:
        log = VersionsLog(kafka, reader)
        await log.read()
        yield log


async def read_versions(kafka: KafkaSettings) -> Versions:
    """What the versions topic says now."""
    async with versions_log(kafka) as log:
        return log.versions


async def tell(kafka: KafkaSettings, standing: Standing) -> None:
    """Append a record to the versions topic."""
    async with producer(kafka) as writer:
        await writer.send_and_wait(VERSIONS_TOPIC, msgspec.json.encode(standing), partition=0)
