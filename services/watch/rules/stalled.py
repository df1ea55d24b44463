"""Which open deals have stood in their stage for too long. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date

from events.deals import DealStalled
from services.watch.noticing import Moment, Notice, Row, Rule, Said, stream_of

RULE_NAME = "days-in-stage-1"


def notices(rows: Sequence[Row], moment: Moment, said: Said) -> Iterator[Notice]:
    """Each deal that stands still, once for each time that it entered a stage."""
    for row in rows:
        event = DealStalled(
            occurred_at=moment.at,
            day=moment.day,
            deal=row["deal"],
            customer=row["customer"],
            rep=row["rep"],
            stage=row["stage"],
            staged_on=date.fromisoformat(row["staged_on"]),
            days_in_stage=row["days_in_stage"],
            rule=RULE_NAME,
        )
        yield from said.once(stream_of("stall", event.deal, event.staged_on), event)


def stalled(days: int) -> Rule:
    """The rule, for a company to which so many days in a stage are too long."""
    return Rule("stalled_deals", lambda day: {"as_of": day.isoformat(), "days": str(days)}, notices)
