"""`kvota report`: what history answers."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from services.cli.history import history
from services.cli.options import AsJson, KnownAt, Pairs, instant, pairs
from services.cli.output import print_bytes, print_rows
from services.runtime.errors import ClearError

if TYPE_CHECKING:
    from services.runtime.languages import Language

_NAMES = sorted(path.stem for path in (Path(__file__).parents[1] / "history" / "reports").glob("*.sql"))
Format = Literal["table", "json", "csv"]


Lang = Annotated[Literal["en", "ru"], typer.Option(help="In which language questions and titles are.")]
List = Annotated[bool, typer.Option("--list", help="Name every report, its question, and what it can be asked with.")]


def report(  # noqa: PLR0913  # a command's options
    name: Annotated[str | None, typer.Argument(help=f"One of {', '.join(_NAMES)}.")] = None,
    parameters: Pairs = None,
    *,
    list_them: List = False,
    known_at: KnownAt = None,
    format: Annotated[Format, typer.Option(help="How to print it.")] = "table",  # noqa: A002  # the option's name
    lang: Lang = "en",
    json: AsJson = False,
) -> None:
    """Answer a report from history, or list what reports there are."""
    if list_them:
        _list(lang, json=json)
    elif name is None:
        message = "name a report; `kvota report --list` names them"
        raise ClearError(message)
    else:
        with history() as asked:
            line = asked.report(name, pairs(parameters), instant(known_at))
        _print(line, "json" if json else format)


def _print(line: bytes, form: Format) -> None:
    from rich.console import Console

    from services.history.rendering import as_csv
    from services.history.terminal import as_tables, formulas, shown

    if form == "json":
        print_bytes(line)
        return
    answer = shown(line)
    if form == "csv":
        sys.stdout.write(as_csv(answer.columns, answer.rows))
    else:
        console = Console()
        console.print(*as_tables(answer, console.width), formulas(answer), sep="\n\n", highlight=False)


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
        }
        for each in questions.values()
    ]
    print_rows("Reports", rows)
