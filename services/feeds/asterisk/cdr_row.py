"""One row of CDR, from a line of cdr_csv or of cdr_custom as JSON; the messages name a field and never quote it."""

import csv
import re
from dataclasses import dataclass
from datetime import tzinfo

import msgspec

from services.feeds.asterisk.fields import name
from services.feeds.asterisk.local_time import about, began_at
from services.feeds.facts import SECOND, Micros, UnreadableItemError
from services.feeds.fields import number, text

_COLUMNS = (
    *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start"),
    *("answer", "end", "duration", "billsec", "disposition", "amaflags", "uniqueid", "userfield", "peeraccount"),
    *("linkedid", "sequence"),
)
_WITHOUT_USERFIELD = tuple(column for column in _COLUMNS if column != "userfield")
_ROUNDING = 1
"""By how many seconds a duration that is cut down or rounded may differ from the seconds that it lies between."""
_UNIQUE_ID = re.compile(r"(?:.*-)?([0-9]{9,10})\.[0-9]+")


class _Fields(msgspec.Struct, frozen=True):
    """The columns that are read, as text or (in JSON) as numbers."""

    channel: str
    lastapp: str
    start: str
    end: str
    duration: int | str
    billsec: int | str
    disposition: str
    uniqueid: str
    linkedid: str
    sequence: int | str
    src: str = ""
    dst: str = ""
    dstchannel: str = ""
    lastdata: str = ""
    answer: str = ""


_JSON = msgspec.json.Decoder(_Fields)


@dataclass(frozen=True, slots=True)
class CdrRow:
    """What a channel did with one other, or with none."""

    uniqueid: str
    linkedid: str
    sequence: int
    """Its number among all rows of the phone system, which with the unique id is its key."""
    src: str
    dst: str
    channel: str
    dstchannel: str
    application: str
    data: str
    """What the application was given."""
    channel_began: int | None
    """The epoch second in the unique id; a program that began the channel may have made it without one."""
    start: Micros
    answer: Micros | None
    """When the line of the channel was answered, by whomever: the dialplan does it too."""
    end: Micros
    duration: int
    """From start to end, in seconds."""
    billsec: int
    """From the answer of the line to the end, in seconds."""
    disposition: str

    @property
    def is_answered(self) -> bool:
        """Whether the other channel of the row picked up."""
        return self.disposition == "ANSWERED" and bool(self.dstchannel)

    def given(self, index: int) -> str:
        """What the application was given in this place; empty where it was given less."""
        given = self.data.split(",")
        return given[index] if index < len(given) else ""

    @property
    def queue(self) -> str:
        """The queue that the caller was put to."""
        return name(self.given(0).encode(), "the queue in lastdata")


def decode(item: bytes, zone: tzinfo) -> CdrRow:
    """Read a line, with wall times of this zone; raises UnreadableItemError for one that is no row."""
    fields = _json(item) if item.lstrip().startswith(b"{") else _csv(item)
    duration, billsec = _number(fields.duration, "duration"), _number(fields.billsec, "billsec")
    identity = text(fields.uniqueid.encode(), "uniqueid")
    began = _UNIQUE_ID.fullmatch(identity)
    start = began_at(fields.start, zone, int(began[1]) if began else None, "start")
    end = about(fields.end, zone, start + duration * SECOND, "end")
    if abs((end - start) // SECOND - duration) > _ROUNDING:
        message = "the end is not where the start and the duration put it: the time zone must be another"
        raise UnreadableItemError(message)
    row = CdrRow(
        uniqueid=identity,
        linkedid=text(fields.linkedid.encode(), "linkedid"),
        sequence=_number(fields.sequence, "sequence"),
        src=fields.src,
        dst=fields.dst,
        channel=text(fields.channel.encode(), "channel"),
        dstchannel=text(fields.dstchannel.encode(), "dstchannel") if fields.dstchannel else "",
        application=fields.lastapp,
        data=fields.lastdata,
        channel_began=int(began[1]) if began else None,
        start=start,
        answer=about(fields.answer, zone, end - billsec * SECOND, "answer") if fields.answer else None,
        end=end,
        duration=duration,
        billsec=billsec,
        disposition=text(fields.disposition.encode(), "disposition"),
    )
    if row.application == "Queue":
        text(row.queue.encode(), "the queue in lastdata")
    return row


def _json(item: bytes) -> _Fields:
    try:
        return _JSON.decode(item)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # the last: JSON that is nested without end
        message = "the line is no JSON object of a call: it needs the columns of cdr.conf, linkedid and sequence too"
        raise UnreadableItemError(message) from None


def _csv(item: bytes) -> _Fields:
    try:
        [columns] = csv.reader([item.rstrip(b"\r").decode()], strict=True)
    except (csv.Error, UnicodeDecodeError, ValueError):
        message = "the line is no row of CSV in UTF-8"
        raise UnreadableItemError(message) from None
    names = _COLUMNS if len(columns) == len(_COLUMNS) else _WITHOUT_USERFIELD
    if len(columns) != len(names):
        message = f"the row has {len(columns)} columns, and must have {len(_COLUMNS)}: see newcdrcolumns in cdr.conf"
        raise UnreadableItemError(message)
    row = dict(zip(names, columns, strict=True))
    return _Fields(**{column: row[column] for column in _Fields.__struct_fields__})


def _number(value: int | str, what: str) -> int:
    return number(str(value).encode(), what)
