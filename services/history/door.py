"""The door of history: what the archive answers, over HTTP, while the service has its file."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import duckdb
import msgspec
from fastapi import FastAPI, Path, Query, Request, Response

from projections.projection import Projection
from services.history.agreement import Agreement
from services.history.answers import Answers, agreement_json
from services.history.archive import Archive
from services.history.archiver import Archiver
from services.history.asking import WAIT_S, read_asked, read_closed, said_once
from services.history.cuts import read_positions
from services.history.errors import (
    CellTooLongError,
    HistoryBehindError,
    HistoryError,
    NoSuchRowError,
    NotClosedError,
    NotDrawnError,
    NothingLiveError,
    ShortLogError,
    TooBusyError,
    TookTooLongError,
    TookTooMuchMemoryError,
    TooLongToPrintError,
    TooManyRowsError,
    UnknownNameError,
)
from services.history.imports import as_json, standings, told, verdicts
from services.history.limits import Turns
from services.history.mart.routes import mart_routes
from services.history.mentions import mentions
from services.history.permissions import allowed
from services.history.rendering import written_positions
from services.history.report_routes import report_routes
from services.history.room import NoMemoryError, NoRoomError
from services.runtime.auth.guard import Guard, answer_callers
from services.runtime.errors import ClearError
from services.runtime.health import answer_health
from services.runtime.problems import Problem, answer_problems, invalid_fields, problem_response

Chosen = Mapping[str, Projection]
Seed = Callable[[int], Awaitable[Mapping[str, str]]]
"""Seeds a version of the live cells; gives the digests of the projections that it was made by."""
Verify = Callable[[int | None, Chosen], Awaitable[Agreement]]
"""Compares the live cells of a version of the projector with history, for some projections."""

_KEPT = 4
"""For each answer that is made at once, how many are kept for clients that take their time."""
_IDS = msgspec.json.Decoder(list[UUID])
_NOT_FOUND = ("report", "projection")
_SORTS: Mapping[type[HistoryError], tuple[HTTPStatus, str]] = {
    HistoryBehindError: (HTTPStatus.SERVICE_UNAVAILABLE, "not-archived-yet"),
    NoSuchRowError: (HTTPStatus.NOT_FOUND, "no-such-row"),
    NotClosedError: (HTTPStatus.CONFLICT, "not-closed"),
    NothingLiveError: (HTTPStatus.CONFLICT, "nothing-live"),
    ShortLogError: (HTTPStatus.CONFLICT, "another-log"),
    TooManyRowsError: (HTTPStatus.UNPROCESSABLE_ENTITY, "too-many-rows"),
    CellTooLongError: (HTTPStatus.UNPROCESSABLE_ENTITY, "too-long-for-a-cell"),
    TooLongToPrintError: (HTTPStatus.UNPROCESSABLE_ENTITY, "too-long-to-print"),
    TookTooMuchMemoryError: (HTTPStatus.SERVICE_UNAVAILABLE, "took-too-much-memory"),
    TookTooLongError: (HTTPStatus.SERVICE_UNAVAILABLE, "took-too-long"),
    TooBusyError: (HTTPStatus.SERVICE_UNAVAILABLE, "too-busy"),
    NotDrawnError: (HTTPStatus.SERVICE_UNAVAILABLE, "not-drawn"),
    NoRoomError: (HTTPStatus.INSUFFICIENT_STORAGE, "no-room"),
    NoMemoryError: (HTTPStatus.SERVICE_UNAVAILABLE, "no-memory"),
}


def door(  # noqa: PLR0913, PLR0917  # each part of history is asked by itself
    archive: Archive,
    archiver: Archiver,
    answers: Answers,
    verify: Verify,
    seed: Seed,
    watch: Guard,
    at_once: int = 4,
) -> FastAPI:
    """Make the app, for callers whom the guard knows; it makes so many answers at once.

    With `after=` an answer waits until what lies before these positions is archived.
    """
    app = FastAPI(title="Kvota history", docs_url=None, redoc_url=None, openapi_url=None)
    answer_problems(app)
    answer_callers(app, watch)
    app.add_exception_handler(ClearError, _refused)
    app.add_exception_handler(duckdb.OutOfMemoryException, _took_too_much_memory)
    answer_health(app, lambda: archiver.is_ready)
    turns = Turns(at_once, WAIT_S)
    app.include_router(report_routes(archiver, answers, turns, Turns(_KEPT * at_once, WAIT_S)))
    app.include_router(mart_routes(archive, archiver, Turns(1, WAIT_S)))

    @app.get("/v1/archive", dependencies=[allowed("archive.read")])
    async def which() -> dict[str, object]:
        return {"path": str(archive.path), "positions": written_positions(archive.positions())}

    @app.get("/v1/explain/{projection}", dependencies=[allowed("reports.read")])
    async def explain(projection: str, request: Request) -> Response:
        key = said_once(request.query_params)
        known_at, measure = await read_asked(archiver, key), key.pop("only", None)
        async with turns.turn():
            return _json(await asyncio.to_thread(answers.explain, projection, key, measure, known_at))

    @app.get("/v1/imports", dependencies=[allowed("imports.judge")])
    async def imports(after: str) -> Response:
        await archiver.reached(read_positions(after, "after"), WAIT_S)
        return _json(as_json(await asyncio.to_thread(standings, archive)))

    @app.post("/v1/told", dependencies=[allowed("imports.judge")])
    async def which_are_told(request: Request) -> Response:
        found = await asyncio.to_thread(told, archive, _ids(await request.body()))
        return _json(msgspec.json.encode(sorted(found)))

    @app.get("/v1/verdicts", dependencies=[allowed("imports.judge")])
    async def what_the_law_says(at: str) -> Response:
        places = read_positions(at, "at")
        await archiver.reached({source: offset + 1 for source, offset in places.items()}, WAIT_S)
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

    _answer_replays(app, archiver, answers, turns)
    return app


def _answer_replays(app: FastAPI, archiver: Archiver, answers: Answers, turns: Turns) -> None:
    @app.get("/v1/replay", dependencies=[allowed("numbers.verify")])
    async def replay(known_at: str, request: Request) -> Response:
        said_once(request.query_params)
        moment = await read_closed(archiver, known_at)
        async with turns.turn():
            return _json(await asyncio.to_thread(answers.replay, moment))


def _json(line: bytes) -> Response:
    return Response(line, media_type="application/json")


def _ids(body: bytes) -> list[UUID]:
    try:
        return _IDS.decode(body)
    except msgspec.DecodeError as error:
        en, ru = f"expected ids: {error}", f"нужны идентификаторы: {error}"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", en, ru) from None


async def _refused(request: Request, error: Exception) -> Response:
    return problem_response(request, _problem(error))


async def _took_too_much_memory(request: Request, _: Exception) -> Response:
    return problem_response(request, _problem(TookTooMuchMemoryError()))


def _problem(error: Exception) -> Problem:
    if isinstance(error, HistoryError) and error.wrong:
        return invalid_fields(*error.wrong)
    problem = Problem(*_sort(error), str(error), error.ru if isinstance(error, HistoryError) else None)
    if isinstance(error, TooBusyError):
        problem.headers["Retry-After"] = "1"
    return problem


def _sort(error: Exception) -> tuple[HTTPStatus, str]:
    if isinstance(error, UnknownNameError) and error.kind in _NOT_FOUND:
        return HTTPStatus.NOT_FOUND, "unknown"
    if not isinstance(error, HistoryError):
        return HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"
    return _SORTS.get(type(error), (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input"))
