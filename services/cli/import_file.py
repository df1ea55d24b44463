"""`kvota import`: facts of any age, from a file."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.history import history
from services.cli.options import AsJson, kafka
from services.cli.output import answer_no, print_json

if TYPE_CHECKING:
    from services.cli.importing import Imported


def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Facts as CloudEvents, one a line.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be appended, and append nothing.")] = False,
    json: AsJson = False,
) -> None:
    """Append facts of any age that history does not know yet; exits 1 when lines were refused."""
    from services.cli.importing import Importing

    with history() as asked, file.open("rb") as lines:
        done = asyncio.run(Importing(kafka("import"), asked, dry_run=dry_run).run(lines))
    for line, reason in done.refused:
        typer.echo(f"{file.name}:{line}: {reason}", err=True)
    if json:
        print_json(_as_json(done))
    else:
        would = "would be appended" if dry_run else "appended"
        typer.echo(f"{would} {done.appended}, of days long past {done.long_past}")
        typer.echo(f"told before {done.told_before}")
        typer.echo(f"refused {len(done.refused)}")
    if done.refused:
        answer_no()


def _as_json(done: "Imported") -> dict[str, object]:
    refused = [{"line": line, "reason": reason} for line, reason in done.refused]
    counts = {"appended": done.appended, "long_past": done.long_past, "told_before": done.told_before}
    return {**counts, "refused": refused}
