"""`kvota sql`: an auditor's own query."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.options import AsJson, credentials
from services.cli.output import print_bytes, print_rows
from services.runtime.errors import ClearError

if TYPE_CHECKING:
    import httpx

_WITHIN_S = 120.0


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
        answer = msgspec.json.decode(line)
        names = [column["name"] for column in answer["columns"]]
        print_rows(answer["mart"], [dict(zip(names, map(_cell, row), strict=True)) for row in answer["rows"]])


def _asked(query: str) -> bytes:
    import httpx

    from services.history.settings import HistorySettings

    settings = HistorySettings()
    url = f"http://{settings.host}:{settings.port}/v1/sql"
    try:
        answer = httpx.post(
            url, json={"sql": query}, headers=credentials("auditor"), timeout=_WITHIN_S, trust_env=False
        )
    except httpx.HTTPError:
        message = f"no history service answers at {url}: start it with `kvota up` (KVOTA_HISTORY_PORT)"
        raise ClearError(message) from None
    return _believed(answer)


def _believed(answer: "httpx.Response") -> bytes:
    if answer.is_success:
        return answer.content
    try:
        raise ClearError(str(answer.json()["detail"]))
    except (ValueError, KeyError, TypeError):
        message = f"what answers at {answer.url} is no history service (KVOTA_HISTORY_PORT)"
        raise ClearError(message) from None


def _cell(value: Any) -> str | int | None:  # noqa: ANN401  # whatever DuckDB gives
    return value if value is None or isinstance(value, (str, int)) else str(value)
