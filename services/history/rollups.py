"""Rollups: the cells of each stretch of the archive, added up once and kept, so that nobody adds them up again.

When so many records have come, the cells of the rows that they brought are kept, with the place in every partition up
to which they reach: that is a stretch. What is asked as of a cut adds up the rollups of all stretches that lie before
it whole, and the rows of the records after them. The rows remain what rollups are made of: `verify` compares both.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256

import duckdb

from projections.projection import Projection

_LATEST = "SELECT max(number) FROM stretches"
_END = 'INSERT INTO stretches SELECT number, topic, "partition", next_offset FROM progress, growing'
_GROW = "UPDATE growing SET number = number + 1"
_SINCE = f"""
SELECT sum(next_offset - coalesce(before, 0))::BIGINT
FROM progress LEFT JOIN (SELECT * FROM stretches WHERE number = ({_LATEST})) USING (topic, "partition")
"""
_BEFORE_THE_CUT = """
SELECT max(number)
FROM (SELECT number, bool_and(coalesce(stretches.before <= cut.before, false)) AS whole
      FROM stretches LEFT JOIN cut USING (topic, "partition") GROUP BY number)
WHERE whole AND getvariable('otherwise') IS NULL
"""
_CHANGED = """
SELECT min(number) FROM stretches JOIN changed USING (topic, "partition") WHERE "offset" < before
"""


def create_rollups(con: duckdb.DuckDBPyConnection, projections: Mapping[str, Projection]) -> None:
    """Make what rollups are made by, and are kept in; where some definition is another than theirs, none is left."""
    for each in projections.values():
        con.execute(f"CREATE OR REPLACE VIEW {_cells(each)} AS\n{each.cells_sql}")
    digest = _digest(projections.values())
    if con.execute("SELECT digest FROM rolled_up").fetchall() != [(digest,)]:
        con.execute("DELETE FROM stretches; DELETE FROM rolled_up")
        con.execute("DROP SCHEMA IF EXISTS rollups CASCADE; CREATE SCHEMA rollups")
        for each in projections.values():
            con.execute(f"CREATE TABLE {_table(each)} AS\n{_of_stretch(each)} LIMIT 0", {"number": 0})
        con.execute("INSERT INTO rolled_up VALUES ($digest)", {"digest": digest})


def roll_up(con: duckdb.DuckDBPyConnection, projections: Iterable[Projection]) -> None:
    """End the stretch that grows: roll up what has been archived since the latest."""
    [(number,)] = con.execute("SELECT number FROM growing").fetchall()
    con.execute(f"SET VARIABLE rolled_up = ({_LATEST})")
    for each in projections:
        con.execute(f"INSERT INTO {_table(each)}\n{_of_stretch(each)}", {"number": number})
    con.execute(_END)
    con.execute(_GROW)


def undo_rollups(con: duckdb.DuckDBPyConnection, projections: Iterable[Projection]) -> None:
    """Forget the rollups from the first on that holds a record of the table `changed`."""
    [(first,)] = con.execute(_CHANGED).fetchall()
    if first is not None:
        con.execute("DELETE FROM stretches WHERE number >= $first", {"first": first})
        for each in projections:
            con.execute(f"DELETE FROM {_table(each)} WHERE stretch >= $first", {"first": first})


def archived_since(con: duckdb.DuckDBPyConnection) -> int:
    """How many places of the log are archived and not rolled up."""
    [(places,)] = con.execute(_SINCE).fetchall()
    return places or 0


def say_rolled_up(con: duckdb.DuckDBPyConnection) -> None:
    """Have the cells of a connection whose cut is set be those of the rollups before it, and of the rows after them.

    Of a cut that is before something was set aside, and counts it, rollups say nothing: they leave it out.
    """
    con.execute(f"SET VARIABLE rolled_up = ({_BEFORE_THE_CUT})")


def rolled_up_sql(projection: Projection) -> str:
    """The SELECT that gives the cells of a projection: those of the rollups, and of what came since."""
    columns = ", ".join(map(_quoted, (*projection.keys, *(measure.name for measure in projection.measures))))
    return projection.added_up_sql(
        f"SELECT {columns} FROM {_table(projection)} WHERE stretch <= coalesce(getvariable('rolled_up'), 0)\n"
        f"UNION ALL\nSELECT {columns} FROM {_cells(projection)}"
    )


def _of_stretch(projection: Projection) -> str:
    return f"SELECT $number::INTEGER AS stretch, * FROM {_cells(projection)}"


def _digest(projections: Iterable[Projection]) -> str:
    """Of all that makes cells of rows."""
    return sha256("\n".join(f"{each.name} {each.cells_sql}" for each in projections).encode()).hexdigest()


def _cells(projection: Projection) -> str:
    """The view of the cells of what is not rolled up."""
    return f"fresh.{_quoted(projection.name)}"


def _table(projection: Projection) -> str:
    return f"rollups.{_quoted(projection.name)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
