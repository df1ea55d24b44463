"""Whom and what the names of a phone system mean: decided by the company, from a moment on."""

from typing import Literal

from events.event import Event, Instant, Name, Text

NameKind = Literal["agent", "queue"]
"""What a source names: whoever answers its calls (a member of a queue, a user, an extension), or where callers wait."""


class DirectoryMapped(Event):
    """From a moment on, a name of a source means this rep or queue; facts told otherwise are restated.

    At any moment a name means what the mapping says that begins last before it, and of several that begin at the same
    moment the one decided last. So a mapping may be made backwards, and a mistake is mended by another mapping.
    """

    type: Literal["directory.mapped"] = "directory.mapped"
    version: Literal[1] = 1
    named_by: Name
    """The source whose name it is, as its facts are signed, such as /asterisk/pbx1."""
    kind: NameKind
    name: Name
    """The name, letter for letter."""
    starts_at: Instant
    to: Name | None = None
    """The rep's id, or the company's name of the queue; empty: from then on the name stands for itself again."""
    reason: Text = ""


DirectoryEvent = DirectoryMapped
