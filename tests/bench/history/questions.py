"""What everybody is asked. It needs nothing but Python: the peers' environment has none of our packages."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

Way = Literal["rollup", "scan"]
"""From sums that are made beforehand, a table for each grain; or from the calls one by one."""

Value = str | int | float | None
Answer = list[list[Value]]

QUESTIONS: Mapping[Way, Mapping[str, str]] = {
    "rollup": {
        "reps": "calls, talk and the answered share of each rep over a month",
        "top_reps": "the ten reps who talked longest in the month",
        "one_rep": "calls, answered and talk of one rep on one day",
        "queues": "offered, answered and answered within 20 s by queue and quarter of an hour of a day",
        "waits": "the wait that half, and nine in ten, of the month's queued calls did not exceed, by buckets",
    },
    "scan": {
        "reps": "as above",
        "top_reps": "as above",
        "one_rep": "as above",
        "queues": "as above",
        "waits": "as above, to the second",
        "tactics": "calls and talk of the month by tactic and outcome",
    },
}
LOAD = "load"
"""The path of what is no question: to take in the records."""
WITHIN_S = 20
TOP = 10


_NAMED = re.compile(r"(?:[$:]|%\()(\w+)")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the questions are about. Days are ISO dates, and the day after the last is the first that is left out."""

    records: int
    """How many are told, those told again included."""
    days: int
    """On how many days."""
    first: str
    """The month's first day."""
    after: str
    """The day after its last."""
    day: str
    day_after: str
    rep: str
    cut: int
    """As of how many records it is asked what was known."""


def used(sql: str, asked: Asked) -> dict[str, Value]:
    """The parameters that a statement names, as `$day`, `:day` or `%(day)s`."""
    return {name: value for name, value in asdict(asked).items() if name in _NAMED.findall(sql)}
