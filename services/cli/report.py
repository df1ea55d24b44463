"""`kvota report`: what history answers."""

import sys
from typing import Annotated, Literal

import typer

from services.cli.options import AsJson, KnownAt, Pairs, archive, instant, pairs
from services.cli.output import print_bytes

Format = Literal["table", "json", "csv"]


def report(
    name: Annotated[str, typer.Argument(help="call_centre or rep_day.")],
    parameters: Pairs = None,
    *,
    known_at: KnownAt = None,
    format: Annotated[Format, typer.Option(help="How to print it.")] = "table",  # noqa: A002  # the option's name
    json: AsJson = False,
) -> None:
    """Answer a report from history."""
    from rich.console import Console

    from services.history.rendering import as_csv, as_json, as_tables, formulas
    from services.history.report import run_report

    moment = instant(known_at)
    with archive() as history:
        cut = history.known_at(moment) if moment else None
        answered = run_report(history, name, pairs(parameters), cut)
    if json or format == "json":
        print_bytes(as_json(answered))
    elif format == "csv":
        sys.stdout.write(as_csv(answered))
    else:
        console = Console()
        console.print(*as_tables(answered, console.width), formulas(answered), sep="\n\n", highlight=False)
