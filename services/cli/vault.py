"""`kvota vault`: what the owner of the store does: copies, restores, and a new master key."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.options import AsJson, home, kafka
from services.cli.output import print_json
from services.runtime.errors import ClearError

if TYPE_CHECKING:
    from services.vault.people import People

app = typer.Typer(no_args_is_help=True)


@app.callback()
def vault() -> None:
    """What is known of people."""


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Is made, for its owner's eyes only.")], *, json: AsJson = False
) -> None:
    """Copy the vault as it is at one moment: sealed as it is, and without the master key, which is kept elsewhere."""
    from services.vault.backup import back_up

    with open_people() as people:
        rows = back_up(people.store, file)
    _say({"rows": rows}, f"{file}: {rows} rows; they say nothing without the master key", as_json=json)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Made by `kvota vault backup`.")],
    *,
    json: AsJson = False,
) -> None:
    """Fill an empty vault from a backup, less those who were erased since by what the log says."""
    from services.cli.erasing import erased
    from services.vault.backup import restore as restored

    gone = asyncio.run(erased(kafka("restore")))
    with open_people() as people:
        count = restored(people, file, gone)
    _say({"erased_again": count}, f"restored; erased since and again: {count}", as_json=json)


@app.command("erase-again")
def erase_again(*, json: AsJson = False) -> None:
    """Erase whoever was erased by what the log says and is there: after a restore by a database's own tools."""
    from services.cli.erasing import erased
    from services.vault.backup import erase_again as erased_again

    gone = asyncio.run(erased(kafka("restore")))
    with open_people() as people:
        count = erased_again(people, gone)
    _say({"erased_again": count}, f"erased again: {count}", as_json=json)


@app.command()
def rotate(*, json: AsJson = False) -> None:
    """Change the master key: make a new one, and wrap every key by it. The vault may go on serving.

    The older master keys stay in their file: backups made until now need them. Where the environment tells the master
    keys, tell the new one first and start every vault again; then this wraps by it.
    """
    from services.vault.master import KeyFile
    from services.vault.rotation import rewrap

    with open_people() as people:
        if isinstance(people.masters.source, KeyFile):
            people.masters.source.add()
        count, newest = rewrap(people.store, people.masters), people.masters.newest
    _say({"master": newest, "wrapped": count}, f"master key {newest}: {count} keys wrapped by it", as_json=json)


@app.command()
def status(*, json: AsJson = False) -> None:
    """Say how many keys are wrapped by which master key: one that wraps none is needed by old backups alone."""
    from services.vault.rotation import keys_by_version

    with open_people() as people, people.store.reading() as rows:
        found = keys_by_version(rows)
    if json:
        print_json({"keys_by_master": {str(version): count for version, count in found.items()}})
        return
    for version, count in found.items():
        typer.echo(f"master key {version}: {count} keys")


@contextmanager
def open_people() -> Iterator["People"]:
    """The vault's store itself: these commands are for whoever may read its files. Every failure is a ClearError."""
    from services.vault.settings import VaultSettings
    from services.vault.store import StoreUnavailableError
    from services.vault.vault import open_people as opened

    try:
        people = opened(VaultSettings(), home())
        try:
            yield people
        finally:
            people.store.close()
    except StoreUnavailableError as error:
        message = "the vault's store does not answer, or is in use for too long: see KVOTA_VAULT_STORE"
        raise ClearError(message) from error


def _say(facts: dict[str, int], line: str, *, as_json: bool) -> None:
    if as_json:
        print_json(facts)
    else:
        typer.echo(line)
