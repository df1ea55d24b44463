"""Structs for the records of plain events, made from `Envelope` and from the event classes.

A struct takes a record's own texts, whole numbers and truths, and nothing else: what is read from it can be written in
no shorter way. It takes no more than the class does: a class that asks for more than a struct can check has none.
"""

import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal, Optional, TypeAlias, Union, get_args, get_origin
from uuid import UUID

import annotated_types as limits
import msgspec
from pydantic.fields import FieldInfo

from events.catalogue import CATALOGUE, CONTEXT, EventType
from events.envelope import Envelope, schema_urn
from events.event import Event, Instant

Kind: TypeAlias = Any
"""What a field of a struct takes: a type, as msgspec knows them."""

Field = tuple[str, Kind] | tuple[str, Kind, None]
"""A field of a struct; one that may be left out is None then."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A type of event whose records can be plain."""

    event: EventType
    struct: type[msgspec.Struct]
    instants: tuple[str, ...]
    """The fields of the event that are instants; the struct has their texts."""


class _NotPlainError(Exception):
    """A class, or a field of it, asks for more than a struct can check."""


def _shape(known: EventType) -> Shape:
    """The shape of a type's records; raises _NotPlainError when there is none."""
    model = known.model
    if any(asdict(model.__pydantic_decorators__).values()) or model.model_config != Event.model_config:
        raise _NotPlainError
    fields = {name: info for name, info in model.model_fields.items() if name not in CONTEXT}
    data = _define(f"{model.__name__}Data", [_field(name, info) for name, info in fields.items()])
    schema = _optional("dataschema", Literal[schema_urn(known.name, known.version)], required=known.version > 1)
    struct = _define(f"{model.__name__}Record", [*_ATTRIBUTES, ("data", data), schema], known.name)
    return Shape(known, struct, tuple(name for name, info in fields.items() if of_instants(info.annotation)))


def _define(name: str, fields: Sequence[Field], tag: str | None = None) -> type[msgspec.Struct]:
    tag_field = None if tag is None else "type"
    return msgspec.defstruct(
        name, fields, omit_defaults=True, kw_only=True, gc=False, frozen=True, tag_field=tag_field, tag=tag
    )


def _optional(name: str, kind: Kind, *, required: bool) -> Field:
    return (name, kind) if required else (name, Optional[kind], None)  # noqa: UP045  # a kind known when this runs


def _field(name: str, info: FieldInfo) -> Field:
    if info.alias or info.validation_alias or info.default_factory or info.discriminator:
        raise _NotPlainError
    return _optional(name, _kind(info.annotation, info.metadata), required=info.is_required())


def _kind(annotation: Any, metadata: Sequence[object] = ()) -> Kind:  # noqa: ANN401  # it has no narrower type
    """The kind of a struct's field that takes just what a field of an event takes."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(args[0], (*args[1:], *metadata))
    if origin in (Union, types.UnionType):
        return Optional[_kind(_only(args), metadata)]  # noqa: UP045  # a kind known when this runs
    if annotation is datetime and tuple(metadata) == get_args(Instant)[1:]:
        return str
    if annotation in (str, int):
        return Annotated[annotation, msgspec.Meta(**_limits(metadata))]
    if not metadata and (annotation is bool or origin is Literal):
        return annotation
    raise _NotPlainError


def _only(kinds: Iterable[Kind]) -> Kind:
    """The one kind beside None."""
    others = [kind for kind in kinds if kind is not type(None)]
    if len(others) != 1:
        raise _NotPlainError
    return others[0]


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


def of_instants(annotation: Kind) -> bool:
    """Whether a field holds instants."""
    return annotation is datetime or any(map(of_instants, get_args(annotation)))


def _as_text(kind: Any) -> Kind:  # noqa: ANN401  # it has no narrower type
    """The kind that takes an attribute of the envelope as it is written."""
    if get_origin(kind) in (Union, types.UnionType):
        return Optional[_as_text(_only(get_args(kind)))]  # noqa: UP045  # a kind known when this runs
    texts = {UUID: Annotated[str, msgspec.Meta(min_length=36, max_length=36)], datetime: str, date: str}
    return texts.get(kind, kind)


_APART = ("specversion", "type", "data", "dataschema")
_OF_DECISIONS = ("stream", "streamversion", "expects")
_FIELDS = [field for field in msgspec.structs.fields(Envelope) if field.name not in (*_APART, *_OF_DECISIONS)]
_ATTRIBUTES: list[Field] = [
    ("specversion", Literal["1.0"]),
    *(_optional(field.name, _as_text(field.type), required=field.required) for field in _FIELDS),
]

ENVELOPE_INSTANTS = tuple(field.name for field in _FIELDS if of_instants(field.type))
"""The attributes of every record that are instants."""


def _shapes() -> Iterator[Shape]:
    for known in CATALOGUE.values():
        try:
            yield _shape(known)
        except _NotPlainError:
            continue


SHAPES: Mapping[type[msgspec.Struct], Shape] = {shape.struct: shape for shape in _shapes()}
"""Every shape there is, by its struct."""
