"""Reports over HTTP: which there are, and their answers."""

import asyncio

from fastapi import APIRouter, Request, Response

from services.history.answers import Answers
from services.history.archiver import Archiver
from services.history.asking import read_asked
from services.history.permissions import allowed
from services.runtime.languages import preferred


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
        known_at = await read_asked(archiver, given)
        return Response(await asyncio.to_thread(answers.report, name, given, known_at), media_type="application/json")

    return router
