"""A small log for a report, of which each event says something to it or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from events.event import Event
from services.history.archive import Archive
from tests.events.examples.dates import TODAY, at
from tests.history.asking import decide, tell
from tests.telling import (
    AGENTS,
    CALLS,
    FEEDS,
    entered,
)

OCTOBER = date(2026, 10, 5)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Log:
    """What was decided and told, and with what a report of it is asked."""

    decisions: Sequence[Event] = ()
    calls: Sequence[Event] = ()
    agents: Sequence[Event] = ()
    feeds: Sequence[Event] = ()
    asked: Sequence[Mapping[str, str]] = ({},)


def fill(archive: Archive, log: Log) -> None:
    """Archive a log, and two events of the last business day that no report tells of: either can be left out."""
    decide(archive, *log.decisions)
    tell(archive, *log.calls, topic=CALLS)
    tell(archive, *log.agents, entered("ready", at(20)), entered("paused", at(21)), topic=AGENTS)
    tell(archive, *log.feeds, topic=FEEDS)
