"""Calculators: metrics over numbers at hand, by the very macros that reports use. Pure but for DuckDB in memory."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import duckdb
import pyarrow as pa

from projections.metrics import create_metrics_sql

Answer = dict[str, object]
"""Decimal strings, lists of whole numbers, or None where a ratio has nothing to divide by."""

_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("outcome", pa.string()),
    ("answered", pa.int64()),
    ("wait", pa.int64()),
    ("calls", pa.int64()),
]
_CELLS = pa.schema(_COLUMNS)
_AVERAGES = """
SELECT asa_v1(calls, answered, wait) AS asa, abandon_rate_v1(calls, outcome, answered) AS abandon_rate FROM cells
"""
_SERVICE_LEVELS = """
SELECT service_level_answered_only_v1(calls, outcome, answered, wait, $threshold, NULL) AS answered_only,
       service_level_offered_v1(calls, outcome, answered, wait, $threshold, NULL)       AS offered,
       service_level_removed_v1(calls, outcome, answered, wait, $threshold, NULL)       AS removed,
       service_level_ignore_abandon_within_threshold_v1(calls, outcome, answered, wait, $threshold, NULL)
           AS ignore_abandon_within_threshold,
       service_level_abandon_after_threshold_v1(calls, outcome, answered, wait, $threshold, NULL)
           AS abandon_after_threshold
FROM cells
"""
_EXCLUDE_SHORT = """
SELECT service_level_exclude_short_v1(calls, outcome, answered, wait, $threshold, $short) AS exclude_short FROM cells
"""
_BINS = """
WITH waits AS (SELECT wait_bin(wait, $edges::BIGINT[]) AS place FROM cells WHERE outcome = $outcome)
SELECT list(calls ORDER BY place)
FROM (SELECT place, count(waits.place) AS calls
      FROM range(len($edges) + 1) AS bins(place) LEFT JOIN waits USING (place)
      GROUP BY ALL)
"""


class BadInputError(ValueError):
    """A calculator was given something that it cannot reckon with; the text says which field."""


def calc_service_level(given: Mapping[str, object]) -> Answer:
    """The service level of some calls under every policy.

    `answered` and `abandoned` are the waits of the calls, in whole seconds. With `threshold` come the policies, with
    `short` also the one that leaves short abandons out, with `edges` the waits in bins [min, max).
    """
    answered, abandoned = _whole_numbers(given, "answered"), _whole_numbers(given, "abandoned")
    threshold, short = _whole_number(given, "threshold"), _whole_number(given, "short")
    with duckdb.connect() as con:
        con.execute(create_metrics_sql())
        con.register("cells", _cells(answered, abandoned))
        answer = _row(con, _AVERAGES, {})
        if threshold is not None:
            answer |= _row(con, _SERVICE_LEVELS, {"threshold": threshold})
        if threshold is not None and short is not None:
            answer |= _row(con, _EXCLUDE_SHORT, {"threshold": threshold, "short": short})
        if given.get("edges") is not None:
            answer |= _bins(con, _edges(given))
    return answer


def _cells(answered: Sequence[int], abandoned: Sequence[int]) -> pa.Table:
    rows = [("answered", 1, wait, 1) for wait in answered] + [("abandoned", 0, wait, 1) for wait in abandoned]
    columns = list(zip(*rows, strict=True)) or [()] * len(_CELLS)
    return pa.table([pa.array(column, kind) for column, kind in zip(columns, _CELLS.types, strict=True)], schema=_CELLS)


def _row(con: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, object]) -> Answer:
    result = con.execute(sql, dict(parameters))
    names = [column[0] for column in result.description]
    return dict(zip(names, map(_written, result.fetchall()[0]), strict=True))


def _written(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _bins(con: duckdb.DuckDBPyConnection, edges: list[int]) -> Answer:
    return {
        f"{outcome}_bins": con.execute(_BINS, {"edges": edges, "outcome": outcome}).fetchall()[0][0]
        for outcome in ("answered", "abandoned")
    }


def _edges(given: Mapping[str, object]) -> list[int]:
    edges = _whole_numbers(given, "edges")
    if edges != sorted(set(edges)):
        message = "edges must ascend"
        raise BadInputError(message)
    return edges


def _whole_numbers(given: Mapping[str, object], field: str) -> list[int]:
    values = given.get(field, [])
    if not isinstance(values, list):
        message = f"{field} must be a list of whole seconds"
        raise BadInputError(message)
    return [_checked(field, value) for value in values]


def _whole_number(given: Mapping[str, object], field: str) -> int | None:
    value = given.get(field)
    return None if value is None else _checked(field, value)


def _checked(field: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        message = f"{field}: {value!r} is no whole number of seconds"
        raise BadInputError(message)
    return value
