"""`kvota demo`: a simulated day of a sales floor, on the whole stack."""

import os
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.options import AsJson, home
from services.cli.output import answer_no, print_json, print_rows
from services.runtime.errors import ClearError

if TYPE_CHECKING:
    from services.supervisor.control import Standings

_SPEED = 60.0
_AS_FAST_AS_IT_GOES = 0.0
_INTERRUPTED = 130


def demo(  # noqa: PLR0913  # its options
    *,
    speed: Annotated[
        float | None,
        typer.Option(min=0, help="Seconds of the day in a real one: 60, or with --once all it takes."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="What chance is drawn from, with the day and the reps.")] = 7,
    reps: Annotated[int, typer.Option(min=4, max=400, help="How many people work on the floor.")] = 40,
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Which day; else today.")] = None,
    once: Annotated[bool, typer.Option("--once", help="As fast as it goes; say what came of it, and stop.")] = False,
    json: AsJson = False,
) -> None:
    """Start everything, and play a day of a sales floor until Ctrl-C.

    Its files lie in the folder `demo` of Kvota's home, which is emptied first. With --once it takes free ports.
    """
    from rich.console import Console

    from services.cli.demo_floor import Floor
    from services.supervisor.plan import Ports

    if json and not once:
        message = "--json is for --once: a day that goes on has no figures yet"
        raise ClearError(message)
    ports, kept = Ports.free() if once else Ports().require_free(), home()
    _forget_other_settings()
    rate = speed if speed is not None else _AS_FAST_AS_IT_GOES if once else _SPEED
    options = {"seed": str(seed), "reps": str(reps), "speed": str(rate)} | ({"day": f"{day:%Y-%m-%d}"} if day else {})
    with Console(stderr=True).status("Starting…") as waiting:

        def tell(standings: "Standings") -> None:
            waiting.update("  ".join(f"{name} {each.state}" for name, each in standings.items()))

        def show(url: str) -> None:
            waiting.stop()
            typer.echo(f"The board: {url} (?lang=en for English). Ctrl-C ends it.")

        floor = Floor(kept, ports, options, tell)
        if not once:
            floor.live(show)
            return
        outcome = floor.once()
    if outcome is None:
        raise typer.Exit(_INTERRUPTED)
    if json:
        print_json(outcome.as_dict())
    else:
        agrees = "equals" if outcome.live_equals_history else "differs from"
        print_rows(f"{outcome.day}: live {agrees} history", outcome.rows())
    if not outcome.live_equals_history:
        answer_no()


def _forget_other_settings() -> None:
    """A demo has settings of its own; of the shell's, only those of the company are for it."""
    for name in [name for name in os.environ if name.startswith("KVOTA_")]:
        if not name.startswith("KVOTA_COMPANY_"):
            del os.environ[name]
