"""The demo's floor: the whole stack and a simulated day, run by this process for as long as it is wanted."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from projections.projection import load_projections
from services.broker.install import install
from services.cli.demo_home import fresh_home
from services.cli.demo_outcome import Outcome, ask
from services.runtime.auth.credentials import bearer, own_token
from services.runtime.auth.settings import AuthSettings
from services.runtime.cells_reader import CellsReader
from services.runtime.log import end_positions
from services.runtime.ports import HOST
from services.runtime.settings import CompanySettings, KafkaSettings
from services.runtime.shards import Shards
from services.runtime.stopping import stop_when_told
from services.runtime.topics import DEVELOPMENT_PARTITIONS
from services.simulator.day import Day, simulate
from services.simulator.plan import MILLISECOND
from services.simulator.settings import SimulatorSettings
from services.supervisor.control import READY_WITHIN_S, StackError, Standings, are_ready, has_failed, not_ready
from services.supervisor.plan import Ports, stack
from services.supervisor.supervisor import Supervisor

_PLAYED_WITHIN_S = 900.0
_FAILURES = 3
"""So often may a program fail before the demo gives up."""
_LOOK_EVERY_S = 0.1

Done = TypeVar("Done")
Work = Callable[[Supervisor], Awaitable[Done]]


@dataclass(frozen=True, slots=True)
class Floor:
    """A simulated day on the whole stack. A program that fails again and again ends it with a StackError."""

    home: Path
    """Where Kafka is installed; the demo's own home is the folder `demo` in it."""
    ports: Ports
    options: Mapping[str, str]
    """What the simulator is told: its options, by name."""
    tell: Callable[[Standings], None]
    """Hears how the programs stand while somebody waits for them."""

    def live(self, show: Callable[[str], None]) -> None:
        """Play the day by the clock until told to stop; `show` hears the board's address once the floor is open."""

        async def watch(supervisor: Supervisor) -> None:
            await self._until_ready(supervisor, READY_WITHIN_S)
            show(self.ports.url("wallboard"))
            await _unless_it_fails(supervisor, asyncio.Event().wait())

        self._run(watch, ())

    def once(self) -> Outcome | None:
        """Play the day, wait until all of it is counted, and stop all; what it came to, or None when told to stop.

        Raises StackError when it takes too long.
        """

        async def play(supervisor: Supervisor) -> Outcome:
            await self._until_ready(supervisor, _PLAYED_WITHIN_S)
            day = simulate(SimulatorSettings.told(self._told).plan(CompanySettings()))
            try:
                async with asyncio.timeout(READY_WITHIN_S):
                    await _unless_it_fails(supervisor, self._counted(day))
            except TimeoutError:
                message = "the day was played, and is not counted in time; see the logs of feeds and projector"
                raise StackError(message) from None
            return await ask(self.ports.url("history"), self._who, day.plan)

        return self._run(play, ("--once",))

    @property
    def _who(self) -> Mapping[str, str]:
        return bearer(own_token("demo", "auditor", AuthSettings(folder=self.home / "demo" / "auth")))

    @property
    def _told(self) -> list[str]:
        return [f"--{name}={value}" for name, value in self.options.items()]

    def _run(self, work: Work[Done], more: tuple[str, ...]) -> Done | None:
        installed = install(self.home).root.parent
        files = fresh_home(self.home / "demo")
        programs = stack(files.home, self.ports, installed=installed, simulated=(*self._told, *more))
        return asyncio.run(_supervised(Supervisor(files, programs), work))

    async def _until_ready(self, supervisor: Supervisor, within_s: float) -> None:
        """Wait until all are ready, and what ends by itself has ended."""
        deadline = asyncio.get_running_loop().time() + within_s
        while not are_ready(standings := supervisor.standings):
            if has_failed(standings, _FAILURES) or asyncio.get_running_loop().time() > deadline:
                raise not_ready(standings)
            self.tell(standings)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _counted(self, day: Day) -> None:
        """Wait until the live cells hold the day: to the phone system's last beat, and all that is on the log."""
        kafka = KafkaSettings(bootstrap_servers=f"{HOST}:{self.ports.kafka}", client_id="kvota-demo")
        shards, beats = Shards(DEVELOPMENT_PARTITIONS), {"feed_now": load_projections()["feed_now"]}
        async with CellsReader(kafka, 1, beats) as reader:
            await reader.load(shards.every)
            following = asyncio.create_task(reader.follow())
            try:
                while _beat_ms(reader, day.plan.source) < day.ends // MILLISECOND:
                    await reader.moved()
                await reader.caught_up(await end_positions(kafka, shards.all_sources))
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)


async def _unless_it_fails(supervisor: Supervisor, waited: Awaitable[object]) -> None:
    """Wait, but no longer than the programs work."""
    waiting = asyncio.ensure_future(waited)
    try:
        while not (await asyncio.wait({waiting}, timeout=_LOOK_EVERY_S))[0]:
            if has_failed(supervisor.standings, _FAILURES):
                raise not_ready(supervisor.standings)
        waiting.result()
    finally:
        waiting.cancel()


async def _supervised(supervisor: Supervisor, work: Work[Done]) -> Done | None:
    """Do the work beside the programs, then end them; None when told to stop before it was done."""
    stop = stop_when_told()
    running = asyncio.create_task(supervisor.run(stop))
    working = asyncio.ensure_future(work(supervisor))
    await asyncio.wait({running, working}, return_when=asyncio.FIRST_COMPLETED)
    was_told = stop.is_set()
    working.cancel()
    stop.set()
    await running
    with suppress(asyncio.CancelledError):
        return await working if not was_told else None
    return None


def _beat_ms(reader: CellsReader, feed: str) -> int:
    """The last moment of a source's clock before which all is counted."""
    [moment, *_] = reader.boards().get("feed_now", {}).get((feed,), (0,))
    return int(str(moment))
