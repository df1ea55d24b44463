"""What is heard of callers: the number of a call, until somebody says whom it means; and that, for the call's facts."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import uuid5

import msgspec

from events.envelope import Envelope
from events.ids import KVOTA

LookUp = Callable[[Mapping[str, str]], Awaitable[Mapping[str, str]]]
"""Whom numbers mean, by what they are mentioned in: an id, or NOBODY; what cannot be asked now is left out."""

NOBODY = ""
"""A number by which nobody is reached: an extension, or one that no plan has."""
_KEPT = 50_000
"""So many calls are remembered: more than any phone system has at once."""
_CALLED = frozenset({"call.offered", "call.answered", "call.ended"})
_LEAST_DIGITS, _LONGEST = 7, 40
_DIGIT = re.compile(r"[0-9]")
_NUMBER = re.compile(r"\+?[0-9][0-9() .-]*")
_DATA = msgspec.json.Decoder(dict[str, msgspec.Raw])


def mention(source: str, call: str) -> str:
    """What the vault remembers a caller by: made of the call, and of nothing that could be guessed of the caller."""
    about = f"{source}\x1f{call}"
    return f"call/{uuid5(KVOTA, about)}"


def outside_number(text: str) -> str | None:
    """A number of the outside world, as it was told; None for an extension, a name, and where none is told."""
    text = text.strip()
    told = len(text) <= _LONGEST and _NUMBER.fullmatch(text) and len(_DIGIT.findall(text)) >= _LEAST_DIGITS
    return text if told else None


@dataclass(slots=True)
class Callers:
    """The callers of one source."""

    look_up: LookUp
    known: dict[str, str] = field(default_factory=dict[str, str])
    """Whom calls are with, by their mention; the one that was heard of last is the last."""
    _heard: dict[str, str] = field(default_factory=dict[str, str])

    def hear(self, source: str, call: str, text: str) -> None:
        """Take note of the number that a call comes from, or goes to, outside: the first that is one."""
        number, about = outside_number(text), mention(source, call)
        if number is not None and about not in self.known and about not in self._heard:
            _keep(self._heard, {about: number})

    async def identify(self, facts: Sequence[Envelope]) -> list[Envelope]:
        """The same facts with the person in them, where that is known by now."""
        if self._heard:
            found = await self.look_up(dict(self._heard))
            _keep(self.known, found)
            self._heard = {about: number for about, number in self._heard.items() if about not in found}
        return [self._with_caller(fact) for fact in facts]

    def _with_caller(self, fact: Envelope) -> Envelope:
        if fact.type not in _CALLED or fact.subject is None:
            return fact
        person = self.known.get(mention(fact.source, fact.subject.partition("/")[2]), NOBODY)
        if person == NOBODY:
            return fact
        data = {**_DATA.decode(fact.data), "caller": msgspec.Raw(msgspec.json.encode(person))}
        return msgspec.structs.replace(fact, data=msgspec.Raw(msgspec.json.encode(data)))


def _keep(kept: dict[str, str], more: Mapping[str, str]) -> None:
    """Add these, and let go of the oldest beyond the bound."""
    kept.update(more)
    for about in list(kept)[: max(0, len(kept) - _KEPT)]:
        del kept[about]
