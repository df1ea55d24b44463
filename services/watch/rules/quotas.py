"""Which quota a line of the attainment report is about. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from events.goals import HolderKind, QuotaAssigned
from services.watch.noticing import Row, Said

REPORT = "quota_attainment"
METRIC, METRIC_VERSION = "attainment", 1


@dataclass(frozen=True, slots=True)
class Line:
    """How far the holder of a quota is in a period."""

    quota: QuotaAssigned
    period: str
    currency: str
    attained: int
    target: int
    row: Row


def as_of(day: date) -> dict[str, str]:
    """What the report is asked with."""
    return {"as_of": day.isoformat()}


def lines(rows: Sequence[Row], said: Said) -> Iterator[Line]:
    """The lines of those who are asked for something, measured by their own quota."""
    quotas = {_about(quota, part.period): quota for quota in said.quotas.values() for part in quota.periods}
    for row in rows:
        if row["denominator"] != "own" or not _target(row):
            continue
        level: HolderKind = row["level"]
        holder = "" if level == "company" else row["rep"] if level == "rep" else row["unit"]
        quota = quotas.get((level, holder, row["period"], row["currency"]))
        if quota is not None:
            yield Line(quota, row["period"], row["currency"], row["booked_minor"], _target(row), row)


def _about(quota: QuotaAssigned, period: str) -> tuple[HolderKind, str, str, str | None]:
    holder = "" if quota.holder_kind == "company" else quota.holder
    return quota.holder_kind, holder, period, quota.currency


def _target(row: Row) -> int:
    """What is asked for, relief taken off; 0 where nothing is."""
    return 0 if row["quota_minor"] is None else int(row["quota_minor"]) - int(row["relieved_minor"] or 0)
