"""The board over HTTP: the page, the board as JSON, and the stream of what changes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Annotated

from fastapi import FastAPI, Header, Request, Response, status
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from services.runtime.auth.guard import Knowing, answer_callers
from services.runtime.health import answer_health
from services.runtime.problems import Problem, answer_problems
from services.wallboard.hub import Hub
from services.wallboard.page import LANGUAGES, STATIC, Page, language_of
from services.wallboard.permissions import PERMISSIONS, allowed
from services.wallboard.publishing import Publisher
from services.wallboard.screens import enter
from services.wallboard.stream import EventStream, May

_ANEW = {"cache-control": "no-cache"}


class _Static(StaticFiles):
    """Files that a screen asks about each time it loads the page: they are small, and never those of yesterday."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_ANEW)
        return response


def wallboard_app(publisher: Publisher, hub: Hub, page: Page, watch: Knowing, send_timeout_s: float) -> FastAPI:
    """The app, for callers whom `watch` knows.

    To be served with `CuttableProtocol`, so that a stalled screen can be cut off.
    """
    app = FastAPI(title="Kvota wallboard", docs_url=None, redoc_url=None, lifespan=_ending(hub))
    answer_problems(app)
    answer_callers(app, watch)
    answer_health(app, lambda: publisher.ready)
    _serve_board(app, publisher, lambda last, may: EventStream(hub, last, send_timeout_s, may), watch)
    _serve_page(app, page, watch)
    return app


def _serve_board(
    app: FastAPI, publisher: Publisher, stream: Callable[[str | None, May], EventStream], watch: Knowing
) -> None:
    @app.get("/v1/board", dependencies=[allowed("board.see")])
    async def board() -> Response:
        """The board as it is now."""
        _require(ready=publisher.ready)
        return Response(publisher.snapshot(), headers={"cache-control": "no-store"}, media_type="application/json")

    @app.get("/v1/board/stream", dependencies=[allowed("board.see")])
    async def board_stream(request: Request, last_event_id: Annotated[str | None, Header()] = None) -> Response:
        """Every board from now on, as server-sent events: `board` with an id, `age` in between, `bye` at the end."""
        _require(ready=publisher.ready)
        return stream(last_event_id, partial(_may_look, watch, request))


async def _may_look(watch: Knowing, request: Request) -> bool:
    """Whether whoever sent a request may still look; while that cannot be told, they may."""
    try:
        return (await watch.caller(request)).role in PERMISSIONS["board.see"]
    except Problem as problem:
        return problem.status == status.HTTP_503_SERVICE_UNAVAILABLE


def _require(*, ready: bool) -> None:
    if not ready:
        en, ru = "the board is still being loaded: ask again", "табло ещё загружается: повторите запрос"
        raise Problem(status.HTTP_503_SERVICE_UNAVAILABLE, "not-ready", en, ru)


def _serve_page(app: FastAPI, page: Page, watch: Knowing) -> None:
    @app.get("/", include_in_schema=False)
    async def index(request: Request, lang: str | None = None, key: str | None = None) -> Response:
        if key is not None:
            secure = request.url.scheme == "https"
            return enter(watch, key, lang if lang in LANGUAGES else None, secure=secure)
        language = language_of(lang, request.headers.get("accept-language"))
        headers = {**_ANEW, "vary": "accept-language", "content-security-policy": page.security_policy}
        missing = not page.vendor.is_installed()
        return HTMLResponse(page.html(language), status.HTTP_503_SERVICE_UNAVAILABLE if missing else 200, headers)

    app.mount("/static", _Static(directory=STATIC), name="static")


def _ending(hub: Hub) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """While the app runs, wait for the word that it is to close, and pass it on to every screen."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        closing = asyncio.create_task(_pass_on(app, hub))
        yield
        closing.cancel()

    return lifespan


async def _pass_on(app: FastAPI, hub: Hub) -> None:
    await app.state.closing.wait()
    hub.close()
