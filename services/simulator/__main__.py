"""`python -m services.simulator`: a seeded day of a sales floor, played through the real doors.

`--figures` prints the truth about the day and plays nothing. A day that was played is told on standard output as one
JSON object: the truth, and the rep ids that the desk gave the agents.
"""

import asyncio
import json
import sys
from contextlib import suppress

import structlog
import uvloop
from pydantic import ValidationError

from services.runtime.errors import ClearError
from services.runtime.logging import configure_logging
from services.runtime.settings import CompanySettings
from services.runtime.stopping import stop_when_told
from services.simulator.day import Day, simulate
from services.simulator.play import Played, Player
from services.simulator.settings import SimulatorSettings

log = structlog.get_logger()


def main(arguments: list[str] | None = None) -> int:
    """Play a day, until it is over or the process is told to stop; 2 for what was told wrongly, 1 for what failed."""
    configure_logging()
    try:
        settings = SimulatorSettings.told(sys.argv[1:] if arguments is None else arguments)
        day = simulate(settings.plan(CompanySettings()))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        sys.stderr.write(f"{'.'.join(map(str, first['loc']))}: {first['msg']}\n")
        return 2
    if settings.figures:
        _print(day, Played())
        return 0
    try:
        uvloop.run(_play(day, settings))
    except ClearError as error:
        log.critical("simulator_stopped", reason=str(error))
        return 1
    return 0


async def _play(day: Day, settings: SimulatorSettings) -> None:
    stop = stop_when_told()
    playing = asyncio.create_task(_played(day, settings, stop))
    told = asyncio.create_task(stop.wait())
    await asyncio.wait({playing, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not playing.done():
        playing.cancel()
    with suppress(asyncio.CancelledError):
        await playing


async def _played(day: Day, settings: SimulatorSettings, stop: asyncio.Event) -> None:
    player = Player(day, settings)
    async with player.playing() as played:
        if settings.once:
            await player.drained()
        _print(day, played)
        if not settings.once:
            await stop.wait()


def _print(day: Day, played: Played) -> None:
    plan = day.plan
    told = {
        "seed": plan.seed,
        "day": plan.day.isoformat(),
        "reps": plan.reps,
        "hours": plan.hours,
        "currency": plan.currency,
        **day.figures.as_dict(),
        "roster": dict(played.reps),
        "handed_in": played.handed_in,
    }
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
