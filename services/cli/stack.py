"""`kvota up`, `down` and `status`: the whole local stack."""

import typer

from services.cli.options import AsJson, home
from services.cli.output import answer_no, print_json, print_rows


def up() -> None:
    """Start everything in the background, and say where it answers once all of it is ready."""
    from dataclasses import asdict

    from rich.console import Console

    from services.broker.install import install
    from services.supervisor.control import start
    from services.supervisor.plan import Ports

    ports = Ports()
    with Console(stderr=True).status("Starting…") as shown:
        install(home())
        standings = start(
            home(),
            ports,
            lambda now: shown.update("  ".join(f"{name} {each.state}" for name, each in now.items())),
        )
    print_rows("Ready", [{"program": name, **asdict(each)} for name, each in standings.items()])
    typer.echo(f"The board: {ports.url('wallboard')}")


def down() -> None:
    """Stop everything that `kvota up` started."""
    from services.supervisor.control import stop

    typer.echo("stopped" if stop(home()) else "was not running")


def status(*, json: AsJson = False) -> None:
    """Say how every program of the stack stands; exits 1 when one is not ready, or nothing runs."""
    from dataclasses import asdict

    from services.supervisor.control import status as stack_status

    standings = stack_status(home()) or {}
    rows = [{"program": name, **asdict(each)} for name, each in standings.items()]
    if json:
        print_json(rows)
    else:
        print_rows("The stack" if rows else "Nothing runs: `kvota up` starts it", rows)
    if not rows or any(row["state"] not in ("ready", "done") for row in rows):
        answer_no()
