"""What `kvota archive` and `kvota lake` say alike of the segments that they verify and restore."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import typer

from services.cli.output import answer_no, print_json


def tell_verified(summary: str, counts: Mapping[str, int], problems: Sequence[str], *, json: bool) -> None:
    """Say what was looked at and what is wrong with it; the exit code is 1 where something is."""
    if json:
        print_json({"agree": not problems, **counts, "problems": problems})
    else:
        typer.echo(summary)
        for each in problems:
            typer.echo(each)
    if problems:
        answer_no()


def tell_restored(records: int, file: Path, *, json: bool) -> None:
    """Say how many records a file was made anew of."""
    if json:
        print_json({"records": records})
    else:
        typer.echo(f"{records} records restored into {file}")
