"""The door of history: what the archive answers, over HTTP, while the service has its file."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import FastAPI, Path, Query, Request, Response

from events.event import is_instant
from projections.projection import Projection
from services.history.agreement import Agreement
from services.history.answers import Answers, agreement_json
from services.history.archive import Archive
from services.history.archiver import Archiver
from services.history.errors import (
    HistoryBehindError,
    HistoryError,
    NotClosedError,
    NothingLiveError,
    ShortLogError,
    UnknownNameError,
)
from services.history.imports import as_json, standings, told, verdicts
from services.history.mentions import mentions
from services.history.permissions import allowed
from services.history.rendering import written_positions
from services.runtime.auth.guard import Guard, answer_callers
from services.runtime.errors import ClearError
from services.runtime.health import answer_health
from services.runtime.problems import Problem, answer_problems, problem_response
from services.runtime.shards import Positions

Chosen = Mapping[str, Projection]
Seed = Callable[[int], Awaitable[Mapping[str, str]]]
"""Seeds a version of the live cells; gives the digests of the projections that it was made by."""
Verify = Callable[[int | None, Chosen], Awaitable[Agreement]]
"""Compares the live cells of a version of the projector with history, for some projections."""

_POSITION = re.compile(r"([a-z][a-z0-9_.-]{0,200})/(0|[1-9][0-9]{0,5})@(0|[1-9][0-9]{0,17})", re.ASCII)
_IDS = msgspec.json.Decoder(list[UUID])
_WAIT_S = 10.0
_CLOSES_S = 5.0
"""How long to wait for a moment to be closed: one that has just passed is within less."""
_NOT_FOUND = ("report", "projection")
_CONFLICTS = {NotClosedError: "not-closed", NothingLiveError: "nothing-live", ShortLogError: "another-log"}


def door(  # noqa: PLR0913, PLR0917  # each part of history is asked by itself
    archive: Archive, archiver: Archiver, answers: Answers, verify: Verify, seed: Seed, watch: Guard
) -> FastAPI:
    """Make the app, for callers whom the guard knows.

    With `after=` an answer waits until what lies before these positions is archived.
    """
    app = FastAPI(title="Kvota history", docs_url=None, redoc_url=None, openapi_url=None)
    answer_problems(app)
    answer_callers(app, watch)
    app.add_exception_handler(ClearError, _refused)
    answer_health(app, lambda: archiver.following)

    @app.get("/v1/archive", dependencies=[allowed("archive.read")])
    async def which() -> dict[str, object]:
        return {"path": str(archive.path), "positions": written_positions(archive.positions())}

    @app.get("/v1/reports/{name}", dependencies=[allowed("reports.read")])
    async def report(name: str, request: Request) -> Response:
        given = dict(request.query_params)
        known_at = await _asked(archiver, given)
        return _json(await asyncio.to_thread(answers.report, name, given, known_at))

    @app.get("/v1/explain/{projection}", dependencies=[allowed("reports.read")])
    async def explain(projection: str, request: Request) -> Response:
        key = dict(request.query_params)
        known_at, measure = await _asked(archiver, key), key.pop("only", None)
        return _json(await asyncio.to_thread(answers.explain, projection, key, measure, known_at))

    @app.get("/v1/imports", dependencies=[allowed("imports.judge")])
    async def imports(after: str) -> Response:
        await archiver.reached(_positions(after), _WAIT_S)
        return _json(as_json(await asyncio.to_thread(standings, archive)))

    @app.post("/v1/told", dependencies=[allowed("imports.judge")])
    async def which_are_told(request: Request) -> Response:
        found = await asyncio.to_thread(told, archive, _ids(await request.body()))
        return _json(msgspec.json.encode(sorted(found)))

    @app.get("/v1/verdicts", dependencies=[allowed("imports.judge")])
    async def what_the_law_says(at: str) -> Response:
        places = _positions(at)
        await archiver.reached({source: offset + 1 for source, offset in places.items()}, _WAIT_S)
        return _json(as_json(await asyncio.to_thread(verdicts, archive, places)))

    @app.get("/v1/mentions", dependencies=[allowed("archive.read")])
    async def where_an_id_stands(identity: Annotated[str, Query(alias="id", min_length=1)]) -> Mapping[str, int]:
        return await asyncio.to_thread(mentions, archive, identity)

    @app.get("/v1/verify", dependencies=[allowed("numbers.verify")])
    async def compare(projection: Annotated[list[str], Query()] = [], version: int | None = None) -> Response:  # noqa: B006  # never written to
        return _json(agreement_json(await verify(version, archive.chosen(projection))))

    @app.post("/v1/seeds/{version}", dependencies=[allowed("cells.seed")])
    async def sow(version: Annotated[int, Path(ge=1)]) -> Mapping[str, str]:
        return await seed(version)

    _answer_replays(app, archiver, answers)
    return app


def _answer_replays(app: FastAPI, archiver: Archiver, answers: Answers) -> None:
    @app.get("/v1/replay", dependencies=[allowed("numbers.verify")])
    async def replay(known_at: str) -> Response:
        moment = await _closed(archiver, known_at)
        return _json(await asyncio.to_thread(answers.replay, moment))


def _json(line: bytes) -> Response:
    return Response(line, media_type="application/json")


async def _asked(archiver: Archiver, given: dict[str, str]) -> datetime | None:
    """Take `after` and `known_at` out of a query; wait until that is archived, and this, which it gives, closed."""
    after, known_at = given.pop("after", None), given.pop("known_at", None)
    if after is not None:
        await archiver.reached(_positions(after), _WAIT_S)
    return None if known_at is None else await _closed(archiver, known_at)


async def _closed(archiver: Archiver, known_at: str) -> datetime:
    """Read a moment, and wait until it is closed."""
    if not is_instant(known_at):
        en = "known_at: expected an instant with its zone, such as 2026-11-24T18:00:00Z"
        ru = "known_at: нужен момент с часовым поясом, например 2026-11-24T18:00:00Z"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", en, ru)
    moment = datetime.fromisoformat(known_at)
    await archiver.closed(moment, _CLOSES_S)
    return moment


def _positions(text: str) -> Positions:
    found = [_POSITION.fullmatch(item.strip()) for item in text.split(",")]
    if not all(found):
        en = "after: expected positions like kvota.decisions/0@17, several separated by commas"
        ru = "after: нужны позиции вида kvota.decisions/0@17, несколько — через запятую"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", en, ru)
    return {(one[1], int(one[2])): int(one[3]) for one in found if one}


def _ids(body: bytes) -> list[UUID]:
    try:
        return _IDS.decode(body)
    except msgspec.DecodeError as error:
        en, ru = f"expected ids: {error}", f"нужны идентификаторы: {error}"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", en, ru) from None


async def _refused(request: Request, error: Exception) -> Response:
    ru = error.ru if isinstance(error, NotClosedError) else None
    return problem_response(request, Problem(*_sort(error), str(error), ru))


def _sort(error: Exception) -> tuple[HTTPStatus, str]:
    match error:
        case UnknownNameError() if error.kind in _NOT_FOUND:
            return HTTPStatus.NOT_FOUND, "unknown"
        case HistoryBehindError():
            return HTTPStatus.SERVICE_UNAVAILABLE, "not-archived-yet"
        case NotClosedError() | NothingLiveError() | ShortLogError():
            return HTTPStatus.CONFLICT, _CONFLICTS[type(error)]
        case HistoryError():
            return HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input"
        case _:
            return HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"
