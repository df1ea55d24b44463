"""An endless answer over HTTP: server-sent events as bytes, cut off when the other end takes none."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from fastapi import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from services.wallboard.hub import Hub, Viewer

log = structlog.get_logger()
_ASK_AGAIN_S = 2.0
May = Callable[[], Awaitable[bool]]
"""Whether whoever opened a stream may still look."""
_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",  # a proxy is to hand each message on at once
}


class CuttableProtocol(HttpToolsProtocol):
    """Lets an answer cut its connection: `request.state.cut`. Closing would wait for the other end for ever."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Keep what the answer may need."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "cut": transport.abort}


class EventStream(Response):
    """A screen's stream, from its snapshot to its end."""

    def __init__(self, hub: Hub, last: str | None, within_s: float, may: May) -> None:
        """Send what the hub has; `within_s` seconds without a taker end it, and so does that they `may` not look."""
        super().__init__()
        self._hub, self._last, self._within_s, self._may = hub, last, within_s, may

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until either side ends it."""
        viewer = self._hub.join(self._last)
        ends = asyncio.create_task(_watch(receive, viewer)), asyncio.create_task(_ask_again(self._may, viewer))
        try:
            await self._pour(viewer, send)
        except TimeoutError:
            log.warning("screen_evicted", screen=scope.get("client"), took_nothing_for_s=self._within_s)
            _cut(scope)
        finally:
            for end in ends:
                end.cancel()
            self._hub.leave(viewer)

    async def _pour(self, viewer: Viewer, send: Send) -> None:
        headers = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        while not viewer.ended:
            body = await viewer.next()
            async with asyncio.timeout(self._within_s):
                await send({"type": "http.response.body", "body": body, "more_body": True})
        async with asyncio.timeout(self._within_s):
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _watch(receive: Callable[[], Awaitable[Any]], viewer: Viewer) -> None:
    """End the stream when the screen is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    viewer.end()


async def _ask_again(may: May, viewer: Viewer) -> None:
    """End the stream when whoever opened it may not look any more: the key was revoked, or the token has expired."""
    while await may():  # noqa: ASYNC110  # nobody tells of it: the keys are in a file, and time passes
        await asyncio.sleep(_ASK_AGAIN_S)
    viewer.end()


def _cut(scope: Scope) -> None:
    cut = scope.get("state", {}).get("cut")
    if cut is not None:
        cut()
