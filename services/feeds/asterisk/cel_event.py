"""One event of CEL: a JSON object, read strictly; the messages name a field and never quote it."""

from dataclasses import dataclass

import msgspec

from services.feeds.asterisk.fields import name
from services.feeds.facts import Micros, UnreadableItemError
from services.feeds.fields import moment, text

_WITH_MORE = frozenset({"BLINDTRANSFER", "ATTENDEDTRANSFER", "HANGUP"})
"""The events whose `eventextra` is read: a JSON object inside a string."""


class Extra(msgspec.Struct, frozen=True):
    """What an event says beside what all say; older ones say less of transfers."""

    hangupsource: str = ""
    """The channel that asked for the end."""
    dialstatus: str = ""
    extension: str = ""
    transferee_channel_uniqueid: str = ""
    channel2_uniqueid: str = ""
    transfer_target_channel_name: str = ""


class _Line(msgspec.Struct, frozen=True):
    eventtype: str
    eventtime: str
    uniqueid: str = ""
    linkedid: str = ""
    channame: str = ""
    num: str = ""
    exten: str = ""
    appname: str = ""
    appdata: str = ""
    peer: str = ""
    eventextra: str = ""


_LINE = msgspec.json.Decoder(_Line)
_EXTRA = msgspec.json.Decoder(Extra)


@dataclass(frozen=True, slots=True)
class CelEvent:
    """What happened to a channel."""

    kind: str
    at: Micros
    uniqueid: str
    linkedid: str
    channame: str
    num: str
    exten: str
    appname: str
    appdata: str
    """What the application was given, such as the queue and its options."""
    peer: str
    """The other channels in the bridge."""
    extra: Extra

    def check(self) -> None:
        """Raise UnreadableItemError where something is missing that every event of a channel has."""
        for what in ("uniqueid", "linkedid", "channame"):
            text(getattr(self, what).encode(), what)
        if self.kind == "APP_START" and self.appname == "Queue":
            name(self.appdata.split(",")[0].encode(), "the queue in appdata")


def decode(item: bytes) -> CelEvent:
    """Read a line; raises UnreadableItemError for one that is no event."""
    try:
        line = _LINE.decode(item)
        extra = _EXTRA.decode(line.eventextra) if line.eventextra and line.eventtype in _WITH_MORE else Extra()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # the last: JSON that is nested without end
        message = "the line is no JSON object of an event"
        raise UnreadableItemError(message) from None
    return CelEvent(
        line.eventtype,
        moment(line.eventtime.encode(), "eventtime"),
        line.uniqueid,
        line.linkedid,
        line.channame,
        line.num,
        line.exten,
        line.appname,
        line.appdata,
        line.peer,
        extra,
    )
