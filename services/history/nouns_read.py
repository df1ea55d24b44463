"""Of which nouns a report tells: the relations that its SQL reads, also by way of cells and of other views."""

import json
from collections.abc import Iterator

import duckdb

from events.catalogue import NOUNS

_VIEWS = """
SELECT view_name, list(sql) FROM duckdb_views() WHERE schema_name IN ('main', 'fresh') AND NOT internal GROUP BY ALL
"""


def nouns_read(con: duckdb.DuckDBPyConnection, sql: str) -> frozenset[str]:
    """The nouns that a SELECT over the archive reads.

    A name that the statement gives to a part of itself is taken for the view of that name as well: that may be one noun
    too many, and never one too few.
    """
    views = dict(con.execute(_VIEWS).fetchall())
    found, new = frozenset[str](), _named(con, sql)
    while new:
        found |= new
        made_of = [view for name in new - NOUNS.keys() for view in views.get(name, ())]
        new = frozenset[str]().union(*(_named(con, _select(view)) for view in made_of)) - found
    return found & NOUNS.keys()


def _select(view: str) -> str:
    return view.partition(" AS ")[2]


def _named(con: duckdb.DuckDBPyConnection, sql: str) -> frozenset[str]:
    """The names that stand where a relation can stand."""
    [(tree,)] = con.execute("SELECT json_serialize_sql($sql)", {"sql": sql}).fetchall()
    read = json.loads(tree)
    if read["error"]:
        raise ValueError(read["error_message"])
    return frozenset(_table_names(read))


def _table_names(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if part.get("type") == "BASE_TABLE":
            yield part["table_name"]
        for value in part.values():
            yield from _table_names(value)
    elif isinstance(part, list):
        for value in part:
            yield from _table_names(value)
