"""Making the next version of the live cells, and having it serve, while the one before goes on serving.

Killed at any moment, it leaves the version before in service: what was seeded is taken up again by the next run, what
was half built is deleted by a later one. What was seeded and differs from history is dropped at once.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec

from projections.projection import load_projections
from services.cli.history import history
from services.runtime.cells_reader import CellsReader, LostTicksError
from services.runtime.child import dies_with_parent
from services.runtime.errors import ClearError
from services.runtime.log import end_positions
from services.runtime.settings import KafkaSettings
from services.runtime.shards import PROJECTED_TOPICS, Positions, Shards, group_of
from services.runtime.topics import (
    TopicError,
    TopicExistsError,
    delete_topics,
    group_size,
    make_new_topics,
    partition_count,
    projector_topics,
)
from services.runtime.versions import FIRST, Stage, Standing, Versions, made_by, read_versions, tell

_HAND_OVER_S = 60.0
_LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Promotion:
    """What was done."""

    version: int
    before: int
    """The version that served until then."""
    cells: int
    """How many cells of it were compared with history."""
    differed: Sequence[str]
    """Where the version before differed from history, as far as both are made alike: a line for each cell."""
    handed_over: bool
    """Whether another worker keeps the version up."""
    dropped: Sequence[int]


class _Compared(msgspec.Struct):
    """What history says of a version."""

    agree: bool
    cells: int
    differences: list[str]


class DiffersError(ClearError):
    """The version that shall serve differs from history."""

    def __init__(self, version: int, differences: Sequence[str], outcome: str) -> None:
        """Say in how many cells, name one, and say what became of it."""
        cells = f"{len(differences)} cells, such as {differences[0]}"
        super().__init__(f"version {version} differs from history in {cells}: {outcome}")


class Rebuilding:
    """One run of `rebuild` or `promote`."""

    def __init__(self, kafka: KafkaSettings, log_file: Path, keep: timedelta, say: Callable[[str], None]) -> None:
        """Do nothing yet; the worker that this run starts logs to `log_file`."""
        self._kafka, self._log_file, self._keep, self._say = kafka, log_file, keep, say
        self._own = made_by(load_projections())

    async def rebuild(self) -> Promotion:
        """Seed the next version from the archive, and promote it."""
        versions = await read_versions(self._kafka)
        version = versions.seeded(self._own)
        if version is None:
            version = await self._seed(versions)
        else:
            self._say(f"version {version} is seeded already")
        return await self.promote(version)

    async def _seed(self, versions: Versions) -> int:
        version = await self._begin(versions.latest + 1)
        self._say(f"seeding version {version} from history")
        with history() as asked:
            found = await asyncio.to_thread(asked.seed, version)
        if found != self._own:
            message = "the history service runs the projections of another release: restart it with this one"
            raise ClearError(message)
        await self._tell_of_the_first(versions)
        await tell(self._kafka, Standing(version, Stage.SEEDED, self._own))
        return version

    async def _tell_of_the_first(self, versions: Versions) -> None:
        """Say which projections made the first version, which nobody has told: its workers are to stay with it."""
        if FIRST in versions.known:
            return
        _, made = await self._live(FIRST)
        if made:
            await tell(self._kafka, Standing(FIRST, Stage.SERVING, made))

    async def _begin(self, version: int) -> int:
        """Take the first number, from this one on, that nobody has."""
        partitions = (await self._shards()).partitions
        while True:
            await tell(self._kafka, Standing(version, Stage.BUILDING, self._own))
            try:
                await make_new_topics(self._kafka.bootstrap_servers, projector_topics(version, partitions))
            except TopicExistsError:
                version += 1
            else:
                return version

    async def promote(self, version: int) -> Promotion:
        """Have a version serve once it has come as far as the one that serves, and agrees with history.

        How the one that serves compares is told and changes nothing: it may be what is to be mended. Raises
        DiffersError, and drops what was seeded and differs: every later run would take it up again.
        """
        versions = await read_versions(self._kafka)
        _require_may_serve(versions, version)
        async with self._worker(version) as worker:
            self._say(f"version {version} catches up with version {versions.serving}")
            common = await self._passed(worker, versions.serving, version)
            found = await self._compared(version)
            if found.agree:
                return await self._serve(version, versions.serving, common, found.cells)
        raise DiffersError(version, found.differences, await self._put_away(version, versions))

    async def _serve(self, version: int, before: int, common: Sequence[str], cells: int) -> Promotion:
        differed = await self._differences(before, common)
        await tell(self._kafka, Standing(version, Stage.SERVING, self._own))
        self._say(f"version {version} serves: {cells} cells compared, 0 differ")
        handed_over = await self._handed_over(version)
        return Promotion(version, before, cells, differed, handed_over, await self._drop_outlived())

    async def _put_away(self, version: int, versions: Versions) -> str:
        """Drop a version that differs, unless it has served: somebody may keep that up. What was done, in words."""
        if not versions.waits(version):
            return "nothing was promoted"
        await self._drop([version])
        return "it was dropped, and nothing was promoted; `kvota projections rebuild` makes another"

    async def _passed(self, worker: asyncio.subprocess.Process, before: int, version: int) -> list[str]:
        """Wait until a version holds what the one before holds, and the log; the projections that both have alike."""
        end, made = await self._live(before)
        log = await end_positions(self._kafka, end) if end else {}
        held = {source: min(position, log[source]) for source, position in end.items()}
        async with CellsReader(self._kafka, version, {}) as reader:
            await reader.load((await self._shards()).every)
            following, ended = asyncio.create_task(reader.follow()), asyncio.create_task(worker.wait())
            caught_up = asyncio.create_task(reader.caught_up(held))
            await asyncio.wait({ended, caught_up}, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                message = f"the worker of version {version} ended: see {self._log_file}"
                raise ClearError(message)
            await caught_up
            ended.cancel()
            following.cancel()
        return [name for name, digest in self._own.items() if made.get(name) == digest]

    async def _live(self, version: int) -> tuple[Positions, dict[str, str]]:
        """How far a version has come, and by which projections; nothing for one that is not there or lost ticks."""
        try:
            async with CellsReader(self._kafka, version, {}) as reader:
                await reader.load((await self._shards()).every)
                made = (shard.made_by for shard in reader.shards.values() if shard.made_by)
                return reader.positions(), next(made, {})
        except (TopicError, LostTicksError):
            return {}, {}

    async def _differences(self, version: int, names: Sequence[str]) -> Sequence[str]:
        """Where a version differs from history in these projections; one that cannot be compared says why."""
        if not names:
            return []
        try:
            return (await self._compared(version, names)).differences
        except ClearError as error:
            return [f"version {version} cannot be compared: {error}"]

    async def _compared(self, version: int, names: Sequence[str] = ()) -> _Compared:
        with history() as asked:
            return msgspec.json.decode(await asyncio.to_thread(asked.verify, version, names), type=_Compared)

    @asynccontextmanager
    async def _worker(self, version: int) -> AsyncGenerator[asyncio.subprocess.Process]:
        """Run a worker for a version, until the block ends."""
        told = {"KVOTA_PROJECTOR_VERSION": str(version), "KVOTA_PROJECTOR_PORT": "0"}
        reach = {"KVOTA_KAFKA_BOOTSTRAP_SERVERS": self._kafka.bootstrap_servers}
        with self._log_file.open("ab") as log:
            worker = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "services.projector"),
                env={**os.environ, **told, **reach},
                stdout=log,
                stderr=log,
                preexec_fn=dies_with_parent(),
            )
        try:
            yield worker
        finally:
            if worker.returncode is None:
                worker.terminate()
            await worker.wait()

    async def _handed_over(self, version: int) -> bool:
        """Wait until another worker of the version has come; whether one did."""
        deadline = time.monotonic() + _HAND_OVER_S
        while await group_size(self._kafka.bootstrap_servers, group_of(version)) < 2:  # noqa: PLR2004  # ours and it
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(_LOOK_S)
        return True

    async def _drop_outlived(self) -> Sequence[int]:
        """Drop the versions that nobody needs any more, and delete what dropped ones have left behind."""
        versions = await read_versions(self._kafka)
        outlived = versions.outlived(time.time_ns() // 1_000_000, self._keep // timedelta(milliseconds=1))
        await self._drop(outlived, versions.dropped)
        return outlived

    async def _drop(self, versions: Sequence[int], told: Sequence[int] = ()) -> None:
        """Tell that versions are dropped, then delete them, and those of which it was told before.

        In this order: a version that is said to wait or to serve has its topics.
        """
        for version in versions:
            await tell(self._kafka, Standing(version, Stage.DROPPED, {}))
        topics = [spec.name for version in (*told, *versions) for spec in projector_topics(version)]
        await delete_topics(self._kafka.bootstrap_servers, topics)

    async def _shards(self) -> Shards:
        return Shards(await partition_count(self._kafka.bootstrap_servers, PROJECTED_TOPICS[0]))


def _require_may_serve(versions: Versions, version: int) -> None:
    known = versions.known.get(version)
    stage = known.standing.stage if known else Stage.SEEDED if version == FIRST else None
    if version == versions.serving:
        message = f"version {version} serves already"
        raise ClearError(message)
    if stage not in (Stage.SEEDED, Stage.SERVING):
        there = ", ".join(map(str, sorted({FIRST, *versions.known})))
        message = f"version {version} cannot serve: it is {stage or 'not there'} (there are: {there})"
        raise ClearError(message)
