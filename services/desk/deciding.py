"""What every decider speaks of: a command, its decision, its refusal. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something that is asked for; imperative, and may be refused."""

    at: datetime
    """When it is to have happened."""
    day: date
    """The business day of that moment, by the company calendar."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a command makes true: the next version of one stream, as long as what it relies on has not moved."""

    stream: str
    event: Event
    relies_on: frozenset[str] = frozenset()
    """Other streams whose heads must not have moved since it was decided; one may be a stream that has not begun."""


class Rejected(Exception):  # noqa: N818  # the business said no, which is no error
    """The business says no: `kind` names the reason for programs, a sentence in each language says it to people."""

    kind: ClassVar[str]

    def __init__(self, *, en: str, ru: str) -> None:
        """Say it in English, which is the exception's own text, and in Russian."""
        super().__init__(en)
        self.en, self.ru = en, ru


class Unknown(Rejected):
    """There is nothing of the name that the command is about."""


def stream(noun: str, identity: str) -> str:
    """The stream of decisions about one thing: `deal/<id>`."""
    return f"{noun}/{identity}"
