"""What `kvota archive` and `kvota lake` have in common: the lake, and what they say of segments."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from services.cli.options import home
from services.cli.output import answer_no, print_json

if TYPE_CHECKING:
    from services.history.lake.lake import Lake


def opened_lake(*, make: bool = False) -> "Lake":
    """The lake that the environment tells of; raises HistoryError."""
    from services.history.lake.errors import require_software

    require_software()
    from services.history.lake.lake import Lake
    from services.history.lake.settings import LakeSettings

    return Lake.open(LakeSettings(), home(), make=make)


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
