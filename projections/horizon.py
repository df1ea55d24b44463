"""How long cells stay live: by one of their key columns, counted from the business day that the log has come to. Pure.

No clock has a part in it, so that whoever reads the same log hides the same cells, now and in ten years.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

Unit = Literal["hours", "days", "months"]

_SAID = re.compile(r"([1-9][0-9]{0,3}) (hour|day|month)s? of (\w+)", re.ASCII)
_FOR_EVER = "for ever"
_TYPES: Mapping[Unit, frozenset[str]] = {
    "hours": frozenset({"TIMESTAMP"}),
    "days": frozenset({"DATE", "TIMESTAMP", "VARCHAR"}),
    "months": frozenset({"VARCHAR"}),
}
_MONTHS, _HOURS = 12, 24


@dataclass(frozen=True, slots=True)
class Horizon:
    """Which cells are live: those whose column is no earlier than `first`."""

    count: int
    unit: Unit
    column: str

    def __str__(self) -> str:
        """As the file of a projection says it."""
        unit = self.unit if self.count > 1 else self.unit.removesuffix("s")
        return f"{self.count} {unit} of {self.column}"

    def first(self, day: date) -> str:
        """The earliest value of the column that is live on a day; all such values sort as text.

        Of days and months, that day and its month are the latest of `count`. Hours are those before that day begins in
        UTC: of whatever is live of an hour of that day, all that happened so many hours before is live too.
        """
        if self.unit == "months":
            year, month = divmod(day.year * _MONTHS + day.month - self.count, _MONTHS)
            return f"{year:04}-{month + 1:02}"
        if self.unit == "days":
            return _before(day, self.count - 1).isoformat()
        days, hours = divmod(-self.count, _HOURS)
        return f"{_before(day, -days).isoformat()}T{hours:02}:00:00Z"

    def fits(self, duckdb_type: str) -> bool:
        """Whether a column of this type says when, in such units."""
        return duckdb_type in _TYPES[self.unit]


def _before(day: date, days: int) -> date:
    """So many days before a day, or where the calendar begins."""
    return date.fromordinal(max(1, day.toordinal() - days))


def read_horizon(text: str) -> Horizon | None:
    """Read what a file says, None for cells that stay live for ever; raises ValueError for what says neither."""
    if text == _FOR_EVER:
        return None
    said = _SAID.fullmatch(text)
    if said is None:
        message = f"{text!r} is neither like '8 days of day' nor '{_FOR_EVER}'"
        raise ValueError(message)
    return Horizon(int(said[1]), cast("Unit", f"{said[2]}s"), said[3])


def written(live: Horizon | None) -> str:
    """A horizon as a file says it."""
    return _FOR_EVER if live is None else str(live)


def is_past(key: Sequence[str | int | None], place: int, first: str) -> bool:
    """Whether a cell whose key says at `place` when, is past its horizon; what says nothing never is."""
    said = key[place]
    return isinstance(said, str) and said < first
