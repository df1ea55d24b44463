"""The program that runs one query: a process of its own, which has Python, DuckDB and nothing of ours.

It is started without environment, open files or import paths of ours, reads what it is asked from its standard input,
and answers with one JSON object. Before it looks at the query it takes all from itself that a query does not need.
"""

import json
import math
import resource
import signal
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

import duckdb

_LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
    "temp_directory": "",
    "threads": 1,
    "async_threads": 0,
}
_MB = 1024 * 1024
_BESIDE_DUCKDB = 512 * _MB
"""What Python, the libraries and the answer may take besides."""
_OPEN_FILES = 64
_AT_A_TIME = 128
_MOST_SAID = 1_000
_CUT = 'SELECT topic, "partition", before FROM cut ORDER BY ALL'


_REFUSED, _TOO_MANY_ROWS, _TOO_LARGE, _OUT_OF_MEMORY = "refused", "too_many_rows", "too_large", "out_of_memory"
"""Outcomes, by the words of `events.accesses`."""


class Ended(Exception):  # noqa: N818  # no error of the program
    """The query gives no rows; why, as one of the outcomes that the log knows, and in words."""

    def __init__(self, outcome: str, reason: str = "") -> None:
        super().__init__(reason)
        self.outcome, self.reason = outcome, reason


def main() -> None:
    """Answer what stands on the standard input."""
    asked = json.load(sys.stdin.buffer)
    give_up(asked["seconds"], asked["memory_mb"])
    with opened(asked["mart"], asked["memory_mb"]) as con:
        try:
            said = answer(con, asked)
        except Ended as ended:
            said = json.dumps({"outcome": ended.outcome, "reason": ended.reason[:_MOST_SAID]})
    sys.stdout.write(said)


def give_up(seconds: float, memory_mb: int) -> None:
    """Have the kernel end this process when it takes too long, and let it write, fork and allocate no more."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    most = {
        resource.RLIMIT_CPU: math.ceil(seconds) + 1,
        resource.RLIMIT_AS: memory_mb * _MB + _BESIDE_DUCKDB,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
    }
    for limit, value in most.items():
        resource.setrlimit(limit, (value, value))


def opened(mart: str, memory_mb: int) -> duckdb.DuckDBPyConnection:
    """The mart, read-only, with nothing around it in reach; what was set cannot be set otherwise any more."""
    con = duckdb.connect(mart, read_only=True, config={**_LOCKED, "memory_limit": f"{memory_mb}MiB"})
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET lock_configuration = true")
    return con


def answer(con: duckdb.DuckDBPyConnection, asked: dict[str, Any]) -> str:
    """The rows of the one SELECT that is asked; raises Ended."""
    cut = {f"{topic}/{partition}": before for topic, partition, before in con.execute(_CUT).fetchall()}
    try:
        result = con.execute(only_select(con, asked["sql"]))
        columns = [{"name": name, "type": str(kind)} for name, kind, *_ in result.description]
        rows = list(within(rows_of(result), asked["rows"], asked["bytes"]))
    except (MemoryError, duckdb.OutOfMemoryException):
        raise Ended(_OUT_OF_MEMORY) from None
    except RecursionError:
        raise Ended(_REFUSED, "the answer holds lists in lists, too many deep") from None
    except duckdb.Error as error:
        raise Ended(_REFUSED, str(error).partition("\n")[0]) from None
    about = {"outcome": "answered", "as_of": cut, "columns": columns, "count": len(rows)}
    return f'{json.dumps(about)[:-1]}, "rows": [{",".join(rows)}]}}'


def only_select(con: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """The statement, which must be the only one, and a SELECT; raises Ended."""
    statements = con.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        there = ", ".join(statement.type.name for statement in statements)
        raise Ended(_REFUSED, f"write one SELECT, and nothing else; there is: {there or 'nothing'}")
    return statements[0]


def rows_of(result: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """The rows as JSON, a few at a time."""
    while some := result.fetchmany(_AT_A_TIME):
        for row in some:
            yield json.dumps([plain(value) for value in row], separators=(",", ":"))


def within(rows: Iterator[str], most_rows: int, most_bytes: int) -> Iterator[str]:
    """The rows, as long as there are not too many; raises Ended."""
    size = 0
    for number, row in enumerate(rows, start=1):
        size += len(row) + 1
        if number > most_rows:
            raise Ended(_TOO_MANY_ROWS)
        if size > most_bytes:
            raise Ended(_TOO_LARGE)
        yield row


def plain(value: object) -> object:  # noqa: PLR0911  # one line for each type
    """A value as JSON holds it: decimals are text, so that nobody's float rounds them; bytes are hexadecimal digits."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case bytes():
            return value.hex()
        case date() | datetime() | time():
            return value.isoformat()
        case list() | tuple():
            return [plain(each) for each in value]
        case dict():
            return {str(plain(name)): plain(each) for name, each in value.items()}
        case _:
            return str(value)


if __name__ == "__main__":
    main()
