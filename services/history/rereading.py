"""Reading the archive anew when events have got new versions or types: what was archived is evidence, the rest follows.

Without it, the records of an older version would keep the shape that an older program gave them, and history would
differ from what a projector of today makes of the same log.
"""

import duckdb

from events.catalogue import CATALOGUE
from services.history.schema import create_tables, forget_definitions
from services.history.store import Store, read_positions, read_records, transaction

_BATCH = 20_000
_KNOWN = "SELECT type, version FROM readings"
_AFFECTED = "SELECT count(*) FROM records WHERE type IN (SELECT unnest($types))"


def read_by_todays_catalogue(con: duckdb.DuckDBPyConnection) -> None:
    """Bring the file to today's catalogue; costs nothing where no archived record is of a type that changed."""
    today = {entry.name: entry.version for entry in CATALOGUE.values()}
    known = dict(con.execute(_KNOWN).fetchall())
    changed = [name for name in today.keys() | known.keys() if today.get(name) != known.get(name)]
    if not changed:
        return
    with transaction(con):
        [(affected,)] = con.execute(_AFFECTED, {"types": changed}).fetchall()
        if affected:
            _reread(con)
        con.execute("DELETE FROM readings")
        con.execute("INSERT INTO readings SELECT unnest($types), unnest($versions)", _columns(today))


def _columns(today: dict[str, int]) -> dict[str, object]:
    return {"types": list(today), "versions": list(today.values())}


def _reread(con: duckdb.DuckDBPyConnection) -> None:
    end = read_positions(con)
    con.execute("ALTER TABLE records RENAME TO earlier")
    con.execute("DELETE FROM progress")
    create_tables(con)
    store = Store(con)
    for records in read_records(con, end, _BATCH, "earlier"):
        store.write_records(records)
    con.execute("DROP TABLE earlier")
    forget_definitions(con)
