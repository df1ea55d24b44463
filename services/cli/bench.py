"""`kvota bench`: what Kvota costs, beside others who do the same work.

For a checkout: the peers lie beside the tests.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

from services.cli.options import AsJson
from services.runtime.errors import ClearError

app = typer.Typer(no_args_is_help=True)
Size = Annotated[Literal["small", "large"], typer.Option(help="500 reps and 20 queues, or 10,000 and 200.")]
_CHECKOUT = Path(__file__).resolve().parents[2]


@app.callback()
def bench() -> None:
    """Measure."""


@app.command()
def projector(  # noqa: PLR0913  # each is an option
    *,
    events: Annotated[int, typer.Option(min=1, help="Records of the day that is measured.")] = 1_000_000,
    size: Size = "small",
    peers: Annotated[str, typer.Option(help="Contenders by name, `kvota` included, with commas; all of them.")] = "",
    runs: Annotated[int, typer.Option(min=1, help="How often each runs, in turn with the others.")] = 3,
    days: Annotated[int, typer.Option(min=1, help="Days that we and the JVM read, the last of them measured.")] = 5,
    cost_only: Annotated[bool, typer.Option(help="Leave out latency, where the time goes, and two workers.")] = False,
    json: AsJson = False,
) -> None:
    """CPU an event of the projector and its peers over one topic of calls; exits 1 when somebody's totals are wrong."""
    told = [f"--events={events}", f"--size={size}", f"--runs={runs}", f"--days={days}", f"--peers={peers}"]
    told += ["--cost-only"] if cost_only else []
    told += ["--json"] if json else []
    _run("projector", told)


@app.command()
def rebuild(
    *,
    events: Annotated[int, typer.Option(min=1, help="Calls in the archive.")] = 1_000_000,
    size: Size = "small",
    runs: Annotated[int, typer.Option(min=1, help="How often each projection is made; the median is told.")] = 3,
    json: AsJson = False,
) -> None:
    """Calls a second and core at which history makes the cells of the call projections anew, and archives them."""
    _run("rebuild", [f"--events={events}", f"--size={size}", f"--runs={runs}", *(["--json"] if json else [])])


@app.command()
def history(  # noqa: PLR0913  # each is an option
    *,
    events: Annotated[int, typer.Option(min=1_000, help="Calls, those told again included.")] = 1_000_000,
    days: Annotated[int, typer.Option(min=1, help="On how many days.")] = 40,
    size: Size = "small",
    peers: Annotated[str, typer.Option(help="Contenders by name, `kvota` included, with commas; all of them.")] = "",
    runs: Annotated[int, typer.Option(min=1, help="How often each is asked, in turn with the others.")] = 5,
    json: AsJson = False,
) -> None:
    """The same questions to history and its peers over the same calls; exits 1 when somebody's answer is wrong."""
    told = [f"--events={events}", f"--days={days}", f"--size={size}", f"--peers={peers}", f"--runs={runs}"]
    _run("history", [*told, *(["--json"] if json else [])])


@app.command()
def lake(
    *,
    events: Annotated[int, typer.Option(min=1, help="Calls in the lake.")] = 500_000,
    size: Size = "small",
    json: AsJson = False,
) -> None:
    """Calls a second and core that are archived, sealed, pushed to a lake and read from it, and their bytes in it."""
    _run("lake", [f"--events={events}", f"--size={size}", *(["--json"] if json else [])])


@app.command()
def endurance(
    *,
    events: Annotated[int, typer.Option(min=1, help="Calls in all.")] = 50_000_000,
    a_day: Annotated[int, typer.Option(min=1, help="Calls of one business day.")] = 1_000_000,
    minutes: Annotated[float, typer.Option(min=0.0, help="How long they keep coming, at a steady rate.")] = 30.0,
    size: Size = "small",
) -> None:
    """What an event costs after many of them, and whether the projector's memory stays as it is."""
    _run("endurance", [f"--events={events}", f"--a-day={a_day}", f"--minutes={minutes}", f"--size={size}"])


@app.command()
def append(
    *,
    rounds: Annotated[int, typer.Option(min=1, help="How often each way has its turn.")] = 5,
    times: Annotated[int, typer.Option(min=100, help="Appends of one turn, and of each client at once.")] = 200,
    clients: Annotated[int, typer.Option(min=1, max=1_000, help="How many ask at once.")] = 64,
    feeds: Annotated[bool, typer.Option("--feeds", help="Facts at the door, and AMI as it is read.")] = False,
    json: AsJson = False,
) -> None:
    """What a decision takes beside a bare append of the same record, and how many a second one desk decides."""
    if feeds:
        _run("feeds", ["--json"] if json else [])
    told = [f"--rounds={rounds}", f"--times={times}", f"--clients={clients}", *(["--json"] if json else [])]
    _run("append", told)


@app.command()
def soak(
    *,
    minutes: Annotated[float, typer.Option(min=0.01, help="How long calls keep coming, at a steady rate.")] = 10.0,
    rate: Annotated[int, typer.Option(min=1, help="Events a second.")] = 3_500,
    size: Size = "small",
    json: AsJson = False,
) -> None:
    """Calls at the door for a long time: whether all are on the board, how late, and in how much memory."""
    _run("soak", [f"--minutes={minutes}", f"--rate={rate}", f"--size={size}", *(["--json"] if json else [])])


@app.command()
def desk_start(
    streams: Annotated[int, typer.Option(min=1, help="Deals on the log, each in a stream of its own.")] = 1_000_000,
) -> None:
    """How soon a desk is ready, from the log and from a snapshot, and what a stream takes in memory; as JSON."""
    _run("desk_start", [f"--streams={streams}"])


@app.command()
def startup(size: Size = "small") -> None:
    """What it costs a board and a worker to start on two months of live cells."""
    _run("startup", [size])


def _run(name: str, told: Sequence[str]) -> NoReturn:
    """Become a benchmark of the checkout."""
    if not (_CHECKOUT / "tests" / "bench" / name).is_dir():
        message = "the benchmark is part of a checkout, and this Kvota is installed without one: run it from a clone"
        raise ClearError(message)
    os.chdir(_CHECKOUT)
    os.execv(sys.executable, [sys.executable, "-m", f"tests.bench.{name}", *told])  # noqa: S606  # so that signals reach it
