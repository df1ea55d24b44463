"""`kvota parked`: what could not be read, and where it lies."""

import asyncio

import typer

from services.cli.options import AsJson, kafka
from services.cli.output import print_json, print_rows

app = typer.Typer(no_args_is_help=True)


@app.callback()
def parked() -> None:
    """What could not be read."""


@app.command("list")
def list_parked(*, json: AsJson = False) -> None:
    """List what was set aside, each with its position and the reason."""
    from services.runtime.parked import parked_records

    rows: list[dict[str, str | int | None]] = [
        {
            "id": str(envelope.id),
            "origin": event.origin,
            "position": event.position,
            "length": event.length,
            "sha256": event.sha256,
            "reason": event.reason,
        }
        for envelope, event in asyncio.run(parked_records(kafka("parked")))
    ]
    if json:
        for row in rows:
            print_json(row)
    else:
        print_rows(f"{len(rows)} parked", rows)
