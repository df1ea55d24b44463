"""Who worked with customers before being certified for it. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from events.training import OnboardingBreached
from services.watch.noticing import Moment, Notice, Row, Rule, Said, stream_of

_BACK = timedelta(days=7)
"""So far back breaches are found: calls are told late, and a watch may have been off."""


def notices(rows: Sequence[Row], moment: Moment, said: Said) -> Iterator[Notice]:
    """Each breach, once for each rep and day."""
    for row in rows:
        event = OnboardingBreached(
            occurred_at=moment.at,
            day=moment.day,
            rep=row["rep"],
            breached_on=date.fromisoformat(row["day"]),
            programmes=tuple(row["programmes"]),
            contacts=row["contacts"],
        )
        yield from said.once(stream_of("onboarding", event.rep, event.breached_on), event)


RULE = Rule("onboarding_breaches", lambda day: {"from": (day - _BACK).isoformat()}, notices)
