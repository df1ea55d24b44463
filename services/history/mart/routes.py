"""The mart over HTTP: having a new one made, where the service keeps its files."""

import asyncio

import msgspec
from fastapi import APIRouter, Request, Response

from services.history.archive import Archive
from services.history.archiver import Archiver
from services.history.asking import read_asked, said_once
from services.history.limits import Turns
from services.history.mart.making import make_mart, mart_folder
from services.history.permissions import allowed


def mart_routes(archive: Archive, archiver: Archiver, turns: Turns) -> APIRouter:
    """The routes of the mart beside this archive."""
    router = APIRouter(prefix="/v1/mart")

    @router.post("", dependencies=[allowed("mart.make")])
    async def make(request: Request) -> Response:
        known_at = await read_asked(archiver, said_once(request.query_params))
        async with turns.turn():
            made = await asyncio.to_thread(make_mart, archive, mart_folder(archive), known_at)
        return Response(msgspec.json.encode(made), media_type="application/json")

    return router
