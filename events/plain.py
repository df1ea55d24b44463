"""Plain records, read many at once; whatever is not plain is left to `events.codec`, which alone says what is wrong.

A plain record is a fact of a class that asks no more than what it asks of each field, written in the plainest way. The
structs that such records are read into are made from `Envelope` and from the classes: an event needs no second
description. Both ways of reading agree, because a plain record

- fits a struct that holds texts, whole numbers and truths, within the limits of the class;
- is as long as what that struct is written as. Nothing shorter can be read as the same struct, so there is no room in
  the record for a name that stands twice, a name that the class lacks, a null, or a number in another notation;
- has an id, a day and instants of the one shape that they are written in.
"""

import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar, Literal, Union, get_args, get_origin
from uuid import UUID

import annotated_types as limits
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic.fields import FieldInfo

from events.catalogue import CATALOGUE, CONTEXT, EventType
from events.codec import Decoded, UnreadableError, decode
from events.envelope import Envelope, schema_urn
from events.event import Event, Instant
from events.law import Told

_INSTANT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$"
_INSTANTS = pa.timestamp("us", "UTC")
_FIRST, _LAST = (pa.scalar(moment.replace(tzinfo=UTC), _INSTANTS) for moment in (datetime.min, datetime.max))
_HYPHENS = (8, 13, 18, 23)
_DIGITS = [place for place in range(36) if place not in _HYPHENS]
_DIGIT = np.full(256, 16, dtype=np.uint8)
"""The value of a hexadecimal digit, by its character; 16 for any other."""
for _value, _digit in enumerate("0123456789abcdef"):
    _DIGIT[[ord(_digit), ord(_digit.upper())]] = _value

Mask = NDArray[np.bool_]


class PlainRecord(msgspec.Struct, frozen=True, gc=False):
    """A record that was read the plain way, and what the law wants to know of it. It belongs to no stream."""

    stream: ClassVar[None] = None
    streamversion: ClassVar[None] = None
    expects: ClassVar[None] = None
    told: Told
    record: Any
    """The envelope's attributes as they are written; `data` has the event's fields, None where it leaves one out."""

    @property
    def shape(self) -> "Shape":
        """What the record is of."""
        return _SHAPES[type(self.record)]


Read = PlainRecord | Decoded | UnreadableError
"""What became of a record: it was read, this way or that, or it was refused."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A type of event whose records can be plain."""

    event: EventType
    instants: tuple[str, ...]
    """The fields that are instants, which a struct holds as texts."""


def read_all(raws: Sequence[bytes]) -> list[Read]:
    """Read records: each comes out as `codec.decode` would read it, or with the error that it would raise."""
    plain = dict(_plain(raws))
    return [plain.get(place) or _read(raw) for place, raw in enumerate(raws)]


def instants(texts: Iterable[str | None]) -> pa.Array:
    """Instants of plain records as Arrow has them; raises ArrowInvalid when the calendar has no such day."""
    return pa.array(texts, pa.string()).cast(_INSTANTS)


def _read(raw: bytes) -> Decoded | UnreadableError:
    try:
        return decode(raw)
    except UnreadableError as error:
        return error


def _plain(raws: Sequence[bytes]) -> Iterator[tuple[int, PlainRecord]]:
    """The plain ones among records, with their places."""
    by_type: dict[type, list[tuple[int, Any]]] = {}
    for place, raw in enumerate(raws):
        try:
            record = _DECODER.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        by_type.setdefault(type(record), []).append((place, record))
    for kind, found in by_type.items():
        places, records = zip(*found, strict=True)
        exact = _exact([raws[place] for place in places], records)
        for place, good, record in zip(places, exact, _sound(_SHAPES[kind], records), strict=True):
            if good and record is not None:
                yield place, record


def _exact(raws: Sequence[bytes], records: Sequence[Any]) -> list[bool]:
    """Which records are as long as they need to be, not counting spaces."""
    if len(_ENCODER.encode(records)) == sum(map(len, raws)) + len(raws) + 1:  # the list adds its brackets and commas
        return [True] * len(raws)
    return [_size(raw) == _size(_ENCODER.encode(record)) for raw, record in zip(raws, records, strict=True)]


def _size(text: bytes) -> int:
    return len(text) - text.count(b" ")


def _sound(shape: Shape, records: Sequence[Any]) -> Iterator[PlainRecord | None]:
    """The records whose ids, days and instants are written as they should be; None for the others."""
    ids, sound = _ids([record.id for record in records])
    for name in _ENVELOPE_INSTANTS:
        sound &= _are_instants([getattr(record, name) for record in records])
    for name in shape.instants:
        sound &= _are_instants([getattr(record.data, name) for record in records])
    days = {day: _day(day) for day in {record.day for record in records}}
    for record, place, good in zip(records, range(0, len(ids), 16), sound.tolist(), strict=True):
        day = days[record.day]
        yield PlainRecord((ids[place : place + 16], day), record) if good and day is not None else None


def _ids(texts: Sequence[str]) -> tuple[bytes, Mask]:
    """Ids as bytes, 16 each, and which of them are ids at all."""
    characters = np.frombuffer("".join(texts).encode("ascii", "replace"), np.uint8).reshape(-1, 36)
    digits = _DIGIT[characters[:, _DIGITS]]
    sound: Mask = (digits < 16).all(axis=1) & (characters[:, _HYPHENS] == ord("-")).all(axis=1)  # noqa: PLR2004
    return (digits[:, ::2] << 4 | digits[:, 1::2] & 15).tobytes(), sound


def _are_instants(texts: Sequence[str | None]) -> Mask:
    column = pa.array(texts, pa.string())
    if column.null_count == len(column):
        return np.ones(len(column), dtype=np.bool_)
    try:
        moments = column.cast(_INSTANTS)
    except pa.ArrowInvalid:
        return np.zeros(len(column), dtype=np.bool_)
    within = pc.and_(pc.greater_equal(moments, _FIRST), pc.less_equal(moments, _LAST))
    shaped = pc.match_substring_regex(column, _INSTANT)
    sound: Mask = pc.fill_null(pc.and_(shaped, within), True).to_numpy(zero_copy_only=False)  # noqa: FBT003
    return sound


def _day(text: str) -> date | None:
    try:
        return msgspec.convert(text, date)
    except msgspec.ValidationError:
        return None


# -- The structs


class _NotPlainError(Exception):
    """A class, or a field of it, asks for more than a struct can check."""


def _struct(known: EventType) -> tuple[type[msgspec.Struct], Shape]:
    """Make the struct of a type's records; raises _NotPlainError when there can be none."""
    model = known.model
    decorators = model.__pydantic_decorators__
    if any(vars_of for vars_of in asdict(decorators).values()) or model.model_config != Event.model_config:
        raise _NotPlainError
    fields = {name: info for name, info in model.model_fields.items() if name not in CONTEXT}
    data = _define(f"{model.__name__}Data", [_field(name, info) for name, info in fields.items()])
    attributes = [*_ATTRIBUTES, ("data", data), _schema(known)]
    struct = _define(f"{model.__name__}Record", attributes, tag_field="type", tag=known.name)
    moments = tuple(name for name, info in fields.items() if _is_instant(info.annotation))
    return struct, Shape(known, moments)


def _define(name: str, fields: Sequence[tuple[Any, ...]], **tag: str) -> type[msgspec.Struct]:
    return msgspec.defstruct(name, fields, omit_defaults=True, kw_only=True, gc=False, frozen=True, **tag)


def _schema(known: EventType) -> tuple[Any, ...]:
    kind = Literal[schema_urn(known.name, known.version)]  # type: ignore[valid-type]  # made here
    return ("dataschema", kind | None, None) if known.version == 1 else ("dataschema", kind)


def _field(name: str, info: FieldInfo) -> tuple[Any, ...]:
    if info.alias or info.validation_alias or info.default_factory or info.discriminator:
        raise _NotPlainError
    kind = _kind(info.annotation, info.metadata)
    return (name, kind) if info.is_required() else (name, kind | None, None)


def _kind(annotation: Any, metadata: Sequence[object] = ()) -> Any:  # noqa: ANN401  # an annotation has no narrower type
    """The kind of a struct's field that takes just what a field of an event takes."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(args[0], (*args[1:], *metadata))
    if origin in (Union, types.UnionType):
        [kind] = _others(args)
        return _kind(kind, metadata) | None
    if annotation is datetime and tuple(metadata) == get_args(Instant)[1:]:
        return str
    if annotation in (str, int):
        return Annotated[annotation, msgspec.Meta(**_limits(metadata))]
    if not metadata and (annotation is bool or origin is Literal):
        return annotation
    raise _NotPlainError


def _others(kinds: Iterable[Any]) -> list[Any]:
    others = [kind for kind in kinds if kind is not type(None)]
    if len(others) != 1:
        raise _NotPlainError
    return others


def _limits(metadata: Iterable[object]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in metadata:
        match item:
            case FieldInfo():
                found |= _limits(item.metadata)
            case limits.GroupedMetadata():
                found |= _limits(item)
            case limits.Ge() | limits.Gt() | limits.Le() | limits.Lt() | limits.MinLen() | limits.MaxLen():
                found |= asdict(item)
            case _:
                raise _NotPlainError
    return found


def _is_instant(annotation: Any) -> bool:  # noqa: ANN401  # an annotation has no narrower type
    return annotation is datetime or any(map(_is_instant, get_args(annotation)))


def _attribute(field: msgspec.structs.FieldInfo) -> tuple[Any, ...]:
    kind = _as_text(field.type)
    return (field.name, kind) if field.required else (field.name, kind | None, None)


def _as_text(kind: Any) -> Any:  # noqa: ANN401  # an annotation has no narrower type
    if get_origin(kind) in (Union, types.UnionType):
        return _as_text(_others(get_args(kind))[0]) | None
    texts = {UUID: Annotated[str, msgspec.Meta(min_length=36, max_length=36)], datetime: str, date: str}
    return texts.get(kind, kind)


_OF_DECISIONS = ("stream", "streamversion", "expects")
_FIELDS = [
    field
    for field in msgspec.structs.fields(Envelope)
    if field.name not in ("specversion", "type", "data", "dataschema", *_OF_DECISIONS)
]
_ATTRIBUTES = [("specversion", Literal["1.0"]), *map(_attribute, _FIELDS)]
_ENVELOPE_INSTANTS = [field.name for field in _FIELDS if _is_instant(field.type)]


def _structs() -> Iterator[tuple[type[msgspec.Struct], Shape]]:
    for known in CATALOGUE.values():
        try:
            yield _struct(known)
        except _NotPlainError:
            continue


_SHAPES: Mapping[type, Shape] = dict(_structs())
_DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Union[tuple(_SHAPES)])
_ENCODER = msgspec.json.Encoder()
