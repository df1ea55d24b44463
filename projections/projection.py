"""A projection: one SQL file that says what each event adds to which cell. Loading checks that it says no more.

The first comment line is the question, the line `-- key: a, b` names the key; every other column is a measure. Cells
are `SUM(weight * measure)`; a measure named `min_…`, `max_…` or `last_…` takes the least, the greatest, the latest
instead. The line `-- live: 8 days of day`, by one of the key's columns, or `-- live: for ever`, says how long cells
stay live; history has all of them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import duckdb

from events.catalogue import NOUNS
from projections.horizon import Horizon, read_horizon, written
from projections.relations import ENVELOPE_COLUMNS, SOURCE, SOURCE_COLUMNS, create_relation_tables_sql

Kind = Literal["sum", "min", "max", "last"]
_WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
_FOLDER = Path(__file__).parent
_MACROS = "metrics"


class ProjectionError(ValueError):
    """A projection file breaks a rule; the message names the file, the rule and what to do."""

    def __init__(self, name: str, problem: str) -> None:
        """Say which file and what is wrong with it."""
        super().__init__(f"projections/{name}.sql: {problem}")


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a cell, and how the contributions of many events make one."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Projection:
    """A loaded projection: its question, its key and measures, the relations it reads, and its SQL."""

    name: str
    question: str
    keys: tuple[str, ...]
    measures: tuple[Measure, ...]
    relations: frozenset[str]
    contributions_sql: str
    """The file's SELECT, with the column `fact` that says which event each row comes from."""
    typed_contributions_sql: str = ""
    """The same with dates and instants in the key as such, where those are text as a cell writes them."""
    key_types: tuple[str, ...] = ()
    """Of each column of the key, as DuckDB calls it: BIGINT, VARCHAR, DATE or TIMESTAMP."""
    columns: frozenset[str] = frozenset()
    """The columns of the relations that it may read: every name that stands in it."""
    live: Horizon | None = None
    """How long its cells stay live; None: for ever."""
    only: tuple[str, str] | None = None
    """The cells that a reader asks for: those with this value in this column of the key. No part of the definition."""

    @cached_property
    def place(self) -> int | None:
        """Where in the key it is said when; None where cells stay live for ever."""
        return None if self.live is None else self.keys.index(self.live.column)

    @property
    def sums_up(self) -> bool:
        """Whether all its measures are sums: then a cell of zeros is as good as none."""
        return all(measure.kind == "sum" for measure in self.measures)

    @cached_property
    def digest(self) -> str:
        """A fingerprint of the definition: cells made by another one are other cells."""
        measures = [(each.name, each.kind) for each in self.measures]
        definition = repr((self.keys, measures, self.contributions_sql, written(self.live)))
        return sha256(definition.encode()).hexdigest()[:16]

    @cached_property
    def cells_sql(self) -> str:
        """The SELECT that gives the cells of whatever the relations hold: the key columns, then the measures."""
        return self.written_sql(self.typed_cells_sql)

    @cached_property
    def typed_cells_sql(self) -> str:
        """The same with dates and instants in the key as such: as people and reports ask for them."""
        return self._cells_sql(self.typed_contributions_sql)

    @cached_property
    def cells_by_source_sql(self) -> str:
        """The same for each partition of each topic by itself, which two columns before the key columns name."""
        return self._cells_sql(self.contributions_sql, "fact.topic", 'fact."partition"')

    def written_sql(self, cells: str) -> str:
        """The SELECT that writes the keys of the cells which another gives as a cell does: whole numbers or text."""
        keys = [f'{_as_written(key, kind)} AS "{key}"' for key, kind in zip(self.keys, self.key_types, strict=True)]
        measures = [f'"{measure.name}"' for measure in self.measures]
        return f"SELECT {', '.join(keys + measures)}\nFROM (\n{cells}\n)"

    def added_up_sql(self, cells: str) -> str:
        """The SELECT that adds up the cells with one key which a SELECT yields."""
        keys = [f'"{key}"' for key in self.keys]
        added = [_added_up(measure) for measure in self.measures]
        return f"SELECT {', '.join(keys + added)}\nFROM (\n{cells}\n)\nGROUP BY {', '.join(keys)}"

    def _cells_sql(self, contributions: str, *by: str) -> str:
        keys = [*by, *(f'"{key}"' for key in self.keys)]
        folded = [_folded(measure) for measure in self.measures]
        return f"SELECT {', '.join(keys + folded)}\nFROM (\n{contributions}\n)\nGROUP BY {', '.join(keys)}"


def load_projections(folder: Path = _FOLDER) -> dict[str, Projection]:
    """Load every projection of a folder, by name; raises ProjectionError at the first that breaks a rule."""
    con = _empty_database()
    paths = sorted(path for path in folder.glob("*.sql") if path.stem != _MACROS)
    return {path.stem: load_projection(path.stem, path.read_text("utf-8"), con) for path in paths}


def load_projection(name: str, text: str, con: duckdb.DuckDBPyConnection | None = None) -> Projection:
    """Check one projection and make it ready to run; raises ProjectionError when it breaks a rule."""
    con = con or _empty_database()
    question, keys, live = _header(name, text)
    tree = _parse(name, text, con)
    read = list(_prepare(name, tree))
    relations = frozenset(relation for relation, _ in read)
    contributions = str(con.execute("SELECT json_deserialize_sql($tree)", {"tree": json.dumps(tree)}).fetchall()[0][0])
    columns = _columns(name, contributions, con)
    if missing := [key for key in keys if key not in dict(columns)]:
        raise ProjectionError(name, f"the key names {missing[0]!r}, which the SELECT does not yield")
    undone = _undone(read)
    measures = tuple(_measure(name, column, kind, undone, keys) for column, kind in columns if column not in keys)
    _check_live(name, live, keys, dict(columns))
    kinds = dict(columns)
    return Projection(
        name,
        question,
        keys,
        measures,
        relations,
        _with_keys(contributions, columns, {key: _as_written(key, kinds[key]) for key in keys}),
        _with_keys(contributions, columns, {key: _as_typed(key, kinds[key]) for key in keys}),
        tuple(_key_type(kinds[key]) for key in keys),
        _names(tree, relations),
        live,
    )


def _empty_database() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("SET threads = 1")
    con.execute(f"CREATE TABLE {SOURCE} ({SOURCE_COLUMNS})")
    con.execute(create_relation_tables_sql())
    return con


def _header(name: str, text: str) -> tuple[str, tuple[str, ...], Horizon | None]:
    comments = [line.removeprefix("--").strip() for line in text.splitlines() if line.startswith("--")]
    key_lines = [line.removeprefix("key:") for line in comments if line.startswith("key:")]
    if not comments or len(key_lines) != 1:
        raise ProjectionError(name, "begin with a comment that asks the question, and one line `-- key: a, b`")
    return comments[0], tuple(part.strip() for part in key_lines[0].split(",")), _horizon(name, comments)


def _horizon(name: str, comments: Sequence[str]) -> Horizon | None:
    said = [line.removeprefix("live:").strip() for line in comments if line.startswith("live:")]
    if len(said) != 1:
        raise ProjectionError(name, "say in one line how long cells stay live: `-- live: 8 days of day`, or for ever")
    try:
        return read_horizon(said[0])
    except ValueError as error:
        raise ProjectionError(name, f"live: {error}") from None


def _check_live(name: str, live: Horizon | None, keys: tuple[str, ...], columns: Mapping[str, str]) -> None:
    if live is None:
        return
    if live.column not in keys:
        raise ProjectionError(name, f"live: {live.column!r} is no part of the key")
    if not live.fits(columns[live.column]):
        raise ProjectionError(
            name, f"live: {live.column} is {columns[live.column]}, which is not counted in {live.unit}"
        )


def _parse(name: str, text: str, con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(con.execute("SELECT json_serialize_sql($text)", {"text": text}).fetchall()[0][0])
    if tree["error"]:
        raise ProjectionError(name, f"is no SELECT that DuckDB can read: {tree.get('error_message')}")
    if len(tree["statements"]) != 1:
        raise ProjectionError(name, "holds more than one statement")
    return tree


_Types = frozenset[str] | None
"""The types of events that a SELECT reads; None: whatever its relation has."""


def _prepare(name: str, tree: dict[str, Any]) -> Iterator[tuple[str, _Types]]:
    """Add the column `fact` to every SELECT of the file, and yield the relation and the types that each reads."""
    forbidden = _forbidden_functions()
    for node in _nodes(tree["statements"][0]["node"]):
        _check_plain(name, node, forbidden)
        table = _one_relation(name, node)
        column = [table["alias"] or table["table_name"], "fact"]
        node["select_list"].append({"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "column_names": column})
        yield table["table_name"], _types(node["where_clause"])


def _types(condition: dict[str, Any] | None) -> _Types:
    """The types that a condition lets pass, where it says so in plain words: by `=`, `IN` and `AND`."""
    match condition:
        case {"type": "CONJUNCTION_AND", "children": parts}:
            named = [types for part in parts if (types := _types(part)) is not None]
            return frozenset.intersection(*named) if named else None
        case {"type": "COMPARE_EQUAL", "left": column, "right": value} if column.get("column_names") == ["type"]:
            values = [value]
        case {"type": "COMPARE_IN", "children": [column, *values]} if column.get("column_names") == ["type"]:
            pass
        case _:
            return None
    texts = [value.get("literal", {}).get("text") for value in values]
    return None if None in texts else frozenset(texts)


def _undone(read: Sequence[tuple[str, _Types]]) -> str | None:
    """A relation of whose facts that are read some may be taken back."""
    taken_back = (
        relation
        for relation, types in read
        if (NOUNS[relation].corrected if types is None else types & NOUNS[relation].corrected)
    )
    return min(taken_back, default=None)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node["type"] == "SELECT_NODE":
        yield node
        return
    for child in node.get("children") or (node["left"], node["right"]):
        yield from _nodes(child)


def _check_plain(name: str, node: dict[str, Any], forbidden: frozenset[str]) -> None:
    if node["group_expressions"] or node["having"] or node["qualify"] or node["modifiers"] or node["cte_map"]["map"]:
        raise ProjectionError(name, "may not group, filter groups, order, limit or name subqueries: yield plain rows")
    for part in _walk(node):
        if part.get("class") == "WINDOW" or part.get("type") == "SUBQUERY":
            raise ProjectionError(name, "may not use windows or subqueries: the event must carry what it needs")
        if part.get("class") == "FUNCTION" and part.get("function_name") in forbidden:
            reason = "what an event adds may depend on that event alone"
            raise ProjectionError(name, f"may not call {part['function_name']}(): {reason}")


def _one_relation(name: str, node: dict[str, Any]) -> dict[str, Any]:
    tables = [part for part in _walk(node["from_table"]) if part.get("type") == "BASE_TABLE"]
    if len(tables) != 1 or tables[0]["table_name"] not in NOUNS:
        raise ProjectionError(name, f"each SELECT reads exactly one relation of {', '.join(NOUNS)}")
    return tables[0]


def _names(tree: dict[str, Any], relations: frozenset[str]) -> frozenset[str]:
    """The names that stand in a file; with a `*` in it, those of all columns."""
    parts = list(_walk(tree))
    names = {name for part in parts if part.get("class") == "COLUMN_REF" for name in part["column_names"]}
    if any(part.get("class") == "STAR" for part in parts):
        names |= {*ENVELOPE_COLUMNS, *(name for relation in relations for name in NOUNS[relation].columns)}
    return frozenset(names)


def _walk(tree: object) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _walk(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _walk(value)


@cache
def _forbidden_functions() -> frozenset[str]:
    """Aggregates, and whatever may answer differently the next time it is asked: clocks and random numbers."""
    with duckdb.connect() as con:
        rows = con.execute(
            "SELECT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'"
            " OR stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')"
            " EXCEPT SELECT function_name FROM duckdb_functions()"
            " WHERE function_type = 'scalar' AND stability = 'CONSISTENT'"
        ).fetchall()
    return frozenset(str(row[0]) for row in rows)


def _columns(name: str, contributions: str, con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    try:
        described = con.execute(f"DESCRIBE {contributions}").fetchall()
    except duckdb.Error as error:
        raise ProjectionError(name, str(error).splitlines()[0]) from None
    return [(str(row[0]), str(row[1])) for row in described if row[0] != "fact"]


def _measure(name: str, column: str, duckdb_type: str, undone: str | None, keys: tuple[str, ...]) -> Measure:
    prefix = column.partition("_")[0]
    kind: Kind = prefix if prefix in ("min", "max", "last") else "sum"  # type: ignore[assignment]  # a str to mypy
    if kind != "sum" and undone is not None:
        problem = f"facts of {undone} can be restated, and a {kind} cannot be undone"
        raise ProjectionError(name, f"{column}: {problem}")
    if kind == "sum" and duckdb_type not in _WHOLE:
        raise ProjectionError(name, f"{column} is {duckdb_type}: a measure is a whole number, in its smallest unit")
    if column.endswith("_minor") and "currency" not in keys:
        raise ProjectionError(name, f"{column} is money: `currency` must be part of the key")
    return Measure(column, kind)


def _with_keys(contributions: str, columns: list[tuple[str, str]], keys: Mapping[str, str]) -> str:
    """The contributions with these expressions as their keys."""
    wanted = [f'{keys[column]} AS "{column}"' if column in keys else f'"{column}"' for column, _ in columns]
    return f"SELECT {', '.join(wanted)}, fact\nFROM (\n{contributions}\n)"


def _as_written(column: str, duckdb_type: str) -> str:
    """A part of a key as a whole number or text, so that it is the same wherever it is written down."""
    match _key_type(duckdb_type):
        case "TIMESTAMP":
            return f"strftime(\"{column}\", '%Y-%m-%dT%H:%M:%SZ')"
        case "DATE":
            return f'"{column}"::VARCHAR'
        case _:
            return _as_typed(column, duckdb_type)


def _as_typed(column: str, duckdb_type: str) -> str:
    """A part of a key as the type that its column has where cells are kept."""
    match _key_type(duckdb_type):
        case "TIMESTAMP":
            return f"date_trunc('second', \"{column}\")"
        case "DATE":
            return f'"{column}"'
        case "BIGINT" if duckdb_type == "BOOLEAN":
            return f'"{column}"::INT::BIGINT'
        case kept:
            return f'"{column}"::{kept}'


def _key_type(duckdb_type: str) -> str:
    if duckdb_type in _WHOLE or duckdb_type == "BOOLEAN":
        return "BIGINT"
    return duckdb_type if duckdb_type in ("DATE", "TIMESTAMP") else "VARCHAR"


def _folded(measure: Measure) -> str:
    name = f'"{measure.name}"'
    if measure.kind == "sum":
        return f"coalesce(sum(fact.weight * {name}), 0)::BIGINT AS {name}"
    if measure.kind == "last":
        return f"max_by([{_ORDER}, {name}::VARCHAR], {_ORDER}) AS {name}"
    return f"{measure.kind}({name}) AS {name}"


def _added_up(measure: Measure) -> str:
    name = f'"{measure.name}"'
    if measure.kind == "sum":
        return f"sum({name})::BIGINT AS {name}"
    if measure.kind == "last":
        return f"max_by({name}, {name}[1]) AS {name}"
    return f"{measure.kind}({name}) AS {name}"


_ORDER = "strftime(fact.at, '%Y-%m-%dT%H:%M:%S.%fZ') || ' ' || coalesce(fact.sequence, '') || ' ' || fact.id"
