"""What commands print: JSON for programs, lines and tables for people."""

import sys
from typing import NoReturn

import typer

NO = 1


def print_json(value: object) -> None:
    """One JSON object or array on a line."""
    import msgspec

    print_bytes(msgspec.json.encode(value))


def print_bytes(line: bytes) -> None:
    """One line that is JSON already."""
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def print_rows(title: str, rows: list[dict[str, str | int | None]]) -> None:
    """Rows as a table for a terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left")
    for column in rows[0] if rows else ():
        table.add_column(column, justify="right" if isinstance(rows[0][column], int) else "left")
    for row in rows:
        table.add_row(*(Text("" if value is None else str(value)) for value in row.values()))
    Console().print(table)


def answer_no() -> NoReturn:
    """End with the exit code that says that the answer is no."""
    raise typer.Exit(NO)
