"""The commands, and the one place where an error becomes a clear line and an exit code.

0: done, and the answer is yes. 1: the answer is no. 2: bad input, or something that is needed is not there. 70: a fault
of ours.
"""

import logging
import os
import sys
from types import TracebackType
from typing import Annotated

import typer

from services.cli import (
    archive,
    audit,
    bench,
    broker,
    calc,
    demo,
    explain,
    feed,
    fold,
    import_file,
    key,
    lake,
    mart,
    parked,
    projections,
    report,
    schema,
    sql,
    stack,
    token,
    topics,
    vault,
)
from services.runtime.errors import ClearError
from services.runtime.logging import configure_logging

BAD_INPUT = 2
BROKEN = 70

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
app.add_typer(parked.app, name="parked", help="What could not be read or counted.")
app.add_typer(key.app, name="key", help="The API keys of feeds and screens.")
app.add_typer(vault.app, name="vault", help="What is known of people: copies of it, and its master key.")
app.add_typer(archive.app, name="archive", help="The open archive of the log, from which history can be made anew.")
app.add_typer(lake.app, name="lake", help="The open archive as an Iceberg table, for many readers on many machines.")
app.add_typer(audit.app, name="audit", help="What is owed to those whom the records are about.")
app.add_typer(bench.app, name="bench", help="What it costs, beside others who do the same work.")
app.add_typer(calc.app, name="calc", help="The formulas alone, over a JSON file.")
app.command("up")(stack.up)
app.command("down")(stack.down)
app.command("status")(stack.status)
app.command("feed")(feed.feed)
app.command("import")(import_file.import_file)
app.command("fold")(fold.fold)
app.command("explain")(explain.explain)
app.command("report")(report.report)
app.command("mart")(mart.mart)
app.command("schema")(schema.schema)
app.command("sql")(sql.sql)
app.command("demo")(demo.demo)
app.command("token")(token.token)


def _print_version(wanted: bool) -> None:  # noqa: FBT001  # as typer calls it
    if wanted:
        from importlib.metadata import version

        typer.echo(f"kvota {version('kvota')}")
        raise typer.Exit


@app.callback()
def kvota(
    *,
    version: Annotated[  # `_print_version` has seen to it
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Take what stands before a command."""


def main() -> None:
    """Run a command; a person never sees a traceback for what they can mend."""
    configure_logging(logging.WARNING)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what it complains of, we say in our own words
    sys.excepthook = _fail
    try:
        app()
    except (ClearError, OSError) as error:
        print(f"kvota: {error}", file=sys.stderr)  # noqa: T201  # this is where a person reads it
        sys.exit(BAD_INPUT)


def _fail(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show an error that nobody foresaw, and end with a code that is no answer."""
    sys.__excepthook__(kind, error, trace)
    sys.stderr.flush()
    os._exit(BROKEN)
