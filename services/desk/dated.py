"""What holds from one day on, perhaps until another: of two that cover a day, the one that begins later holds. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Term(Generic[T]):
    """A value from `starts_on` to before `ends_on`, which is empty while no end is known."""

    starts_on: date
    ends_on: date | None
    value: T

    def covers(self, day: date) -> bool:
        """Whether it may hold on a day."""
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """The terms of one thing, in the order in which they were decided."""

    terms: tuple[Term[T], ...] = ()

    def on(self, day: date) -> T | None:
        """What holds on a day: of the terms that cover it the one that begins last, of such the one decided last."""
        holding = max(
            ((term.starts_on, place, term) for place, term in enumerate(self.terms) if term.covers(day)), default=None
        )
        return None if holding is None else holding[2].value

    def between(self, start: date, end: date) -> T | None:
        """What holds on the first day from `start` to before `end` on which something does."""
        days = (start, *sorted(term.starts_on for term in self.terms if start < term.starts_on < end))
        return next((value for day in days if (value := self.on(day)) is not None), None)

    def also(self, term: Term[T]) -> "Dated[T]":
        """The same with one more term; one for exactly the same days is replaced."""
        days = (term.starts_on, term.ends_on)
        return Dated((*(each for each in self.terms if (each.starts_on, each.ends_on) != days), term))

    def borders(self) -> Iterator[date]:
        """Each day on which something may change."""
        for term in self.terms:
            yield term.starts_on
            if term.ends_on is not None:
                yield term.ends_on
