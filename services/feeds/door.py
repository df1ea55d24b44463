"""The door for any source that speaks CloudEvents over HTTP: facts in, and an answer once they are on the log."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.feeds.accepting import facts
from services.feeds.appender import ROUND, Appender, AppendError, Record
from services.feeds.permissions import allowed
from services.feeds.receiving import body_of
from services.feeds.webhooks.door import WebhookDoor
from services.runtime.auth.guard import Guard, answer_callers
from services.runtime.health import answer_health
from services.runtime.problems import Problem, answer_problems

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"
_SLICE = 500
"""How many items are read before others get their turn."""
_TOLD = 100
"""Of how many items that are refused it is said why."""

_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_ANY = msgspec.json.Decoder(msgspec.Raw)


def door(appender: Appender, ready: Callable[[], bool], watch: Guard, webhooks: WebhookDoor) -> FastAPI:
    """Make the app, for callers whom the guard knows; `ready` says whether the log can be reached."""
    app = FastAPI(title="Kvota feeds", docs_url=None, redoc_url=None, openapi_url=None, strict_content_type=False)
    answer_problems(app)
    answer_callers(app, watch)
    answer_health(app, ready)

    @app.post("/v1/events", status_code=HTTPStatus.ACCEPTED, dependencies=[allowed("facts.tell")])
    async def events(request: Request) -> Response:
        with webhooks.budget.part() as part:
            items = _items(_content_type(request), await body_of(request, part))
            records = await _records(items)
            await _append(appender, records)
        body = msgspec.json.encode({"accepted": len(records)})
        return Response(body, HTTPStatus.ACCEPTED, media_type="application/json")

    @app.get("/metrics", include_in_schema=False)
    async def exposed() -> Response:
        return Response(generate_latest(webhooks.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    app.include_router(webhooks.router())
    return app


def _content_type(request: Request) -> str:
    """What the body is said to be; one event where nothing is said."""
    told = request.headers.get("content-type", ONE).partition(";")[0].strip().lower()
    if told not in (ONE, BATCH, LINES):
        en = f"Content-Type is one of {ONE} (one event), {BATCH} (a JSON array) and {LINES} (one event a line)"
        ru = f"Content-Type — одно из: {ONE} (одно событие), {BATCH} (массив JSON), {LINES} (по событию в строке)"
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", en, ru)
    return told


def _items(content_type: str, body: bytes) -> Sequence[bytes]:
    """Cut the body into its items, each of them JSON."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise _not_json(error) from None
    if content_type == BATCH:
        try:
            return [bytes(item) for item in _ARRAY.decode(body)]
        except msgspec.ValidationError:
            _check_json(body)
            en, ru = f"a body of {BATCH} is a JSON array", f"тело {BATCH} — это массив JSON"
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", en, ru) from None
        except (msgspec.DecodeError, RecursionError) as error:
            raise _not_json(error) from None
    if content_type == ONE:
        _check_json(body)
        return [body]
    items = [line for line in body.split(b"\n") if line.strip()]
    for index, item in enumerate(items):
        _check_json(item, index)
    return items


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


async def _records(items: Sequence[bytes]) -> Sequence[Record]:
    """Read every item as every reader of the log will; one that cannot be read refuses them all."""
    records, refused = list[Record](), list[dict[str, Any]]()
    for start in range(0, len(items), _SLICE):
        await asyncio.sleep(0)
        for index, read in enumerate(facts(items[start : start + _SLICE]), start):
            if isinstance(read, Record):
                records.append(read)
            else:
                refused.append({"index": index, "field": read.field, "problem": read.reason})
    if refused:
        raise _refused(refused)
    return records


def _refused(refused: Sequence[Mapping[str, Any]]) -> Problem:
    """Say of the first item what is wrong with it, and of as many as are told which and why."""
    first = refused[0]
    where = f"{first['index']}, {first['field']}" if first["field"] else f"{first['index']}"
    en, ru = f"item {where}: {first['problem']}", f"элемент {where}: {first['problem']}"
    told: dict[str, Any] = {"index": first["index"], "field": first["field"], "refused": len(refused)}
    errors = refused[:_TOLD]
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", en, ru, **told, errors=errors)


async def _append(appender: Appender, records: Sequence[Record]) -> None:
    try:
        for start in range(0, len(records), ROUND):
            await appender.append(records[start : start + ROUND])
    except AppendError as error:
        en = f"{error}. Send the request again: an event that is on the log twice counts once"
        ru = f"{error}. Повторите запрос: событие, записанное дважды, считается один раз"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "log-unavailable", en, ru) from None
