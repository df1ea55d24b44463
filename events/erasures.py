"""Who was erased: what was done to the records, so that nothing brings the person back."""

from typing import Literal

from events.event import Event, Name, Text
from events.ids import PersonId


class PersonErased(Event):
    """The vault has deleted all that it kept of a person: what the log says of the id says nothing of anybody now."""

    type: Literal["person.erased"] = "person.erased"
    version: Literal[1] = 1
    person: PersonId
    fields: tuple[Name, ...]
    """What was kept of the person: name, number, email. Empty where only a repeat of the erasure came to tell it."""
    reason: Text = ""
    """Why, in the words of who did it; it must not name the person."""


ErasureEvent = PersonErased
