"""Metrics: what is computed from cells when they are read. The formulas are SQL macros, in `metrics.sql`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

_FILE = Path(__file__).parent / "metrics.sql"
_CALL = re.compile(r"\b(\w+)_v(\d+)\(")


@dataclass(frozen=True, slots=True)
class Policy:
    """One formula of a metric: a published number names it, so that it can be reckoned again."""

    id: str
    version: int
    formula: str


@cache
def create_metrics_sql() -> str:
    """Statements that make the macros, and the view `metrics` that lists them."""
    return _FILE.read_text("utf-8")


def policies(con: duckdb.DuckDBPyConnection) -> Mapping[tuple[str, int], Policy]:
    """Every policy there is, by id and version."""
    rows = con.execute("SELECT id, version, formula FROM metrics").fetchall()
    return {(row[0], row[1]): Policy(*row) for row in rows}


def policies_of(sql: str, con: duckdb.DuckDBPyConnection) -> tuple[Policy, ...]:
    """The policies by which a statement reckons its numbers, in the order of their first use."""
    known = policies(con)
    used = dict.fromkeys((name, int(version)) for name, version in _CALL.findall(sql))
    return tuple(known[policy] for policy in used if policy in known)
