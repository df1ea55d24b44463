"""Who has come half of the way, most of it, and all of it. Pure."""

from collections.abc import Iterator, Sequence

from events.goals import MilestoneReached
from services.watch.noticing import Moment, Notice, Row, Rule, Said, stream_of
from services.watch.rules.quotas import METRIC, METRIC_VERSION, REPORT, Line, as_of, lines

PERCENTS = (50, 90, 100)


def notices(rows: Sequence[Row], moment: Moment, said: Said) -> Iterator[Notice]:
    """Each part of the way, once for each holder, period and quota, be it lost again later."""
    for line in lines(rows, said):
        for percent in PERCENTS:
            if line.attained * 100 >= line.target * percent:
                stream = stream_of("milestone", line.quota.quota, line.period, percent)
                yield from said.once(stream, _reached(line, percent, moment))


def _reached(line: Line, percent: int, moment: Moment) -> MilestoneReached:
    return MilestoneReached(
        occurred_at=moment.at,
        day=moment.day,
        quota=line.quota.quota,
        holder=line.quota.holder,
        holder_kind=line.quota.holder_kind,
        measure=line.quota.measure,
        currency=line.currency,
        period=line.period,
        percent=percent,
        attained=line.attained,
        target=line.target,
        metric=METRIC,
        metric_version=METRIC_VERSION,
    )


RULE = Rule(REPORT, as_of, notices)
