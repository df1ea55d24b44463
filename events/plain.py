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
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any, ClassVar, TypeAlias, Union

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from events.codec import Decoded, UnreadableError, decode
from events.law import Told
from events.shapes import ENVELOPE_INSTANTS, SHAPES, Shape

_INSTANT = r"(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z"
_SHAPED = re.compile(_INSTANT, re.ASCII)
_ALL_SHAPED = re.compile(rf"(?:{_INSTANT}\n)*", re.ASCII)
_INSTANTS = pa.timestamp("us", "UTC")
_HYPHENS = (8, 13, 18, 23)
_DIGITS = [place for place in range(36) if place not in _HYPHENS]
_DIGIT = np.full(256, 16, dtype=np.uint8)
"""The value of a hexadecimal digit, by its character; 16 for any other."""
for _value, _digit in enumerate("0123456789abcdef"):
    _DIGIT[[ord(_digit), ord(_digit.upper())]] = _value

Mask = NDArray[np.bool_]
Instants: TypeAlias = "pa.Array[Any]"

_DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Union[tuple(SHAPES)])  # noqa: UP007  # as many as there are
_ENCODER = msgspec.json.Encoder()


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
    read: list[Read | None] = [None] * len(raws)
    for kind, places in _by_type(raws).items():
        for place, record in zip(places, _plain(SHAPES[kind], raws, places), strict=True):
            read[place] = record
    return [_carefully(raws[place]) if each is None else each for place, each in enumerate(read)]


def instants(texts: Iterable[str | None]) -> Instants:
    """Instants of plain records as Arrow has them; raises ArrowInvalid when the calendar has no such moment."""
    return pa.array(texts, pa.string()).cast(_INSTANTS)


def _carefully(raw: bytes) -> Decoded | UnreadableError:
    try:
        return decode(raw)
    except UnreadableError as error:
        return error


def _by_type(raws: Sequence[bytes]) -> dict[type, dict[int, Any]]:
    """The records that fit a struct, by their place."""
    fitting: dict[type, dict[int, Any]] = {}
    for place, raw in enumerate(raws):
        try:
            record = _DECODER.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        fitting.setdefault(type(record), {})[place] = record
    return fitting


def _plain(shape: Shape, raws: Sequence[bytes], found: Mapping[int, Any]) -> list[PlainRecord | None]:
    """The records of one type that are plain; None for the others."""
    records = list(found.values())
    ids, sound = _ids([record.id for record in records])
    sound &= _exact([raws[place] for place in found], records)
    columns = [list(map(attrgetter(name), records)) for name in ENVELOPE_INSTANTS]
    columns += [list(map(attrgetter(f"data.{name}"), records)) for name in shape.instants]
    if wrong := _no_instants(set().union(*columns) - {None}):
        for column in columns:
            sound &= [text not in wrong for text in column]
    days = {day: _day(day) for day in {record.day for record in records}}
    return [
        PlainRecord((ids[start : start + 16], day), record) if good and (day := days[record.day]) is not None else None
        for record, start, good in zip(records, range(0, len(ids), 16), sound.tolist(), strict=True)
    ]


def _exact(raws: Sequence[bytes], records: Sequence[Any]) -> list[bool]:
    """Which records are as long as they need to be, not counting spaces."""
    if len(_ENCODER.encode(records)) == sum(map(len, raws)) + len(raws) + 1:  # the list adds its brackets and commas
        return [True] * len(raws)
    return [_size(raw) == _size(_ENCODER.encode(record)) for raw, record in zip(raws, records, strict=True)]


def _size(text: bytes) -> int:
    return len(text) - text.count(b" ")


def _ids(texts: Sequence[str]) -> tuple[bytes, Mask]:
    """Ids as bytes, 16 each, and which of them are ids at all."""
    characters = np.frombuffer("".join(texts).encode("ascii", "replace"), np.uint8).reshape(-1, 36)
    digits = _DIGIT[characters[:, _DIGITS]]
    sound: Mask = (digits < 16).all(axis=1) & (characters[:, _HYPHENS] == ord("-")).all(axis=1)  # noqa: PLR2004
    return (digits[:, ::2] << 4 | digits[:, 1::2] & 15).tobytes(), sound


def _no_instants(texts: Collection[str]) -> set[str]:
    """Those of these texts that are no instants as they are written in UTC."""
    try:
        instants(texts)
    except pa.ArrowInvalid:
        all_sound = False
    else:
        all_sound = _ALL_SHAPED.fullmatch("".join(f"{text}\n" for text in texts)) is not None
    return set() if all_sound else {text for text in texts if not _is_instant(text)}


def _is_instant(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return _SHAPED.fullmatch(text) is not None


def _day(text: str) -> date | None:
    try:
        return msgspec.convert(text, date)
    except msgspec.ValidationError:
        return None
