"""Importing facts of days long past: a decision about each, that it counts. Pure.

Ids of such days are forgotten, so that the law cannot say that a fact is new. History can, if nobody imports the same
between its answer and the record. So each partition of the log has a stream of runs, `import`, and each run a stream of
its own, `import/<run>`:

- A run begins with its first fact, as the next version of `import`. It relies on the head of the run before, as history
  told it: it counts only if since that answer no other run has begun, and the one before has added nothing.
- Once this is known to count, the other facts follow in the run's own stream. They rely on the head of `import`: they
  count only as long as no other run begins.
"""

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec
from msgspec.structs import replace

from events.envelope import Envelope, write_expects
from events.window import first_known

RUNS = "import"
"""The stream whose versions are the runs."""


class Standing(msgspec.Struct, frozen=True):
    """How a partition of the log stands, for whoever imports into it."""

    day: date | None = None
    """The business day that its log has come to."""
    runs: int = 0
    """How many runs have begun."""
    head: int = 0
    """Of the stream of the last of them."""

    def is_long_past(self, day: date) -> bool:
        """Whether facts of a day have to be imported: whether they were told, only history remembers."""
        return self.day is not None and day < first_known(self.day)


def stream_of(run: int) -> str:
    """The stream of the facts of a run but for the first."""
    return f"{RUNS}/{run}"


def beginning(fact: Envelope, standing: Standing) -> Envelope:
    """The decision that begins the next run: it may lose to another run's."""
    expects = write_expects({stream_of(standing.runs): standing.head})
    return replace(fact, stream=RUNS, streamversion=standing.runs + 1, expects=expects)


def following(facts: Iterable[Envelope], run: int) -> Iterator[Envelope]:
    """The other decisions of a run that has begun."""
    for version, fact in enumerate(facts, start=1):
        yield replace(fact, stream=stream_of(run), streamversion=version, expects=write_expects({RUNS: run}))
