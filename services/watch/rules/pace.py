"""Who is behind, and who has caught up. Pure.

An alert is raised ten points behind, once a fifth of the working days is over, and cleared five points behind: who
stands between the two keeps what was said last.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from events.goals import PaceAlertCleared, PaceAlertRaised
from services.watch.noticing import Moment, Notice, Row, Rule, Said, stream_of
from services.watch.rules.quotas import REPORT, Line, as_of, lines

RULE_NAME = "ten-points-behind-1"
_RAISED, _CLEARED = Decimal(-10), Decimal(-5)
_PARTS_BEFORE = 5
_WHOLE = 100


def notices(rows: Sequence[Row], moment: Moment, said: Said) -> Iterator[Notice]:
    """What changed: alerts that are raised, and open ones that no longer hold."""
    found = {stream_of("pace", line.quota.quota, line.period, RULE_NAME): line for line in lines(rows, said)}
    for stream, line in found.items():
        pace = Decimal(line.row["pace"])
        if stream not in said.alerts and pace <= _RAISED and _late_enough(line):
            yield Notice(stream, said.head(stream) + 1, _raised(line, moment))
        elif stream in said.alerts and pace >= _CLEARED:
            alert = said.alerts[stream]
            caught_up = _cleared(alert, moment, "caught_up", line.attained, line.target)
            yield Notice(stream, said.head(stream) + 1, caught_up)
    for stream, alert in said.alerts.items():
        if stream not in found:
            over = _cleared(alert, moment, _cause(alert, moment.day, said), alert.attained, alert.target)
            yield Notice(stream, said.head(stream) + 1, over)


def _late_enough(line: Line) -> bool:
    return int(line.row["elapsed_days"]) * _PARTS_BEFORE >= int(line.row["working_days"])


def _cause(alert: PaceAlertRaised, day: date, said: Said) -> Literal["period_over", "quota_changed"]:
    quota = said.quotas.get(alert.quota)
    ends = [part.ends_on for part in quota.periods if part.period == alert.period] if quota is not None else []
    return "period_over" if any(end <= day for end in ends) else "quota_changed"


def _raised(line: Line, moment: Moment) -> PaceAlertRaised:
    expected = Decimal(line.row["expected_share"]) * line.target / _WHOLE
    return PaceAlertRaised(
        occurred_at=moment.at,
        day=moment.day,
        quota=line.quota.quota,
        holder=line.quota.holder,
        holder_kind=line.quota.holder_kind,
        measure=line.quota.measure,
        currency=line.currency,
        period=line.period,
        rule=RULE_NAME,
        attained=line.attained,
        expected=int(expected),
        target=line.target,
        working_days_left=int(line.row["working_days"]) - int(line.row["elapsed_days"]),
    )


def _cleared(
    alert: PaceAlertRaised,
    moment: Moment,
    cause: Literal["caught_up", "period_over", "quota_changed"],
    attained: int,
    target: int,
) -> PaceAlertCleared:
    return PaceAlertCleared(
        occurred_at=moment.at,
        day=moment.day,
        quota=alert.quota,
        holder=alert.holder,
        holder_kind=alert.holder_kind,
        measure=alert.measure,
        currency=alert.currency,
        period=alert.period,
        rule=alert.rule,
        cause=cause,
        attained=attained,
        target=target,
    )


RULE = Rule(REPORT, as_of, notices)
