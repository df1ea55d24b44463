"""One row of CDR: who called whom, where that ended, and when; the messages name a column and never quote it. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal

from services.feeds.facts import UnreadableItemError
from services.feeds.fields import is_domestic
from services.feeds.three_cx.fields import cut
from services.feeds.three_cx.times import Times, times_of

Kind = Literal["outside", "extension", "queue", "group", "voicemail", "service"]
"""What is at an end of a call. `group`: phones that ring together. `service`: what answers by itself, an IVR say."""
_KINDS: Mapping[Kind, frozenset[str]] = {
    "outside": frozenset({"line", "provider", "external", "externalline", "outboundrule", "gateway", "bridge"}),
    "extension": frozenset({"extension"}),
    "queue": frozenset({"queue"}),
    "group": frozenset({"ringgroup", "ringgrouphunt", "ringgroupringall", "paginggroup", "group"}),
    "voicemail": frozenset({"vmail", "voicemail", "vmailconsole", "specialmenu"}),
    "service": frozenset(
        {"ivr", "script", "routepoint", "conference", "confplace", "parking", "parkingorbit", "sharedparking", "fax"}
        | {"echotest", "callbacktest", "endcall", "servicecall", "inboundrouting", "inboundrule", "unknown"}
    ),
}
_ID = re.compile(r"[0-9]{1,9}|[0-9A-Fa-f]{16}_[0-9]{1,12}|[0-9A-Fa-f-]{20,40}")
"""What the ids of calls look like in all versions: like nobody's number, even where the columns are mixed up."""
_KIND_OF: Mapping[str, Kind] = {name: kind for kind, names in _KINDS.items() for name in names}


@dataclass(frozen=True, slots=True)
class Party:
    """An end of a call."""

    kind: Kind
    name: str | None
    """Its number in the phone system; None for what may be a number of the outside world."""


@dataclass(frozen=True, slots=True)
class CdrRow:
    """A call from one party to another, and to where it went in the end."""

    call: str
    part: str
    """Which of the rows of the call this is."""
    times: Times
    reason: str
    """Why it ended."""
    changed: str
    """Why it went on to another party."""
    caller: Party
    called: Party
    last: Party
    """Where it ended: the called party, unless it went on."""
    number: str
    """Who is on the line from outside, in the words of 3CX: it is looked up, and never written down."""


def decode(line: bytes, order: Sequence[str], zone: tzinfo) -> CdrRow:
    """Read a line; raises UnreadableItemError for one that is no row of this order, with times of this zone."""
    told = cut(line, order)
    caller, called = _party(told, "from"), _party(told, "to")
    return CdrRow(
        call=_id(told, "historyid"),
        part=_id(told, "callid"),
        times=times_of(told, zone),
        reason=plain(told["reason-terminated"]),
        changed=plain(told["reason-changed"]),
        caller=caller,
        called=called,
        last=_party(told, "final") if told["final-type"] else called,
        number=_number(told, caller, called),
    )


def _number(told: Mapping[str, str], caller: Party, called: Party) -> str:
    if caller.kind == "outside":
        return told.get("from-no", "")
    return (told.get("to-no") or told.get("dial-no", "")) if called.kind == "outside" else ""


def plain(word: str) -> str:
    """A word of 3CX's without what differs from version to version: its case, and its underscores."""
    return word.lower().replace("_", "").replace(" ", "")


def _id(told: Mapping[str, str], column: str) -> str:
    if _ID.fullmatch(told[column]) is None:
        message = f"{column} is no id of a call"
        raise UnreadableItemError(message)
    return told[column]


def _party(told: Mapping[str, str], end: str) -> Party:
    kind = _KIND_OF.get(plain(told[f"{end}-type"]))
    if kind is None:
        message = f"{end}-type is none that is known"
        raise UnreadableItemError(message)
    name = told[f"{end}-dn"]
    return Party(kind, name if kind != "outside" and is_domestic(name.encode()) else None)
