"""`kvota sql`: an auditor's own query."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.history import answered
from services.cli.options import AsJson, credentials
from services.cli.output import print_bytes
from services.runtime.errors import ClearError

if TYPE_CHECKING:
    import httpx

_BESIDES_S = 60.0
_CONNECT_S = 10.0


def sql(
    query: Annotated[str, typer.Argument(metavar="SELECT…", help="One SELECT over the current mart (`kvota mart`).")],
    *,
    json: AsJson = False,
) -> None:
    """Ask the current mart in SQL. The history service answers, for auditors; the log keeps who asked what."""
    import msgspec

    line = _asked(query)
    if json:
        print_bytes(line)
    else:
        _print_table(msgspec.json.decode(line))


def _asked(query: str) -> bytes:
    import httpx

    from services.history.settings import HistorySettings

    settings = HistorySettings()
    url = f"http://{settings.host}:{settings.port}/v1/sql"
    try:
        answer = httpx.post(
            url, json={"sql": query}, headers=credentials("auditor"), timeout=_within(settings.sql_s), trust_env=False
        )
    except httpx.ReadTimeout:
        message = f"no answer came within {settings.sql_s + _BESIDES_S:g} s; the log says what became of the query"
        raise ClearError(message) from None
    except httpx.HTTPError:
        message = f"no history service answers at {url}: start it with `kvota up` (KVOTA_HISTORY_PORT)"
        raise ClearError(message) from None
    return answered(answer)


def _within(query_s: float) -> "httpx.Timeout":
    """How long to wait for an answer: for the query, for its turn and for the log."""
    import httpx

    return httpx.Timeout(query_s + _BESIDES_S, connect=_CONNECT_S)


def _print_table(answer: dict[str, Any]) -> None:
    """The rows for a terminal. Two columns may have one name, and there may be no row."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=answer["mart"], title_justify="left")
    for column in answer["columns"]:
        table.add_column(Text(column["name"]))
    for row in answer["rows"]:
        table.add_row(*(Text("" if value is None else _harmless(str(value))) for value in row))
    Console().print(table)


def _harmless(text: str) -> str:
    """Text that tells a terminal nothing: what stands in a record was written by whoever sent it."""
    return "".join(each if each.isprintable() or each in "\n\t" else "\N{REPLACEMENT CHARACTER}" for each in text)
