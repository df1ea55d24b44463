"""Plain records, read many at once; whatever is not plain is left to `events.codec`, which alone says what is wrong.

A plain record is a fact of a class that asks no more than what it asks of each field, written in the plainest way. The
structs that such records are read into are made from `Envelope` and from the classes: an event needs no second
description. Both ways of reading agree, because a plain record

- fits a struct that holds texts, whole numbers and truths, within the limits of the class;
- is as long as what that struct is written as. Nothing shorter can be read as the same struct, so there is no room in
  the record for a name that stands twice, a name that the class lacks, a null, or a number in another notation;
- has an id, a day and instants of the one shape that they are written in.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any, ClassVar, TypeAlias, Union

import msgspec
import pyarrow as pa

from events.codec import Decoded, UnreadableError, decode
from events.law import Told
from events.shapes import ENVELOPE_INSTANTS, SHAPES, Shape

_INSTANT = r"(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z"
_SHAPED = re.compile(_INSTANT, re.ASCII)
_ALL_SHAPED = re.compile(rf"{_INSTANT}(?:\n{_INSTANT})*", re.ASCII)
_INSTANTS = pa.timestamp("us", "UTC")
_ID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_IS_ID = re.compile(_ID, re.ASCII)
_ALL_IDS = re.compile(rf"(?:{_ID})*", re.ASCII)
_NO_ID = "0" * 32

Instants: TypeAlias = "pa.Array[Any]"

_DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Union[tuple(SHAPES)])  # noqa: UP007  # as many as there are
_ENCODER = msgspec.json.Encoder()
_INSTANTS_OF: Mapping[type, Callable[[Any], tuple[Any, ...]]] = {
    struct: attrgetter(*ENVELOPE_INSTANTS, *(f"data.{name}" for name in shape.instants))
    for struct, shape in SHAPES.items()
}


class PlainRecord(msgspec.Struct, frozen=True, gc=False):
    """A record that was read the plain way, and what the law wants to know of it. It belongs to no stream."""

    stream: ClassVar[None] = None
    streamversion: ClassVar[None] = None
    expects: ClassVar[None] = None
    told: Told
    record: Any
    """The envelope's attributes as they are written; `data` has the event's fields, None where it leaves one out."""

    @property
    def shape(self) -> Shape:
        """What the record is of."""
        return SHAPES[type(self.record)]


Read = PlainRecord | Decoded | UnreadableError
"""What became of a record: it was read, this way or that, or it was refused."""


def read_all(raws: Sequence[bytes]) -> list[Read]:
    """Read records: each comes out as `codec.decode` would read it, or with the error that it would raise."""
    plain = _plain(raws, _fitting(raws))
    return [plain[place] if place in plain else _carefully(raw) for place, raw in enumerate(raws)]


def instants(texts: Iterable[str | None]) -> Instants:
    """Instants of plain records as Arrow has them; raises ArrowInvalid when the calendar has no such moment."""
    return pa.array(texts, pa.string()).cast(_INSTANTS)


def _carefully(raw: bytes) -> Decoded | UnreadableError:
    try:
        return decode(raw)
    except UnreadableError as error:
        return error


def _fitting(raws: Sequence[bytes]) -> dict[int, Any]:
    """The records that fit a struct, by their place."""
    fitting: dict[int, Any] = {}
    for place, raw in enumerate(raws):
        try:
            fitting[place] = _DECODER.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return fitting


def _plain(raws: Sequence[bytes], fitting: Mapping[int, Any]) -> dict[int, PlainRecord]:
    """The records that are plain, by their place."""
    records = list(fitting.values())
    ids, others = _ids([record.id for record in records])
    others |= _inexact([raws[place] for place in fitting], records)
    texts = [_INSTANTS_OF[type(record)](record) for record in records]
    if wrong := _no_instants(set().union(*texts) - {None}):
        others |= {number for number, each in enumerate(texts) if not wrong.isdisjoint(each)}
    days = {day: _day(day) for day in {record.day for record in records}}
    return {
        place: PlainRecord((ids[number * 16 : number * 16 + 16], day), record)
        for number, (place, record) in enumerate(fitting.items())
        if number not in others and (day := days[record.day]) is not None
    }


def _inexact(raws: Sequence[bytes], records: Sequence[Any]) -> set[int]:
    """Which records are longer than they need to be, not counting spaces."""
    if len(_ENCODER.encode(records)) == sum(map(len, raws)) + len(raws) + 1:  # the list adds its brackets and commas
        return set()
    sizes = zip(map(_size, raws), map(_size, map(_ENCODER.encode, records)), strict=True)
    return {number for number, (read, written) in enumerate(sizes) if read != written}


def _size(text: bytes) -> int:
    return len(text) - text.count(b" ")


def _ids(texts: Sequence[str]) -> tuple[bytes, set[int]]:
    """Ids as bytes, 16 each, and which of these texts, each of 36 characters, are no ids."""
    if _ALL_IDS.fullmatch(together := "".join(texts)):
        return bytes.fromhex(together.replace("-", "")), set()
    others = {number for number, text in enumerate(texts) if not _IS_ID.fullmatch(text)}
    sound = [_NO_ID if number in others else text.replace("-", "") for number, text in enumerate(texts)]
    return bytes.fromhex("".join(sound)), others


def _no_instants(texts: Collection[str]) -> set[str]:
    """Those of these texts that are no instants as they are written in UTC."""
    if _ALL_SHAPED.fullmatch("\n".join(texts)) and _are_moments(texts):
        return set()
    return {text for text in texts if not (_SHAPED.fullmatch(text) and _are_moments([text]))}


def _are_moments(texts: Iterable[str]) -> bool:
    """Whether the calendar has the moments that these texts say."""
    try:
        for text in texts:
            datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _day(text: str) -> date | None:
    try:
        return msgspec.convert(text, date)
    except msgspec.ValidationError:
        return None
