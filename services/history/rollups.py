"""Rollups: the cells of each stretch of the archive, added up once and kept, so that nobody adds them up again.

When so many records have come, a stretch ends: the place in every partition up to which it reaches is kept, and the
cells as of its end. A cell is kept once for each stretch that changed it, with the stretch from which on it says so and
the one from which on another does: as of the end of any stretch, there is one row for each key. What is asked as of a
cut is made of the cells as of the latest stretch that lies before it whole, and of the rows of the records after that.
The rows remain what rollups are made of: `verify` compares both.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256

import duckdb

from projections.projection import Projection
from services.runtime.shards import Positions

_LATEST = "SELECT max(number) FROM stretches"
_END = 'INSERT INTO stretches SELECT number, topic, "partition", next_offset FROM progress, growing'
_GROW = "UPDATE growing SET number = number + 1"
_ENDS = f'SELECT number, topic, "partition", before FROM stretches WHERE number = ({_LATEST})'
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
_STILL = 2_147_483_647
"""No stretch has this number: until then says a cell that none has changed since."""
_AS_OF = "coalesce(getvariable('rolled_up'), 0)"


def create_rollups(con: duckdb.DuckDBPyConnection, projections: Mapping[str, Projection]) -> None:
    """Make what rollups are made by, and are kept in; where some definition is another than theirs, none is left."""
    for each in projections.values():
        con.execute(f"CREATE OR REPLACE VIEW {_fresh(each)} AS\n{each.typed_cells_sql}")
    digest = digest_of_rollups(projections.values())
    if con.execute("SELECT digest FROM rolled_up").fetchall() != [(digest,)]:
        con.execute("DELETE FROM stretches; DELETE FROM rolled_up")
        con.execute("DROP SCHEMA IF EXISTS rollups CASCADE; CREATE SCHEMA rollups")
        for each in projections.values():
            con.execute(f"CREATE TABLE {_table(each)} AS\n{_saying(f'FROM {_fresh(each)}')} LIMIT 0", {"number": 0})
        con.execute("INSERT INTO rolled_up VALUES ($digest)", {"digest": digest})


def roll_up(con: duckdb.DuckDBPyConnection, projections: Iterable[Projection]) -> None:
    """End the stretch that grows: add up what has been archived since the latest."""
    [(number,)] = con.execute("SELECT number FROM growing").fetchall()
    con.execute(f"SET VARIABLE rolled_up = ({_LATEST})")
    for each in projections:
        con.execute(f"CREATE OR REPLACE TEMP TABLE new AS FROM {_fresh(each)}")
        con.execute(f"CREATE OR REPLACE TEMP TABLE grown AS\n{_grown_sql(each)}")
        con.execute(
            f"UPDATE {_table(each)} AS old SET until_stretch = $number FROM new WHERE {_meets(each)}",
            {"number": number},
        )
        con.execute(f"INSERT INTO {_table(each)}\n{_saying('FROM grown')}", {"number": number})
    con.execute("DROP TABLE IF EXISTS temp.new; DROP TABLE IF EXISTS temp.grown")
    con.execute(_END)
    con.execute(_GROW)


def undo_rollups(con: duckdb.DuckDBPyConnection, projections: Iterable[Projection]) -> None:
    """Forget the rollups from the first on that holds a record of the table `changed`."""
    [(first,)] = con.execute(_CHANGED).fetchall()
    if first is not None:
        con.execute("DELETE FROM stretches WHERE number >= $first", {"first": first})
        for each in projections:
            con.execute(f"DELETE FROM {_table(each)} WHERE since_stretch >= $first", {"first": first})
            con.execute(
                f"UPDATE {_table(each)} SET until_stretch = {_STILL} WHERE until_stretch >= $first", {"first": first}
            )


def archived_since(con: duckdb.DuckDBPyConnection) -> int:
    """How many places of the log are archived and not rolled up."""
    [(places,)] = con.execute(_SINCE).fetchall()
    return places or 0


def say_rolled_up(con: duckdb.DuckDBPyConnection) -> None:
    """Have the cells of a connection whose cut is set be those of the rollups before it, and of the rows after them.

    Of a cut that is before something was set aside, and counts it, rollups say nothing: they leave it out.
    """
    con.execute(f"SET VARIABLE rolled_up = ({_BEFORE_THE_CUT}); RESET search_path")


def say_all_rolled_up(con: duckdb.DuckDBPyConnection, archived: Positions) -> None:
    """The same where no cut leaves anything out; where that is all rolled up, cells are read as they are kept."""
    rows = con.execute(_ENDS).fetchall()
    latest = max((number for number, *_ in rows), default=None)
    ends = {(topic, partition): before for _, topic, partition, before in rows}
    path = "rolled,main" if ends == archived else "main"
    con.execute(f"SET VARIABLE rolled_up = {latest or 'NULL'}; SET search_path = '{path}'")


def rolled_up_sql(projection: Projection) -> str:
    """The SELECT that gives the cells of a projection: as of the latest stretch, and what came since."""
    columns = ", ".join(_columns(projection))
    return projection.added_up_sql(f"{kept_sql(projection)}\nUNION ALL\nSELECT {columns} FROM {_fresh(projection)}")


def kept_sql(projection: Projection) -> str:
    """The SELECT that gives the cells as of the end of the latest stretch before the cut."""
    columns = ", ".join(_columns(projection))
    return f"SELECT {columns} FROM {_table(projection)} WHERE since_stretch <= {_AS_OF} AND until_stretch > {_AS_OF}"


def _grown_sql(projection: Projection) -> str:
    """The SELECT that gives what the cells have become that the table `new` adds to."""
    columns = ", ".join(_columns(projection))
    return projection.added_up_sql(
        f"SELECT {columns} FROM {_table(projection)} AS old SEMI JOIN new ON {_meets(projection)}\n"
        f"UNION ALL\nSELECT {columns} FROM new"
    )


def _meets(projection: Projection) -> str:
    """Whether a row of the table, called `old`, is the cell of a row of the table `new`."""
    same = [f"old.{_quoted(key)} IS NOT DISTINCT FROM new.{_quoted(key)}" for key in projection.keys]
    return " AND ".join([*same, f"old.until_stretch = {_STILL}"])


def _saying(cells: str) -> str:
    """Cells as they are kept from a stretch on."""
    return f"SELECT $number::INTEGER AS since_stretch, {_STILL} AS until_stretch, * {cells}"


def _columns(projection: Projection) -> list[str]:
    return [_quoted(name) for name in (*projection.keys, *(measure.name for measure in projection.measures))]


def digest_of_rollups(projections: Iterable[Projection]) -> str:
    """A fingerprint of all that makes cells of rows, and of how they are kept."""
    made = [f"{each.name} {each.typed_cells_sql} {_saying(_table(each))}" for each in projections]
    return sha256("\n".join(made).encode()).hexdigest()


def _fresh(projection: Projection) -> str:
    """The view of the cells of what is not rolled up."""
    return f"fresh.{_quoted(projection.name)}"


def _table(projection: Projection) -> str:
    return f"rollups.{_quoted(projection.name)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
