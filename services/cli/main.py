"""The commands, and the one place where an error becomes a clear line and an exit code.

0: done, and the answer is yes. 1: the answer is no. 2: bad input, or something that is needed is not there.
"""

import logging
import sys

import typer

from services.cli import (
    broker,
    calc,
    demo,
    explain,
    feed,
    fold,
    parked,
    projections,
    report,
    schema,
    topics,
)
from services.runtime.errors import ClearError

BAD_INPUT = 2

app = typer.Typer(
    name="kvota",
    help="Event-sourced sales management: feeds in, live numbers, history that agrees.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(broker.app, name="broker", help="The local Kafka.")
app.add_typer(topics.app, name="topics", help="The topics of the log.")
app.add_typer(projections.app, name="projections", help="What the numbers are made by, and whether both ends agree.")
app.add_typer(parked.app, name="parked", help="What could not be read.")
app.add_typer(calc.app, name="calc", help="The formulas alone, over a JSON file.")
app.command("feed")(feed.feed)
app.command("fold")(fold.fold)
app.command("explain")(explain.explain)
app.command("report")(report.report)
app.command("schema")(schema.schema)
app.command("demo")(demo.demo)


def main() -> None:
    """Run a command; a person never sees a traceback for what they can mend."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what it complains of, we say in our own words
    try:
        app()
    except (ClearError, OSError) as error:
        print(f"kvota: {error}", file=sys.stderr)  # noqa: T201  # this is where a person reads it
        sys.exit(BAD_INPUT)
