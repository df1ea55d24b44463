"""Reports over HTTP: which there are, and their answers."""

import asyncio

from fastapi import APIRouter, Request, Response

from services.history.answers import Answers
from services.history.archiver import Archiver
from services.history.asking import read_asked
from services.history.forms import MEDIA_TYPES, Form, form_wanted
from services.history.permissions import allowed
from services.runtime.languages import Language, preferred


def report_routes(archiver: Archiver, answers: Answers) -> APIRouter:
    """The routes of reports."""
    router = APIRouter(prefix="/v1/reports")

    @router.get("", dependencies=[allowed("reports.read")])
    async def reports(request: Request) -> Response:
        language = preferred(request.headers.get("accept-language"))
        headers = {"Content-Language": language, "Vary": "Accept-Language"}
        return Response(answers.catalogue(language), headers=headers, media_type="application/json")

    @router.get("/{name}", dependencies=[allowed("reports.read")])
    async def report(name: str, request: Request) -> Response:
        given = dict(request.query_params)
        form = form_wanted(given.pop("format", None), request.headers.get("accept"))
        language = preferred(request.headers.get("accept-language"))
        known_at = await read_asked(archiver, given)
        body = await asyncio.to_thread(answers.report, name, given, known_at, form, language)
        return Response(body, headers=_headers(name, form, language), media_type=MEDIA_TYPES[form])

    return router


def _headers(name: str, form: Form, language: Language) -> dict[str, str]:
    """What an answer in a form says of itself; all but JSON is a file."""
    file = {} if form == "json" else {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return {"Content-Language": language, "Vary": "Accept, Accept-Language", **file}
