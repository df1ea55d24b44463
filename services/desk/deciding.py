"""What every decider speaks of: a command, its decision, its refusal. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from urllib.parse import quote, unquote

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

    said: ClassVar[tuple[str, str]]
    """The sentence in English and in Russian, with `{}` for the name."""

    def __init__(self, identity: str) -> None:
        """Name it."""
        en, ru = self.said
        super().__init__(en=en.format(identity), ru=ru.format(identity))


def stream(noun: str, identity: str) -> str:
    """The stream of decisions about one thing: `deal/<id>`, written as in a URL: an id may be anything."""
    return f"{noun}/{quote(identity, safe='')}"


def thing_of(written: str) -> tuple[str, str]:
    """The noun and the id that a stream is of."""
    noun, _, identity = written.partition("/")
    return noun, unquote(identity)
