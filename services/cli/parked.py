"""`kvota parked`: what could not be read or counted, where it lies, and what is to become of it."""

import asyncio
from typing import Annotated

import typer

from services.cli.options import AsJson, kafka
from services.cli.output import print_json, print_rows

app = typer.Typer(no_args_is_help=True)
Places = Annotated[list[str], typer.Argument(metavar="POSITION...", help="As in the list, such as kvota.calls/0@17.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept with the record.")]
Again = Annotated[bool, typer.Option("--again", help="Also where it was decided before.")]


@app.callback()
def parked() -> None:
    """What could not be read or counted."""


@app.command("list")
def list_parked(*, json: AsJson = False) -> None:
    """List what was set aside, each with its position, the reason, and what was decided about it."""
    from services.runtime.parked import parked_records

    found = asyncio.run(parked_records(kafka("parked")))
    if not json:
        rows: list[dict[str, str | int | None]] = [
            {"position": str(each), "reason": each.event.reason, "state": each.state} for each in found
        ]
        print_rows(f"{len(found)} parked", rows)
        return
    for each in found:
        event = each.event
        print_json(
            {
                "id": str(each.envelope.id),
                "origin": event.origin,
                "position": event.position,
                "length": event.length,
                "sha256": event.sha256,
                "reason": event.reason,
                "state": each.state,
                "said": each.said,
            }
        )


@app.command()
def show(positions: Places, *, json: AsJson = False) -> None:
    """Show what was set aside, as far as the vault can open it: it may hold somebody's number."""
    from services.cli.unsealing import shown

    for each in asyncio.run(shown(kafka("parked"), positions)):
        if json:
            print_json(each)
        else:
            typer.echo(f"{each.position}: {each.reason}")
            typer.echo(each.text if each.text is not None else each.why)


@app.command()
def retry(positions: Places, *, reason: Reason, again: Again = False) -> None:
    """Append parked records to the log once more, as they are: for when they can be read or counted now.

    The old positions stay set aside for ever.
    """
    from services.cli.parking import Deciding

    for done in asyncio.run(Deciding(kafka("parked"), reason, again=again).retry(positions)):
        typer.echo(done)


@app.command()
def skip(positions: Places, *, reason: Reason, again: Again = False) -> None:
    """Say that somebody looked at parked records, and that they stay out."""
    from services.cli.parking import Deciding

    for done in asyncio.run(Deciding(kafka("parked"), reason, again=again).skip(positions)):
        typer.echo(done)
