"""`kvota report`: what history answers."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from services.cli.history import history
from services.cli.options import AsJson, KnownAt, Pairs, instant, pairs
from services.cli.output import print_bytes

_NAMES = sorted(path.stem for path in (Path(__file__).parents[1] / "history" / "reports").glob("*.sql"))
Format = Literal["table", "json", "csv"]


def report(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(_NAMES)}.")],
    parameters: Pairs = None,
    *,
    known_at: KnownAt = None,
    format: Annotated[Format, typer.Option(help="How to print it.")] = "table",  # noqa: A002  # the option's name
    json: AsJson = False,
) -> None:
    """Answer a report from history."""
    from rich.console import Console

    from services.history.rendering import as_csv, as_tables, formulas, from_json

    with history() as asked:
        line = asked.report(name, pairs(parameters), instant(known_at))
    if json or format == "json":
        print_bytes(line)
    elif format == "csv":
        sys.stdout.write(as_csv(from_json(line)))
    else:
        console, answered = Console(), from_json(line)
        console.print(*as_tables(answered, console.width), formulas(answered), sep="\n\n", highlight=False)
