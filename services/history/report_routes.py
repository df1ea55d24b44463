"""Reports over HTTP: which there are, and their answers."""

import asyncio
from contextlib import AsyncExitStack
from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from services.history.answers import Answers, Asked, AskedRow
from services.history.archiver import Archiver
from services.history.asking import read_known, read_versus, said_once
from services.history.cuts import written_cut
from services.history.etags import names_it
from services.history.forms import MEDIA_TYPES, comes_in_parts, form_wanted, require_json
from services.history.limits import Turns
from services.history.permissions import allowed
from services.history.rendering import written_positions
from services.history.row_explained import split_row
from services.history.sending import InParts
from services.runtime.languages import preferred

_PARTS_AT_ONCE = 2


def report_routes(archiver: Archiver, answers: Answers, turns: Turns, keeps: Turns) -> APIRouter:
    """The routes of reports; `keeps` are those of answers that may have to be kept until a client has taken them."""
    router, making_parts = APIRouter(prefix="/v1/reports"), asyncio.Semaphore(_PARTS_AT_ONCE)

    @router.get("", dependencies=[allowed("reports.read")])
    async def reports(request: Request) -> Response:
        language = preferred(request.headers.get("accept-language"))
        headers = {"Content-Language": language, "Vary": "Accept-Language"}
        return Response(answers.catalogue(language), headers=headers, media_type="application/json")

    @router.get("/{name}", dependencies=[allowed("reports.read")])
    async def report(name: str, request: Request) -> Response:
        given = said_once(request.query_params)
        form = form_wanted(given.pop("format", None), request.headers.get("accept"))
        language = preferred(request.headers.get("accept-language"))
        known_at, versus = await read_known(archiver, given), await read_versus(archiver, given)
        asked = await asyncio.to_thread(answers.asked, name, given, known_at, form, language, versus)
        if names_it(request.headers.get("if-none-match"), asked.etag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=_headers(asked))
        about = {**_headers(asked), **_as_file(asked)}
        async with AsyncExitStack() as held:
            if comes_in_parts(form):
                await held.enter_async_context(keeps.turn())
            async with turns.turn():
                made = await asyncio.to_thread(held.enter_context, answers.answering(asked))
            if isinstance(made, bytes):
                return Response(made, headers=about, media_type=MEDIA_TYPES[form])
            return InParts(made, making_parts, held.pop_all(), about, MEDIA_TYPES[form])

    @router.get("/{name}/explain", dependencies=[allowed("reports.read")])
    async def explain(name: str, request: Request) -> Response:
        given, key = split_row(said_once(request.query_params))
        require_json(given.pop("format", None))
        language, column = preferred(request.headers.get("accept-language")), given.pop("column", None)
        known_at = await read_known(archiver, given)
        asked = await asyncio.to_thread(answers.asked_row, name, given, key, column, known_at, language)
        if names_it(request.headers.get("if-none-match"), asked.etag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=_headers(asked))
        async with turns.turn():
            made = await asyncio.to_thread(answers.explained, asked)
        return Response(made, headers=_headers(asked), media_type="application/json")

    return router


def _headers(asked: Asked | AskedRow) -> dict[str, str]:
    """What an answer says of itself: whoever keeps it asks again whether it is still the same."""
    return {
        "Content-Language": asked.language,
        "Vary": "Accept, Accept-Language",
        "Cache-Control": "private, no-cache",
        "ETag": asked.etag,
        "Kvota-Position": written_cut(written_positions(asked.cut)),
    }


def _as_file(asked: Asked) -> dict[str, str]:
    """All but JSON and a page is a file; a page has nothing that runs or is loaded."""
    if asked.form == "html":
        return {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    name = f"{asked.question.name}.{asked.form}"
    return {} if asked.form == "json" else {"Content-Disposition": f'attachment; filename="{name}"'}
