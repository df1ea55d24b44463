"""`kvota audit`: what is owed to those whom the records are about, and to those who check them."""

import asyncio
from typing import Annotated

import typer

from services.cli.options import AsJson, KnownAt, instant, kafka
from services.cli.output import answer_no, print_bytes, print_json, print_rows
from services.runtime.errors import ClearError

app = typer.Typer(no_args_is_help=True)


@app.callback()
def audit() -> None:
    """What is owed to those whom the records are about."""


@app.command()
def erase(
    person: Annotated[str, typer.Argument(help="The person's id, as it stands in the events.")],
    *,
    reason: Annotated[str, typer.Option(help="Why; it is kept for ever, and must not name the person.")] = "",
    json: AsJson = False,
) -> None:
    """Erase a person: all that the vault keeps, for ever. Numbers of the past stay what they are.

    It can be repeated, and must be if it was interrupted.
    """
    from services.cli.erasing import Erasing
    from services.cli.vault import open_people

    with open_people() as people:
        done = asyncio.run(Erasing(kafka("erase"), people).erase(person, reason))
    if json:
        print_json(done)
        return
    state = "was erased before" if done.repeated else "is erased"
    places: list[dict[str, str | int | None]] = [
        {"place": place.place, "held": place.held, "now": place.now} for place in done.places
    ]
    print_rows(f"{person} {state}, at {done.erased_at.isoformat()}", places)


@app.command()
def replay(*, known_at: KnownAt = None, json: AsJson = False) -> None:
    """Fold what was known at a moment anew, from the raw records alone; exits with 1 where history says otherwise."""
    import msgspec

    from services.cli.history import history

    moment = instant(known_at)
    if moment is None:
        message = "say of which moment: --known-at 2026-11-24T18:00:00+03:00"
        raise ClearError(message)
    with history() as asked:
        line = asked.replay(moment)
    found = msgspec.json.decode(line)
    if json:
        print_bytes(line)
    else:
        for difference in found["differences"][:1]:
            typer.echo(difference)
        typer.echo(f"{found['cells']} cells made anew, {len(found['differences'])} differ")
    if not found["agree"]:
        answer_no()


@app.command()
def leads(*, json: AsJson = False) -> None:
    """Ask the distributor again about every lead that it gave to somebody; exits with 1 where it says otherwise."""
    from services.cli.lead_audit import audit_leads

    audit = asyncio.run(audit_leads(kafka("audit")))
    if json:
        print_json({"assignments": audit.assignments, "disagreements": audit.disagreements})
    else:
        found: list[dict[str, str | int | None]] = [
            {"offset": each.offset, "lead": each.lead, "given to": each.given_to, "and not to": each.instead}
            for each in audit.disagreements
        ]
        typer.echo(f"{audit.assignments} assignments, {len(found)} out of turn")
        if found:
            print_rows("Out of turn", found)
    if audit.disagreements:
        raise typer.Exit(1)
