"""Serving HTTP inside a process of ours: told to stop from outside, and never held up by an open stream."""

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime.errors import ClearError
from services.runtime.problems import Problem, problem_response
from services.runtime.request_ids import RequestIds

_STOPPING = (
    "the service stops, and it is not known what came of this: ask again",
    "служба останавливается, исход неизвестен: повторите запрос",
)
_GRACE_S = 0.4
"""How long requests that are being answered may take when the server is told to stop; then they are cut off, and
whoever sent them asks again. All in all it stops within a second."""


class Address(BaseModel):
    """Where a service listens; port 0: any free one."""

    model_config = ConfigDict(frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65_535)


class AddressTakenError(ClearError):
    """Something else listens there."""

    def __init__(self, address: Address) -> None:
        """Name the address."""
        super().__init__(f"{address.host}:{address.port} is taken: stop what listens there, or choose another port")


class _CutOff:
    """Says so to whoever is cut off, where uvicorn would speak of an internal error."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except asyncio.CancelledError:
            if started or scope["type"] != "http":
                raise
            problem = Problem(HTTPStatus.SERVICE_UNAVAILABLE, "stopping", *_STOPPING)
            await problem_response(Request(scope), problem)(scope, receive, send)


class _Server(uvicorn.Server):
    """Tells open streams to end before it waits for them, and leaves signals to the process that it serves in."""

    def __init__(self, config: uvicorn.Config, closing: asyncio.Event) -> None:
        super().__init__(config)
        self._closing = closing

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none: whoever runs the server sets `stop`."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._closing.set()
        await super().shutdown(sockets)


async def serve(app: FastAPI, address: Address, stop: asyncio.Event, **options: Any) -> None:  # noqa: ANN401  # uvicorn's
    """Serve an app until `stop` is set; `app.state.closing` is set first, so that its endless streams can end.

    Raises AddressTakenError when something else listens there. `app.state.port` is the port that was taken.
    """
    app.state.closing = asyncio.Event()
    with _listening(address) as listener:
        app.state.port = listener.getsockname()[1]
        config = uvicorn.Config(RequestIds(_CutOff(app)), log_config=None, access_log=False, lifespan="on", **options)
        config.timeout_graceful_shutdown = _GRACE_S  # type: ignore[assignment]  # uvicorn waits for parts of a second, too
        server = _Server(config, app.state.closing)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        told = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()
            server.should_exit = True
            await serving


def _listening(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's algorithm off: small answers do not wait for more.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
    except OSError:
        listener.close()
        raise AddressTakenError(address) from None
    return listener
