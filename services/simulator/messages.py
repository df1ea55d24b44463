"""The words of the manager interface: messages as Asterisk 22 writes them, less the fields that say nothing here."""

from collections.abc import Mapping

from services.simulator.happenings import Channel
from services.simulator.plan import SECOND, Micros

Fields = Mapping[str, object]

_STATES = {0: "Down", 4: "Ring", 5: "Ringing", 6: "Up"}
UP, RING, RINGING, DOWN = 6, 4, 5, 0
BANNER = b"Asterisk Call Manager/11.0.0\r\n"


def stamp(at: Micros) -> str:
    """Write a moment as AMI does: epoch seconds with microseconds."""
    return f"{at // SECOND}.{at % SECOND:06d}"


def message(head: Fields, *parts: Fields) -> bytes:
    """Write a message: `Key: value` lines, and an empty one."""
    lines = (f"{key}: {value}\r\n" for part in (head, *parts) for key, value in part.items())
    return "".join((*lines, "\r\n")).encode()


def event(kind: str, privilege: str, at: Micros, system: str, *parts: Fields) -> bytes:
    """Write an event, with the time that `timestampevents = yes` adds."""
    head = {"Event": kind, "Privilege": f"{privilege},all", "Timestamp": stamp(at), "SystemName": system}
    return message(head, *parts)


def snapshot(channel: Channel, call: str, exten: str, state: int = UP, prefix: str = "") -> Fields:
    """Say how a channel stands; `call` is the id of the call that it belongs to."""
    return {
        f"{prefix}Channel": channel.name,
        f"{prefix}ChannelState": state,
        f"{prefix}ChannelStateDesc": _STATES[state],
        f"{prefix}CallerIDNum": channel.number,
        f"{prefix}CallerIDName": _escaped(channel.label) or "<unknown>",
        f"{prefix}Language": "en",
        f"{prefix}AccountCode": "",
        f"{prefix}Context": "from-trunk" if channel.unique == call and channel.number.startswith("+") else "internal",
        f"{prefix}Exten": exten,
        f"{prefix}Priority": 1,
        f"{prefix}Uniqueid": channel.unique,
        f"{prefix}Linkedid": call,
    }


def _escaped(label: str) -> str:
    """A quirk of snapshots, which no other event has."""
    return label.replace("'", "\\'")
