"""The demo: the whole stack and a simulated day of a sales floor, in a home of its own that begins empty."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from projections.projection import load_projections
from services.broker.install import install
from services.cli.day_figures import Figures, ask
from services.runtime.cells_reader import CellsReader
from services.runtime.errors import ClearError
from services.runtime.lock import own
from services.runtime.log import end_positions
from services.runtime.ports import HOST
from services.runtime.settings import KafkaSettings
from services.runtime.shards import Shards
from services.runtime.stopping import stop_when_told
from services.runtime.topics import DEVELOPMENT_PARTITIONS
from services.simulator.day import simulate
from services.simulator.plan import MILLISECOND, Plan
from services.supervisor.board import Stack
from services.supervisor.control import READY_WITHIN_S, Standings, are_ready, not_ready
from services.supervisor.plan import Ports, SimulatedDay, queue_log, stack
from services.supervisor.supervisor import Supervisor

_PLAYED_WITHIN_S = 900.0
_FAILURES = 3
"""So often may a program fail before the demo gives up."""
_LOOK_EVERY_S = 0.1

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A simulated day on the whole stack; a program that fails again and again ends it with a StackError."""

    home: Path
    """Where Kafka is installed. The demo's own home is the folder `demo` in it, and is emptied first."""
    plan: Plan
    speed: float
    ports: Ports
    tell: Callable[[Standings], None]
    """Hears how the programs stand while somebody waits for them."""

    def live(self, show: Callable[[str], None]) -> None:
        """Play the day by the clock until told to stop; `show` hears the board's address once the floor is open."""

        async def watch(supervisor: Supervisor) -> None:
            await self._until_ready(supervisor, READY_WITHIN_S)
            show(self.ports.url("wallboard"))
            await asyncio.Event().wait()

        self._run(watch, once=False)

    def once(self) -> Figures | None:
        """Play the day, wait until all of it is counted, and stop all; what the day came to, or None when told to stop.

        Raises StackError when it takes too long.
        """

        async def play(supervisor: Supervisor) -> Figures:
            await self._until_ready(supervisor, _PLAYED_WITHIN_S)
            await self._counted()
            return await ask(self.ports.url("history"), self.plan)

        return self._run(play, once=True)

    def _run(self, work: Callable[[Supervisor], Awaitable[Done]], *, once: bool) -> Done | None:
        installed = install(self.home).root.parent
        files = _taken(self.home / "demo")
        simulated = SimulatedDay(
            day=self.plan.day, seed=self.plan.seed, reps=self.plan.reps, speed=self.speed, once=once
        )
        programs = stack(files.home, self.ports, installed=installed, simulated=simulated)
        return asyncio.run(_supervised(Supervisor(files, programs), work))

    async def _until_ready(self, supervisor: Supervisor, within_s: float) -> None:
        """Wait until all are ready, and what ends by itself has ended."""
        deadline = asyncio.get_running_loop().time() + within_s
        while not are_ready(standings := supervisor.standings):
            is_late = asyncio.get_running_loop().time() > deadline
            if is_late or any(each.restarts >= _FAILURES for each in standings.values()):
                raise not_ready(standings)
            self.tell(standings)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _counted(self) -> None:
        """Wait until the live cells hold the day: to the phone system's last beat, and all that is on the log."""
        kafka = KafkaSettings(bootstrap_servers=f"{HOST}:{self.ports.kafka}", client_id="kvota-demo")
        shards = Shards(DEVELOPMENT_PARTITIONS)
        ends_ms = simulate(self.plan).ends // MILLISECOND
        async with CellsReader(kafka, 1, load_projections()) as reader:
            await reader.load(shards.every)
            following = asyncio.create_task(reader.follow())
            try:
                while _beat_ms(reader, self.plan.source) < ends_ms:
                    await reader.moved()
                await reader.caught_up(await end_positions(kafka, shards.all_sources))
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)


def _taken(home: Path) -> Stack:
    """Take a home, and empty it; raises ClearError when programs run there."""
    files = Stack(home.resolve())
    files.folder.mkdir(parents=True, exist_ok=True)
    try:
        own(files.lock)
    except BlockingIOError:
        message = f"a demo runs there already: KVOTA_HOME={files.home} kvota down stops it"
        raise ClearError(message) from None
    for path in (*files.home.iterdir(), *files.folder.iterdir()):
        if path.is_dir() and path != files.folder:
            shutil.rmtree(path)
        elif path.is_file() and path != files.lock:
            path.unlink()
    queue_log(files.home).parent.mkdir()
    queue_log(files.home).touch()
    return files


async def _supervised(supervisor: Supervisor, work: Callable[[Supervisor], Awaitable[Done]]) -> Done | None:
    """Do the work beside the programs, then end them; None when told to stop before it was done."""
    stop = stop_when_told()
    running = asyncio.create_task(supervisor.run(stop))
    working = asyncio.ensure_future(work(supervisor))
    try:
        await asyncio.wait({running, working}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        stop.set()
        await running
        with suppress(asyncio.CancelledError):
            await working


def _beat_ms(reader: CellsReader, feed: str) -> int:
    """The last moment of a source's clock before which all is counted."""
    beats = reader.boards().get("feed_now", {})
    [(moment, *_)] = [beats[key] for key in beats if key == (feed,)] or [(0,)]
    return int(str(moment))
