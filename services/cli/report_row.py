"""`kvota report NAME --explain`: the events behind one row of a report."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from services.cli.history import history
from services.cli.output import print_bytes

if TYPE_CHECKING:
    from services.history.cuts import Known
    from services.runtime.languages import Language


def explain_row(  # noqa: PLR0913  # what a command was told
    name: str, given: Mapping[str, str], column: str | None, as_of: "Known | None", lang: "Language", *, json: bool
) -> None:
    """Print what is behind a row; `given` has the parameters of the report, and the key of the row as `row.NAME`."""
    from services.history.row_explained import split_row

    parameters, key = split_row(given)
    with history() as asked:
        line = asked.explain_row(name, parameters, key, column, as_of, lang)
    if json:
        print_bytes(line)
    else:
        _print_tables(line)


def _print_tables(line: bytes) -> None:
    from rich.console import Console

    from services.history.row_terminal import as_tables, remarks

    Console().print(*as_tables(line), remarks(line), sep="\n\n", markup=False, highlight=False)
