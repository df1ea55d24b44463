"""The catalogue of events as documents: `docs/events.md` for people, JSON Schemas for programs.

Run with `python -m services.cli.catalogue_docs` in the checkout. The documents say nothing that the events do not say
themselves: to change them, change a docstring.
"""

import json
import types
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from events.catalogue import CATALOGUE, NOUNS, EventType, Noun
from events.envelope import schema_urn
from events.event import Event

_CONTEXT = ("occurred_at", "day", "type", "version")
"""Fields of an event that its record holds as attributes, so that `data` has no place for them."""

_INTRODUCTION = """\
# The events

*This file is made from the code by `make docs`; do not edit it.*

Every event is one record on a Kafka topic: a [CloudEvents 1.0](https://github.com/cloudevents/spec) event in structured
JSON. Its attributes `type`, `time` and `day` (the business day) say what happened and when, `dataschema` names the
version as `urn:kvota:<type>:<version>`, and `data` holds the fields listed here; `schemas/` has the JSON Schemas of
`data`. A field without a value is left out. Fields and types that a reader does not know are kept and ignored.

In SQL the events of a noun are one relation of the noun's name. Besides the columns listed under it, which are empty
where an event has no such field, every relation has `type`, `time`, `day`, `source` and `subject`. An event that
corrects another holds `was` and `now`: in SQL it is two rows of the type that it corrects, the first taken back
(weight -1), the second counted in its place (weight +1).
"""

_WORDS: Mapping[object, str] = {
    str: "text",
    bool: "true or false",
    int: "whole number",
    date: "day",
    datetime: "instant",
    UUID: "id of an event",
}


class _Untitled(GenerateJsonSchema):
    """JSON Schema without the titles that pydantic makes of field names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002  # as pydantic declares it
        return False


def documents() -> dict[str, str]:
    """Render every document, by its path in the checkout."""
    schemas = {
        f"docs/schemas/{entry.name}.v{entry.version}.json": json.dumps(json_schema(entry), ensure_ascii=False, indent=2)
        for entry in CATALOGUE.values()
    }
    return {"docs/events.md": events_md()} | {path: f"{text}\n" for path, text in schemas.items()}


def json_schema(entry: EventType) -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of the `data` of a record with this event."""
    schema = entry.model.model_json_schema(schema_generator=_Untitled)
    for name in _CONTEXT:
        del schema["properties"][name]
    required = [name for name in schema.pop("required") if name not in _CONTEXT]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": schema_urn(entry.name, entry.version)}
    return head | schema | {"title": entry.name, "required": required}


def events_md() -> str:
    """Render the catalogue for people."""
    contents = [f"- [{noun.name}](#{noun.name}): {_meaning_of_module(noun)}" for noun in NOUNS.values()]
    return "\n".join([_INTRODUCTION, *contents, *(line for noun in NOUNS.values() for line in _noun(noun))]) + "\n"


def _meaning_of_module(noun: Noun) -> str:
    return cleandoc(import_module(noun.models[0].__module__).__doc__ or "")


def _noun(noun: Noun) -> Iterator[str]:
    yield from ("", f"## {noun.name}", "", _meaning_of_module(noun), "", f"Topic: `{noun.topic}`.", "")
    yield from ("| Column | DuckDB type |", "|---|---|")
    yield from (f"| `{name}` | `{kind}` |" for name, kind in noun.columns.items())
    for entry in noun.types.values():
        yield from _event(entry)
    for part in _parts(noun):
        yield from ("", f"### {part.__name__}", "", "*A part of the events above.* " + _doc(part), "")
        yield from _fields(part.model_fields)


def _event(entry: EventType) -> Iterator[str]:
    fields = {name: info for name, info in entry.model.model_fields.items() if name not in _CONTEXT}
    schema = f"schemas/{entry.name}.v{entry.version}.json"
    yield from (
        "",
        f"### {entry.name}",
        "",
        _doc(entry.model),
        "",
        f"Version {entry.version} ([schema]({schema})).",
        "",
    )
    yield from _fields(fields)


def _fields(fields: Mapping[str, FieldInfo]) -> Iterator[str]:
    yield from ("| Field | Type | Meaning |", "|---|---|---|")
    for name, info in fields.items():
        need = "" if info.is_required() else _otherwise(info.default)
        yield f"| `{name}` | {_type(info.annotation)}{need} | {_one_line(info.description or '')} |"


def _otherwise(default: object) -> str:
    if default in (None, (), ""):
        return ", optional"
    said = default if isinstance(default, str) else json.dumps(default)
    return f"; `{said}` when left out"


def _type(annotation: Any) -> str:  # noqa: ANN401, PLR0911  # one line for each form that an annotation has
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(args[0])
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in args)
    if origin in (Union, types.UnionType):
        return " or ".join(_type(arg) for arg in args if arg is not type(None))
    if origin is tuple:
        return f"list of {_type(args[0])}"
    if issubclass(annotation, Event):
        name = str(annotation.model_fields["type"].default)
        return f"[{name}](#{name.replace('.', '')})"
    if issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    return _WORDS[annotation]


def _parts(noun: Noun) -> list[type[BaseModel]]:
    """Give the values inside a noun's events that have fields of their own, each once, in the order of their use."""
    infos = [info for model in noun.models for info in model.model_fields.values()]
    found = [part for info in infos for part in _inside(info.annotation) if not issubclass(part, Event)]
    return list(dict.fromkeys(found))


def _inside(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401  # an annotation has no narrower type
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for arg in get_args(annotation):
        yield from _inside(arg)


def _doc(model: type[BaseModel]) -> str:
    return cleandoc(model.__doc__ or "")


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main(root: Path | None = None) -> None:
    """Write the documents that differ from those in the checkout, and say which."""
    for path, text in documents().items():
        file = (root or Path.cwd()) / path
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            print(path)  # noqa: T201  # a command for the terminal


if __name__ == "__main__":
    main()
