"""`kvota key`: the API keys of feeds, screens and our own services."""

from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.options import AsJson
from services.cli.output import print_json, print_rows
from services.runtime.errors import ClearError

if TYPE_CHECKING:
    from services.runtime.auth.api_keys import ApiKey, ApiKeys

app = typer.Typer(no_args_is_help=True)


@app.callback()
def key() -> None:
    """The API keys of machines."""


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What it is for: the PBX, the screen in the hall.")],
    *,
    role: Annotated[
        str,
        typer.Option(
            help="feed: it tells facts; screen: it shows the board; "
            "monitor: it reads metrics; service: it asks the vault."
        ),
    ],
    json: AsJson = False,
) -> None:
    """Make a key, and show it: this once, since it is not kept."""
    from services.runtime.auth.api_keys import KEY_ROLES

    known = next((each for each in KEY_ROLES if each == role), None)
    if known is None:
        message = f"a key's role is one of {', '.join(KEY_ROLES)}: people have tokens"
        raise ClearError(message)
    kept, shown = _keys().add(name, known)
    if json:
        print_json({**_row(kept), "key": shown})
    else:
        typer.echo(shown)


@app.command("list")
def list_keys(*, json: AsJson = False) -> None:
    """Show which keys there are, and not the keys themselves."""
    rows = [_row(each) for each in _keys().all()]
    if json:
        print_json(rows)
    else:
        print_rows("API keys" if rows else "There are none: `kvota key add` makes one", rows)


@app.command()
def revoke(identity: Annotated[str, typer.Argument(metavar="ID", help="As `kvota key list` shows it.")]) -> None:
    """Have a key stand for nobody from now on."""
    _keys().revoke(identity)
    typer.echo(f"{identity} is revoked")


def _keys() -> "ApiKeys":
    from services.runtime.auth.api_keys import ApiKeys
    from services.runtime.auth.settings import AuthSettings

    return ApiKeys(AuthSettings().folder)


def _row(kept: "ApiKey") -> dict[str, str | int | None]:
    revoked = None if kept.revoked_at is None else kept.revoked_at.isoformat(timespec="seconds")
    made = kept.made_at.isoformat(timespec="seconds")
    return {"id": kept.id, "name": kept.name, "role": kept.role, "made_at": made, "revoked_at": revoked}
