"""`python -m services.simulator`: a seeded day of a sales floor, played through the real doors.

`--figures` prints the truth about the day and plays nothing. A day that was played is told on standard output as one
JSON object: the truth, and the rep ids that the desk gave the agents.
"""

import asyncio
import json
import sys
from contextlib import suppress
from functools import partial

from pydantic import SecretStr

from services.runtime.auth.callers import Role
from services.runtime.auth.credentials import own_token
from services.runtime.auth.settings import AuthSettings
from services.runtime.errors import ClearError
from services.runtime.running import run_service
from services.runtime.settings import CompanySettings
from services.simulator.day import Day, simulate
from services.simulator.play import Played, Player, Tokens
from services.simulator.settings import SimulatorSettings


def main(arguments: list[str] | None = None) -> int:
    """Play a day, until it is over or the process is told to stop; 2 for what was told wrongly, 1 for what failed."""
    try:
        settings = SimulatorSettings.told(sys.argv[1:] if arguments is None else arguments)
        day = simulate(settings.plan(CompanySettings()))
    except ClearError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if settings.figures:
        _print(day, Played())
        return 0
    return run_service("simulator", partial(_play, day, settings))


async def _play(day: Day, settings: SimulatorSettings, stop: asyncio.Event) -> None:
    playing = asyncio.create_task(_played(day, settings, stop))
    told = asyncio.create_task(stop.wait())
    await asyncio.wait({playing, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not playing.done():
        playing.cancel()
    with suppress(asyncio.CancelledError):
        await playing


async def _played(day: Day, settings: SimulatorSettings, stop: asyncio.Event) -> None:
    player = Player(day, settings, _tokens(settings, AuthSettings()))
    async with player.playing() as played:
        if settings.once:
            await player.drained()
        _print(day, played)
        if not settings.once:
            await stop.wait()


def _tokens(settings: SimulatorSettings, auth: AuthSettings) -> Tokens:
    """The tokens that were told, or else those of this machine's own key."""

    def own(told: SecretStr | None, role: Role) -> str | None:
        return own_token("simulator", role, auth) if told is None else told.get_secret_value()

    return Tokens(desk=own(settings.desk_token, "manager"), door=own(settings.door_token, "feed"))


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
