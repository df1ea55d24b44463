"""Somebody who becomes known by a command: the name is in the vault before the event is in the log, or neither is."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypedDict

from events.ids import PersonId
from services.desk.asking import Desk
from services.desk.company import Company
from services.desk.handler import Beforehand, BeforehandError, nothing
from services.desk.names import Kind


class Naming(TypedDict):
    """What an answer has to do about a name; `handler.Asked` says what the words mean."""

    beforehand: Beforehand
    again: Beforehand
    take_back: Beforehand


NAMELESS: Naming = {"beforehand": nothing, "again": nothing, "take_back": nothing}
"""What there is to do where no name is told."""


@dataclass(frozen=True, slots=True)
class _Newcomer:
    """Somebody whose name is told."""

    desk: Desk
    person: PersonId
    name: str
    kind: Kind
    known: Callable[[Company], bool]
    """Whether an event says that there is such a person."""

    async def keep(self) -> None:
        await self.desk.names.keep(self.person, self.name, self.kind)

    async def recognise(self) -> None:
        await self.desk.names.recognise(self.person, self.name, self.kind)

    async def take_back(self) -> None:
        """Have the vault forget the name, unless somebody else's try made the person known, be it at this moment.

        Who is recorded makes sure of the name once more after that, and who takes it back looks once more after that:
        whichever comes last, the name of somebody who is known is there. Without a vault the name stays.
        """
        with suppress(BeforehandError):
            if not self._is_known():
                await self.desk.names.forget(self.person)
                await self.desk.log.catch_up()
                if self._is_known():
                    await self.keep()

    def _is_known(self) -> bool:
        return self.known(self.desk.log.fold.company)


def naming(desk: Desk, person: PersonId, name: str, kind: Kind, known: Callable[[Company], bool]) -> Naming:
    """What an answer has to do about the name of a person who is to become known; `known` tells whether they are."""
    newcomer = _Newcomer(desk, person, name, kind, known)
    return {"beforehand": newcomer.keep, "again": newcomer.recognise, "take_back": newcomer.take_back}
