"""What every rule speaks of: rows of a report, the moment, what was said before, and what is to be said. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from events.event import Event
from events.goals import PaceAlertCleared, PaceAlertRaised, QuotaAmended, QuotaAssigned
from events.law import Ledger

Row = Mapping[str, Any]
"""A row of a report, as JSON has it."""


Question = tuple[str, tuple[tuple[str, str], ...]]
"""A report, and what it is asked with."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When the watch looks: the instant, and the business day."""

    at: datetime
    day: date


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be said: the next version of a stream of its own, made of what it is about.

    So it is said once: of two watches that find it, and of one that finds it again, the law lets the first one count.
    """

    stream: str
    version: int
    event: Event


@dataclass(slots=True)
class Said:
    """What the log says that the watch has to know: how far each stream is, open alerts, and whose each quota is."""

    ledger: Ledger = field(default_factory=Ledger)
    alerts: dict[str, PaceAlertRaised] = field(default_factory=dict[str, PaceAlertRaised])
    """Those that were raised and not cleared, by stream."""
    quotas: dict[str, QuotaAssigned] = field(default_factory=dict[str, QuotaAssigned])
    """Every quota by its terms of today."""

    def head(self, stream: str) -> int:
        """The version of a stream; 0 for one that has not begun."""
        return self.ledger.heads.get(stream, 0)

    def take(self, stream: str | None, event: Event) -> None:
        """Remember a decision that counts."""
        match event:
            case PaceAlertRaised() if stream is not None:
                self.alerts[stream] = event
            case PaceAlertCleared() if stream is not None:
                self.alerts.pop(stream, None)
            case QuotaAssigned():
                self.quotas[event.quota] = event
            case QuotaAmended():
                self.quotas[event.quota] = event.now
            case _:
                pass

    def once(self, stream: str, event: Event) -> Iterator[Notice]:
        """Say something, unless it was said."""
        if self.head(stream) == 0:
            yield Notice(stream, 1, event)


Notices = Callable[[Sequence[Row], Moment, Said], Iterator[Notice]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A question to history, and what follows from its answer."""

    report: str
    ask: Callable[[date], Mapping[str, str]]
    """What the report is asked with on a day."""
    notices: Notices

    def question(self, day: date) -> Question:
        """What is asked on a day."""
        return self.report, tuple(self.ask(day).items())


def stream_of(kind: str, *about: object) -> str:
    """The stream of what is said of something."""
    return f"{kind}/{quote('.'.join(map(str, about)), safe='.')}"
