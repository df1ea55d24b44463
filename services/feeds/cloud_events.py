"""What a request to `POST /v1/events` brings: its items, each a fact for the log, or why it is refused whole."""

import asyncio
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from services.feeds.accepting import facts
from services.feeds.appender import Record
from services.feeds.facts import Company
from services.runtime.problems import Problem

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"
_SLICE = 500
"""How many items are read before others get their turn."""
PIECE = 100
"""What an item takes in memory beside its own bytes, in bytes."""
_TOLD = 100
"""Of how many items that are refused it is said why."""

_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_ANY = msgspec.json.Decoder(msgspec.Raw)
_Refused = Mapping[str, Any]


def content_type_of(header: str | None) -> str:
    """What the body is said to be, one event where nothing is said; raises Problem for what is not known."""
    told = ONE if header is None else header.partition(";")[0].strip().lower()
    if told not in (ONE, BATCH, LINES):
        en = f"Content-Type is one of {ONE} (one event), {BATCH} (a JSON array) and {LINES} (one event a line)"
        ru = f"Content-Type — одно из: {ONE} (одно событие), {BATCH} (массив JSON), {LINES} (по событию в строке)"
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", en, ru)
    return told


def pieces(content_type: str, body: bytes) -> int:
    """Into how many items a body can be cut at the most, as its commas or lines are."""
    return body.count(b"\n" if content_type == LINES else b",") + 1


def items_of(content_type: str, body: bytes) -> Sequence[bytes]:
    """Cut the body into its items; raises Problem where that cannot be done."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise _not_json(error) from None
    if content_type == BATCH:
        return _elements(body)
    if content_type == LINES:
        return [line for each in body.split(b"\n") if (line := each.strip())]
    _check_json(body)
    return [body]


async def records_of(items: Sequence[bytes], company: Company) -> Sequence[Record]:
    """Read every item as every reader of the log will; raises Problem for all when one cannot be read."""
    records, refused = list[Record](), list[_Refused]()
    for start in range(0, len(items), _SLICE):
        await asyncio.sleep(0)
        for index, read in enumerate(facts(items[start : start + _SLICE], company), start):
            if isinstance(read, Record):
                records.append(read)
            else:
                _check_json(items[index], index)
                if len(refused) < _TOLD:
                    refused.append({"index": index, "field": read.field, "problem": read.reason})
    if refused:
        raise _no_facts(refused, len(items) - len(records))
    return records


def _elements(body: bytes) -> Sequence[bytes]:
    try:
        return [bytes(item) for item in _ARRAY.decode(body)]
    except msgspec.ValidationError:
        _check_json(body)
        en, ru = f"a body of {BATCH} is a JSON array", f"тело {BATCH} — это массив JSON"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", en, ru) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise _not_json(error) from None


def _check_json(item: bytes, index: int | None = None) -> None:
    try:
        _ANY.decode(item)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _not_json(error, index) from None


def _not_json(error: Exception, index: int | None = None) -> Problem:
    match error:
        case UnicodeDecodeError(start=start):
            reason = f"not UTF-8 at byte {start}"
        case RecursionError():
            reason = "it is nested too deeply"
        case _:
            reason = str(error)
    if index is None:
        en, ru = f"the body is not JSON: {reason}", f"тело запроса — не JSON: {reason}"
        return Problem(HTTPStatus.BAD_REQUEST, "not-json", en, ru)
    en, ru = f"item {index} is not JSON: {reason}", f"элемент {index} — не JSON: {reason}"
    return Problem(HTTPStatus.BAD_REQUEST, "not-json", en, ru, index=index)


def _no_facts(told: Sequence[_Refused], refused: int) -> Problem:
    """Say of the first item what is wrong with it, and of as many as are told which and why."""
    first = told[0]
    where = f"{first['index']}, {first['field']}" if first["field"] else f"{first['index']}"
    en, ru = f"item {where}: {first['problem']}", f"элемент {where}: {first['problem']}"
    more: dict[str, Any] = {"index": first["index"], "field": first["field"], "refused": refused, "errors": told}
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", en, ru, **more)
