"""What the archive's file holds besides records: relations, cells and metrics, as views and macros for everybody."""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from operator import attrgetter
from pathlib import Path

import duckdb

from events.catalogue import NOUNS
from projections.metrics import create_metrics_sql
from projections.projection import Measure, Projection
from projections.relations import create_relations_sql
from services.history.rollups import create_rollups, digest_of_rollups, kept_sql, rolled_up_sql
from services.history.rows import create_row_views_sql, keep_rows, reading_evidence, rows_sql

_FOLDER = Path(__file__).parent
_OF_ANSWERS = ("organisation.sql", "last_told.sql", "periods.sql")
_IS_DEFINED = """
SELECT count(*) > 0 FROM duckdb_views() WHERE schema_name = 'fresh' AND view_name = 'defined' AND contains(sql, $digest)
"""
"""One of the views says by which definitions they were made: another program that makes them drops it with the rest."""


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of an empty file."""
    con.execute((_FOLDER / "tables.sql").read_text("utf-8"))


def create_views(con: duckdb.DuckDBPyConnection, projections: Mapping[str, Projection]) -> None:
    """Have the file answer by today's definitions: make views, rows and rollups anew where it was made by others."""
    digest = _digest(projections)
    if con.execute(_IS_DEFINED, {"digest": digest}).fetchall() == [(True,)]:
        return
    for schema, name in _views(con):
        con.execute(f"DROP VIEW {_quoted(schema)}.{_quoted(name)}")
    con.execute((_FOLDER / "views.sql").read_text("utf-8"))
    with reading_evidence(con):
        con.execute(create_relations_sql())
    keep_rows(con)
    con.execute(create_row_views_sql())
    create_rollups(con, projections)
    create_answers(con, projections, rolled_up_sql)
    for each in projections.values():
        con.execute(_cells_view("rolled", each, kept_sql(each)))
    con.execute(f"CREATE VIEW fresh.defined AS SELECT '{digest}' AS digest")


def forget_definitions(con: duckdb.DuckDBPyConnection) -> None:
    """Have `create_views` make everything anew: the records are others."""
    con.execute("DROP VIEW IF EXISTS fresh.defined; DELETE FROM kept")


def create_answers(
    con: duckdb.DuckDBPyConnection,
    projections: Mapping[str, Projection],
    cells_sql: Callable[[Projection], str] = attrgetter("typed_cells_sql"),
) -> None:
    """Make what answers are put together from, wherever there are relations: views, metrics, cells."""
    con.execute(views_of_answers_sql())
    con.execute(create_metrics_sql())
    for projection in projections.values():
        con.execute(_contributions_view(projection))
        con.execute(_cells_view("main", projection, cells_sql(projection)))


def views_of_answers_sql() -> str:
    """Statements for who works where, the last day that the log tells of, and how periods are compared."""
    return "\n".join((_FOLDER / name).read_text("utf-8") for name in _OF_ANSWERS)


def contributions_of(projection: Projection) -> str:
    """The view that holds what each event adds to the cells of a projection."""
    return _quoted(f"{projection.name}_contributions")


def _digest(projections: Mapping[str, Projection]) -> str:
    """Of everything that views, rows and rollups are made by."""
    rows = map(rows_sql, NOUNS.values())
    views = [
        (_FOLDER / "views.sql").read_text("utf-8"),
        create_row_views_sql(),
        views_of_answers_sql(),
        create_metrics_sql(),
    ]
    made = [
        sql for each in projections.values() for sql in (_cells_view("main", each, rolled_up_sql(each)), kept_sql(each))
    ]
    made.append(digest_of_rollups(projections.values()))
    return sha256("\n".join([*rows, *views, *made]).encode()).hexdigest()


def _views(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return con.execute("SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal").fetchall()


def _contributions_view(projection: Projection) -> str:
    return f"CREATE OR REPLACE VIEW {contributions_of(projection)} AS\n{projection.contributions_sql}"


def _cells_view(schema: str, projection: Projection, cells_sql: str) -> str:
    """The cells as a person reads them: of a `last_` measure the value alone, and no cell that says nothing."""
    keys = [_quoted(key) for key in projection.keys]
    measures = [_shown(measure) for measure in projection.measures]
    return (
        f"CREATE OR REPLACE VIEW {schema}.{_quoted(projection.name)} AS\n"
        f"SELECT {', '.join(keys + measures)}\nFROM (\n{cells_sql}\n)\n"
        f"WHERE {_says_something(projection.measures)}"
    )


def _shown(measure: Measure) -> str:
    name = _quoted(measure.name)
    return f"{name}[2] AS {name}" if measure.kind == "last" else name


def _says_something(measures: Iterable[Measure]) -> str:
    if any(measure.kind != "sum" for measure in measures):
        return "true"
    return " OR ".join(f"{_quoted(measure.name)} != 0" for measure in measures)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
