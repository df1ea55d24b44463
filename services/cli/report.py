"""`kvota report`: what history answers."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from services.cli.history import history
from services.cli.options import AsJson, Cut, KnownAt, Pairs, Versus, either, known, pairs
from services.cli.output import print_bytes, print_rows
from services.cli.report_row import explain_row
from services.runtime.errors import ClearError

if TYPE_CHECKING:
    from services.history.cuts import Known
    from services.runtime.languages import Language

_NAMES = sorted(path.stem for path in (Path(__file__).parents[1] / "history" / "reports").glob("*.sql"))
Format = Literal["table", "json", "csv", "parquet", "arrow", "xlsx", "pdf", "svg", "html"]
_FILES = ("parquet", "arrow", "xlsx", "pdf")


Lang = Annotated[Literal["en", "ru"], typer.Option(help="In which language questions and titles are.")]
Explain = Annotated[
    bool,
    typer.Option("--explain", help="The events behind one row, which row.NAME=VALUE names by the columns of its key."),
]
Column = Annotated[str | None, typer.Option(help="With --explain: what is behind this column alone.")]
List = Annotated[bool, typer.Option("--list", help="Name every report, its question, and what it can be asked with.")]


def report(  # noqa: PLR0913  # a command's options
    name: Annotated[str | None, typer.Argument(help=f"One of {', '.join(_NAMES)}.")] = None,
    parameters: Pairs = None,
    *,
    list_them: List = False,
    known_at: KnownAt = None,
    cut: Cut = None,
    versus: Versus = None,
    explain: Explain = False,
    column: Column = None,
    format: Annotated[Format, typer.Option(help="In which form to give it.")] = "table",  # noqa: A002  # the option's name
    out: Annotated[Path | None, typer.Option(help="Write it to this file.")] = None,
    lang: Lang = "en",
    json: AsJson = False,
) -> None:
    """Answer a report from history, explain a row of it, or list what reports there are."""
    if list_them:
        _list(lang, json=json)
    elif name is None:
        message = "name a report; `kvota report --list` names them"
        raise ClearError(message)
    elif explain:
        _refuse_beside_explain(versus, "json" if json else format, out)
        explain_row(name, _given(parameters), column, known(known_at, cut), lang, json=json or format == "json")
    else:
        as_of, other, given = known(known_at, cut), either(versus), _given(parameters)
        _refuse_without_explain(given, column)
        _answer(name, given, as_of, other, "json" if json else format, lang, out)


def _given(parameters: list[str] | None) -> Mapping[str, str]:
    """What a report is asked with; raises ClearError for what is an option of the command."""
    from services.history.questions import TAKEN

    given = pairs(parameters)
    if taken := [name for name in given if name in TAKEN]:
        message = (
            f"{taken[0]} is no parameter of a report, but how it is asked: `kvota report --help` names the options"
        )
        raise ClearError(message)
    return given


def _refuse_without_explain(given: Mapping[str, str], column: str | None) -> None:
    from services.history.row_explained import PREFIX

    if column is not None or any(name.startswith(PREFIX) for name in given):
        message = f"{PREFIX}NAME and --column say what is to be explained: add --explain"
        raise ClearError(message)


def _refuse_beside_explain(versus: str | None, form: Format, out: Path | None) -> None:
    if versus is not None or out is not None or form not in {"table", "json"}:
        message = "--explain prints a table, or JSON with --json: leave out --versus, --out and other formats"
        raise ClearError(message)


def _answer(  # noqa: PLR0913, PLR0917  # what a command was told
    name: str,
    given: Mapping[str, str],
    as_of: "Known | None",
    versus: "Known | None",
    form: Format,
    lang: "Language",
    out: Path | None,
) -> None:
    if form == "table" and out is not None:
        message = "a table is for a terminal: say in which --format the file is to be"
        raise ClearError(message)
    if form in _FILES and out is None and sys.stdout.isatty():
        message = f"{form} is not for a terminal: say --out FILE"
        raise ClearError(message)
    with history() as asked:
        answer = asked.report(name, given, as_of, "json" if form == "table" else form, lang, versus)
    if out is not None:
        out.write_bytes(answer)
    elif form == "table" and versus is not None:
        _print_difference(answer)
    elif form == "table":
        _print_table(answer)
    else:
        sys.stdout.buffer.write(answer + b"\n" if form == "json" else answer)
        sys.stdout.buffer.flush()


def _print_table(line: bytes) -> None:
    from rich.console import Console

    from services.history.terminal import as_tables, remarks, shown

    answer, console = shown(line), Console()
    console.print(*as_tables(answer, console.width), remarks(answer), sep="\n\n", markup=False, highlight=False)


def _print_difference(line: bytes) -> None:
    from rich.console import Console

    from services.history.versus_terminal import as_tables, remarks

    console = Console()
    console.print(*as_tables(line), remarks(line), sep="\n\n", markup=False, highlight=False)


def _list(lang: "Language", *, json: bool) -> None:
    from services.history.catalogue import catalogue
    from services.history.questions import load_questions
    from services.runtime.settings import CompanySettings

    questions = load_questions()
    if json:
        print_bytes(catalogue(questions.values(), CompanySettings().country, lang))
        return
    rows: list[dict[str, str | int | None]] = [
        {
            "report": each.name,
            "question": each.question.to(lang),
            "asked with": " ".join(f"{one.name}={one.kind}" for one in each.parameters),
            "columns": ", ".join(column.title.to(lang) for column in each.columns),
            "needs": None if each.needs is None else each.needs.to(lang),
        }
        for each in questions.values()
    ]
    print_rows("Reports", rows)
