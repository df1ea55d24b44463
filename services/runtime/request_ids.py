"""A name for each request, in the answer and in every line that is logged on its behalf."""

import re
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

HEADER = "X-Request-Id"
_USABLE = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)


class RequestIds:
    """Gives each request the id that its sender gave it, if that is short and plain, or one of its own."""

    def __init__(self, app: ASGIApp) -> None:
        """Answer by this app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identity = _usable(Headers(scope=scope).get(HEADER))

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = identity
            await send(message)

        bind_contextvars(request_id=identity)  # of the request's own task
        await self._app(scope, receive, named)


def _usable(told: str | None) -> str:
    return told if told is not None and _USABLE.fullmatch(told) else uuid4().hex
