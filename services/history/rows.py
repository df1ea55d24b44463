"""The nouns' relations, kept as rows: what is asked reads columns, not the JSON of every record again.

The records remain the evidence: the rows are made anew from them when a relation's definition changes. The schema
`evidence` holds the same relations as views over the records, with which `verify` compares as well. What is parked
keeps its rows, which say that they do not count: as of a cut from before it was parked, it does. A row knows its
stretch of the archive, so that what came since the latest rollup is found at once.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256

import duckdb

from events.catalogue import NOUNS, Noun
from projections.relations import SOURCE, relation_sql

_OF_BATCH = f"""
CREATE OR REPLACE TEMP VIEW {SOURCE} AS
SELECT noun, coalesce(json, decode(raw)) AS json, topic, "partition", "offset"
FROM batch WHERE verdict IN ('counts', 'parked') AND noun IS NOT NULL
"""
_SET_ASIDE = """
INSERT INTO set_aside SELECT topic, "partition", "offset" FROM records WHERE verdict = 'parked'
"""
_TOLD = "told"
_VIEWS = {"main": "true", "fresh": "stretch > coalesce(getvariable('rolled_up'), 0)"}
"""The schemas that have a view of every noun, and which of its rows it has."""
_GROWING = "(SELECT number FROM growing)"
_ANY_PARKED = "SELECT count(*) > 0 FROM batch WHERE verdict = 'parked'"


def keep_rows(con: duckdb.DuckDBPyConnection) -> None:
    """List what is set aside, and make anew the rows of every relation whose definition is another than theirs.

    Then the rollups are of other rows, and are forgotten.
    """
    kept = dict(con.execute("SELECT noun, digest FROM kept").fetchall())
    con.execute("DELETE FROM set_aside")
    con.execute(_SET_ASIDE)
    for noun in NOUNS.values():
        digest = sha256(rows_sql(noun).encode()).hexdigest()
        if kept.get(noun.name) != digest:
            con.execute(f"CREATE OR REPLACE TABLE {_table(noun)} AS {rows_sql(noun)}")
            _mark_set_aside(con, noun)
            con.execute("DELETE FROM rolled_up")
            con.execute("INSERT OR REPLACE INTO kept VALUES ($noun, $digest)", {"noun": noun.name, "digest": digest})


def rows_sql(noun: Noun) -> str:
    """The SELECT that gives all rows of a noun."""
    return _of_the_growing_stretch(relation_sql(noun, _TOLD))


def add_rows(con: duckdb.DuckDBPyConnection, nouns: Iterable[str]) -> None:
    """Add what the records of the table `batch` say of these nouns."""
    con.execute(_OF_BATCH)
    for name in nouns:
        con.execute(f"INSERT INTO {_table(NOUNS[name])} {_of_the_growing_stretch(relation_sql(NOUNS[name]))}")
    con.execute(f"DROP VIEW temp.{SOURCE}")
    if con.execute(_ANY_PARKED).fetchall() == [(True,)]:
        for name in nouns:
            _mark_set_aside(con, NOUNS[name])


def remake_rows(con: duckdb.DuckDBPyConnection) -> None:
    """Make anew the rows of the records whose places and nouns are in the table `changed`."""
    nouns = [name for (name,) in con.execute("SELECT DISTINCT noun FROM changed WHERE noun IS NOT NULL").fetchall()]
    for name in nouns:
        con.execute(f"DELETE FROM {_table(NOUNS[name])} AS row USING changed WHERE {_at('changed')}")
    con.execute('CREATE TEMP VIEW batch AS SELECT * FROM records SEMI JOIN changed USING (topic, partition, "offset")')
    add_rows(con, nouns)
    con.execute("DROP VIEW temp.batch")


def _of_the_growing_stretch(rows: str) -> str:
    return f"SELECT *, true AS counts, {_GROWING} AS stretch FROM (\n{rows}\n)"


def _mark_set_aside(con: duckdb.DuckDBPyConnection, noun: Noun) -> None:
    """Have the rows of the growing stretch that are set aside say that they do not count."""
    rows = f"UPDATE {_table(noun)} AS row SET counts = false FROM set_aside"
    con.execute(f"{rows} WHERE stretch = {_GROWING} AND {_at('set_aside')}")


def create_row_views_sql() -> str:
    """Statements that make a view of every noun: the rows before the cut of the records that counted as of the cut.

    The schema `fresh` has the same of the rows that are not in the rollups which the answer is made of.
    """
    return "\n".join(_row_view(schema, noun, which) for noun in NOUNS.values() for schema, which in _VIEWS.items())


def _row_view(schema: str, noun: Noun, which: str) -> str:
    return f"""
CREATE OR REPLACE VIEW {schema}.{noun.name} AS
SELECT row.* EXCLUDE (counts, stretch)
FROM {_table(noun)} AS row ANTI JOIN hidden ON {_at("hidden")}
WHERE {which} AND (counts OR getvariable('otherwise') IS NOT NULL)
      AND (getvariable('cut') IS NULL OR row.fact."offset" < {_before(noun)});"""


def _at(places: str) -> str:
    """Whether a row is of a place of the log that a table has."""
    parts = ("topic", '"partition"', '"offset"')
    return " AND ".join(f"row.fact.{part} = {places}.{part}" for part in parts)


def _before(noun: Noun) -> str:
    """Where the cut is in the partition of a row, which nearly always is one of its noun's topic."""
    cut = "(getvariable('cut')::MAP(VARCHAR, BIGINT[]))"
    of_its_topic, of_another = f"{cut}['{noun.topic}']", f"{cut}[row.fact.topic]"
    number = 'row.fact."partition" + 1'
    return f"CASE row.fact.topic WHEN '{noun.topic}' THEN {of_its_topic}[{number}] ELSE {of_another}[{number}] END"


@contextmanager
def reading_evidence(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Have the relations be those of the records, for a block."""
    con.execute("SET search_path = 'evidence,main'")
    try:
        yield
    finally:
        con.execute("RESET search_path")


def _table(noun: Noun) -> str:
    return f"{noun.name}_rows"
