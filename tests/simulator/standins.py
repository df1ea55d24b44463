"""Stand-ins for the desk and the feeds' door, as the contracts have them, and a client of the phone system."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from fastapi import FastAPI, Request, Response

from events.codec import decode
from events.envelope import Envelope
from services.runtime.serving import Address, serve

_MADE = {"units": "unit", "reps": "rep", "quotas": "quota", "deals": "deal"}
_FIELDS = {
    "units": {"kind", "title", "parent", "starts_on", "at"},
    "reps": {"name", "unit", "post", "starts_on", "at"},
    "quotas": {"holder", "holder_kind", "measure", "currency", "starts_on", "ends_on", "target", "at"},
    "deals": {"customer", "rep", "amount_minor", "currency", "at"},
    "win": {"shares", "at"},
    "lose": {"reason", "at"},
    "refund": {"amount_minor", "at"},
}


class StandInDesk:
    """Answers as the desk does, and remembers what it was asked.

    It loses every `loses`-th answer on the way back, and refuses all that `refuses` names.
    """

    def __init__(self, loses: int = 0, refuses: str = "") -> None:
        self.answered: dict[str, tuple[str, bytes, dict[str, str]]] = {}
        """By idempotency key: the path, the body and the answer of each request that counted."""
        self.requests = 0
        self._loses = loses
        self._refuses = refuses
        self.state: dict[str, str] = {}
        """How each deal stands."""

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/v1/{noun}")
        async def make(noun: str, request: Request, response: Response) -> dict[str, Any]:
            return await self._answer(noun, [], request, response)

        @app.post("/v1/deals/{deal}/{verb}")
        async def change(deal: str, verb: str, request: Request, response: Response) -> dict[str, Any]:
            return await self._answer(verb, [deal], request, response)

        return app

    async def _answer(self, what: str, ids: list[str], request: Request, response: Response) -> dict[str, Any]:
        self.requests += 1
        key, raw = request.headers["Idempotency-Key"], await request.body()
        known = self.answered.get(key)
        if known is None:
            known = self._decide(what, ids, key, raw)
            if known is None:
                response.status_code = 409
                return {"type": "urn:kvota:problem:refused", "title": "refused", "detail": f"{what} {ids}"}
            self.answered[key] = known
        if known[1] != raw:
            response.status_code = 422
            return {"type": "idempotency-key-reused", "detail": key}
        response.status_code = 503 if self._loses and self.requests % self._loses == 0 else 201
        return dict(known[2])

    def _decide(self, what: str, ids: list[str], key: str, raw: bytes) -> tuple[str, bytes, dict[str, str]] | None:
        body = json.loads(raw)
        assert set(body) <= _FIELDS[what], body
        if what == self._refuses or not self._are_known([*ids, *self._named(body)]):
            return None
        if what in _MADE:
            identity = str(uuid5(NAMESPACE_URL, key))
            self.state[identity] = what if what != "deals" else "open"
            return what, raw, {_MADE[what]: identity}
        if not self._moves(what, ids[0]):
            return None
        return f"{ids[0]}/{what}", raw, {}

    def _named(self, body: dict[str, Any]) -> Iterator[str]:
        yield from (body[field] for field in ("unit", "parent", "rep", "holder") if field in body)
        yield from body.get("shares", {})

    def _are_known(self, ids: list[str]) -> bool:
        return all(identity in self.state for identity in ids)

    def _moves(self, verb: str, deal: str) -> bool:
        before, after = {"win": ("open", "won"), "lose": ("open", "lost"), "refund": ("won", "refunded")}[verb]
        if self.state[deal] != before:
            return False
        self.state[deal] = after
        return True

    def bodies(self, noun: str) -> dict[str, dict[str, Any]]:
        """Give the bodies of what was made of a noun, by the id that it was given."""
        made = [(body, answer) for path, body, answer in self.answered.values() if path == noun]
        return {answer[_MADE[noun]]: json.loads(body) for body, answer in made}


class StandInDoor:
    """Accepts what is handed in, in order; it loses every `loses`-th answer on the way back."""

    def __init__(self, loses: int = 0) -> None:
        self.records: list[Envelope] = []
        self._loses = loses
        self._requests = count(1)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/v1/events")
        async def accept(request: Request, response: Response) -> dict[str, int]:
            assert request.headers["Content-Type"] == "application/x-ndjson"
            lines = (await request.body()).splitlines()
            read = [decode(line) for line in lines]
            assert all(record.event is not None for record in read)
            self.records += [record.envelope for record in read]
            is_lost = self._loses and next(self._requests) % self._loses == 0
            response.status_code = 503 if is_lost else 202
            return {"accepted": len(read)}

        return app


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncGenerator[str]:
    """Serve an app on any port; its URL."""
    stop = asyncio.Event()
    server = asyncio.create_task(serve(app, Address(), stop))
    while not hasattr(app.state, "port") and not server.done():  # noqa: ASYNC110  # it listens at once
        await asyncio.sleep(0)
    try:
        yield f"http://127.0.0.1:{app.state.port}"
    finally:
        stop.set()
        await server


class Listener:
    """A client of the manager interface, which logs in and then asks for the time again and again."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard = bytearray()
        self._reader, self._writer = reader, writer

    @classmethod
    async def connect(cls, port: int, **login: str) -> "Listener":
        listener = cls(*await asyncio.open_connection("127.0.0.1", port))
        listener.ask("Login", **{"Username": "kvota", "Secret": "secret", **login})
        return listener

    def ask(self, action: str, **fields: str) -> None:
        lines = [f"{key}: {value}\r\n" for key, value in {"Action": action, **fields}.items()]
        self._writer.write(("".join(lines) + "\r\n").encode())

    async def until(self, what: bytes) -> bytes:
        """Read until something was heard; all that was heard so far."""
        return await self._read(lambda: what in self.heard)

    async def to_the_end(self) -> bytes:
        """Read until the phone system hangs up, asking for the time after every answer; all that was heard."""
        self.ask("Ping", ActionID="1")
        return await self._read(lambda: False, asking=True)

    async def _read(self, enough: Callable[[], bool], *, asking: bool = False) -> bytes:
        asked = 1
        while not enough() and (chunk := await self._reader.read(64 * 1024)):
            self.heard += chunk
            if asking and f"ActionID: {asked}\r\n".encode() in self.heard[-len(chunk) - 200 :]:
                asked += 1
                self.ask("Ping", ActionID=str(asked))
        return bytes(self.heard)

    def hang_up(self) -> None:
        self._writer.close()


@contextmanager
def hanging_up(listener: Listener) -> Generator[Listener]:
    try:
        yield listener
    finally:
        listener.hang_up()
