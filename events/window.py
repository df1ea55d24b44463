"""The window: how long the ids of facts are remembered, by the business day that a log has come to. Pure.

No clock has a part in it, so that whoever reads the same log says the same of each record, now and in ten years.
"""

from datetime import UTC, date, datetime, timedelta

DAYS = 35
"""A fact can be told until its day is so many days before the one that its log has come to.

A month, so that whatever is reckoned monthly can be corrected, and a few days for whoever comes late to that.
"""

FARTHEST_EAST = timedelta(hours=14)
"""How far the clocks of any company are ahead of UTC: no business day begins earlier."""


def begun(day: date, appended_ms: int) -> date:
    """The day that a record brings its log to: its own, but no later than one that had begun when the log took it."""
    return min(day, (datetime.fromtimestamp(appended_ms / 1000, UTC) + FARTHEST_EAST).date())


def first_known(day: date) -> date:
    """The earliest day of which ids are remembered, once a log has come to a day."""
    return date.fromordinal(max(1, day.toordinal() - DAYS))
