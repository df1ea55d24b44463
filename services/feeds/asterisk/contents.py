"""What a file of an Asterisk is: told by its content, whatever it is called."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

from services.feeds.asterisk.ami import AmiReader
from services.feeds.asterisk.cdr import CdrReader
from services.feeds.asterisk.cel import CelReader
from services.feeds.asterisk.queue_log import QueueLogReader
from services.feeds.facts import Teller
from services.feeds.reading import Reader

_WALL = rb"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file."""

    name: str
    believed: int
    """The place in the order in which sources are believed, from 1: see `authority`."""
    looks_like: re.Pattern[bytes]
    """How an item of it looks, and nothing of another kind does."""
    began: re.Pattern[bytes]
    """Finds the epoch second of the first item that has one."""
    system: re.Pattern[bytes]
    """Finds the systemname of the phone system."""
    reader: Callable[[Teller, tzinfo], Reader]
    """Makes its reader, given the time zone of the phone system's clock."""


@dataclass(frozen=True, slots=True)
class Content:
    """What the beginning of a file shows."""

    kind: Kind
    began: int
    """The first epoch second in it, 0 when it has none."""
    system: str | None
    """The systemname of the phone system."""


_LOG_LINE = re.compile(rb"^([0-9]{9,10})\|[^|\r\n]*\|[^|\r\n]*\|[^|\r\n]*\|[A-Z]", re.MULTILINE)
_QUOTED_ID = re.compile(rb"\"(?:[^\"\r\n]+-)?([0-9]{9,10})\.[0-9]+\"")
_QUOTED_SYSTEM = re.compile(rb"\"([^\"\r\n]+)-[0-9]{9,10}\.[0-9]+\"")

_QUEUE_LOG = Kind(
    "queue_log",
    1,
    _LOG_LINE,
    _LOG_LINE,
    re.compile(rb"^[0-9]+\|([^|\r\n]+)-[0-9]+\.[0-9]+\|", re.MULTILINE),
    lambda teller, _zone: QueueLogReader(teller),
)
_KINDS = (
    _QUEUE_LOG,
    Kind(
        "AMI stream",
        1,
        re.compile(rb"^(?:Asterisk Call Manager/|Event: |Response: |Privilege: )", re.MULTILINE),
        re.compile(rb"^Timestamp: ([0-9]{9,10})\.", re.MULTILINE),
        re.compile(rb"^SystemName: ([^\r\n]+)", re.MULTILINE),
        lambda teller, _zone: AmiReader(teller),
    ),
    Kind(
        "CEL",
        2,
        re.compile(rb"^\{(?=[^\r\n]*\"eventtype\" ?:)(?=[^\r\n]*\"eventtime\" ?:)", re.MULTILINE),
        re.compile(rb"\"eventtime\" ?: ?\"([0-9]{9,10})[.\"]"),
        _QUOTED_SYSTEM,
        lambda teller, _zone: CelReader(teller),
    ),
    Kind(
        "CDR",
        3,
        re.compile(
            rb"^\{(?=[^\r\n]*\"disposition\" ?:)(?=[^\r\n]*\"billsec\" ?:)|"
            rb"^\"[^\r\n]*,\"" + _WALL + rb"\",(?:\"" + _WALL + rb"\")?,\"" + _WALL + rb"\",[0-9]+,[0-9]+,\"",
            re.MULTILINE,
        ),
        _QUOTED_ID,
        _QUOTED_SYSTEM,
        CdrReader,
    ),
)


def content_of(head: bytes) -> Content | None:
    """Say what kind of file begins like this; None for any other. In an empty log nothing has happened yet."""
    found = [(match.start(), place) for place, kind in enumerate(_KINDS) if (match := kind.looks_like.search(head))]
    if not found and head.strip():
        return None
    kind = _KINDS[min(found)[1]] if found else _QUEUE_LOG
    began, system = kind.began.search(head), kind.system.search(head)
    return Content(kind, int(began[1]) if began else 0, system[1].decode(errors="replace") if system else None)
