"""`kvota demo`: a simulated day of a sales floor, on the whole stack."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.options import AsJson, home
from services.cli.output import answer_no, print_json, print_rows
from services.runtime.errors import ClearError

if TYPE_CHECKING:
    from services.simulator.plan import Plan
    from services.supervisor.control import Standings

_SPEED = 60.0
_AS_FAST_AS_IT_GOES = 0.0


def demo(  # noqa: PLR0913  # its options
    *,
    speed: Annotated[float | None, typer.Option(min=0, help="Seconds of the day in a real one; else 60.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="What chance is drawn from: the same seed, the same day.")] = 7,
    reps: Annotated[int, typer.Option(min=4, max=400, help="How many people work on the floor.")] = 40,
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Which day; else today.")] = None,
    once: Annotated[bool, typer.Option("--once", help="As fast as it goes; say what came of it, and stop.")] = False,
    json: AsJson = False,
) -> None:
    """Start everything, and play a day of a sales floor through its doors until Ctrl-C.

    Its files lie in the folder `demo` of Kvota's home, which is emptied first. With --once it takes free ports.
    """
    from rich.console import Console

    from services.cli.demonstration import Demonstration
    from services.supervisor.plan import Ports

    if json and not once:
        message = "--json is for --once: a day that goes on has no figures yet"
        raise ClearError(message)
    with Console(stderr=True).status("Starting…") as waiting:

        def tell(standings: "Standings") -> None:
            waiting.update("  ".join(f"{name} {each.state}" for name, each in standings.items()))

        def show(url: str) -> None:
            waiting.stop()
            typer.echo(f"The board: {url} (?lang=en for English). Ctrl-C ends it.")

        ports = Ports.free() if once else Ports().require_free()
        rate = speed if speed is not None else _AS_FAST_AS_IT_GOES if once else _SPEED
        floor = Demonstration(home(), _plan(seed, reps, day), rate, ports, tell)
        if not once:
            floor.live(show)
            return
        figures = floor.once()
    if figures is None:
        raise typer.Abort
    if json:
        print_json(figures.as_dict())
    else:
        print_rows(
            f"{figures.day}: live {'equals' if figures.live_equals_history else 'differs from'} history", figures.rows()
        )
    if not figures.live_equals_history:
        answer_no()


def _plan(seed: int, reps: int, day: datetime | None) -> "Plan":
    from zoneinfo import ZoneInfo

    from services.runtime.settings import CompanySettings
    from services.simulator.plan import Plan

    company = CompanySettings()
    today = datetime.now(ZoneInfo(company.time_zone))
    return Plan(
        seed=seed,
        day=(day or today).date(),
        reps=reps,
        zone=company.time_zone,
        country=company.country,
        currency=company.currency,
    )
