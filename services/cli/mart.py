"""`kvota mart`: the archive as files for BI tools, spreadsheets and the DuckDB shell."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.history import history
from services.cli.options import AsJson, KnownAt, instant
from services.cli.output import print_bytes

Out = Annotated[Path | None, typer.Option(help="The folder of marts; by default `mart` beside the archive.")]


def mart(*, out: Out = None, known_at: KnownAt = None, json: AsJson = False) -> None:
    """Make a mart as of now, or of what was known at a moment: Parquet files, and a DuckDB file with every number.

    The link `current` in the folder leads to it; the mart before stays for those who have it open.
    """
    import msgspec

    with history() as asked:
        line = asked.mart(instant(known_at), out)
    if json:
        print_bytes(line)
    else:
        made = msgspec.json.decode(line)
        typer.echo(f"{made['folder']}: {made['bytes']} bytes")
