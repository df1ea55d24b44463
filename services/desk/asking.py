"""From HTTP to a command and back, for every noun: keys, versions and positions in, records and refusals out."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, TypedDict
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Depends, Header, Query, Request, Response

from services.desk.bodies import Body
from services.desk.commandid import CommandId, command_id
from services.desk.company import Company
from services.desk.deciding import Decision, Rejected, Unknown
from services.desk.fold import Recorded
from services.desk.handler import (
    CALLER,
    Asked,
    Beforehand,
    Handler,
    KeyReusedError,
    StaleError,
    UndecidedError,
    nothing,
)
from services.desk.log import DecisionLog
from services.desk.names import ErasedPersonError, Names, NamesUnavailableError, OtherNameError
from services.desk.positions import own_position, write_position
from services.runtime.problems import Problem

PLURALS = {"unit": "units", "rep": "reps", "quota": "quotas", "deal": "deals"}
_RETRY = "ask again with the same Idempotency-Key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the routes work with."""

    log: DecisionLog
    handler: Handler
    names: Names
    now: Callable[[], datetime]
    zone: ZoneInfo
    country: str
    currencies: frozenset[str]
    patience_s: float

    def accept(self, currency: str) -> None:
        """Make sure that the company sells in a currency."""
        if currency not in self.currencies:
            detail = f"currency: the company sells in {', '.join(sorted(self.currencies))}"
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "currency-not-used", detail)


class When(TypedDict):
    """The two fields of every command that say when it is to have happened."""

    at: datetime
    day: date


async def desk(
    request: Request,
    kvota_after: Annotated[str | None, Header()] = None,
    after: Annotated[str | None, Query()] = None,
) -> Desk:
    """The desk, once it has read as far as the request asks for (`?after=` or `Kvota-After`)."""
    found: Desk = request.app.state.desk
    if not found.log.ready:
        raise _busy(kind="starting", detail="the desk is still reading the log")
    wanted = [_position(text) for text in (kvota_after, after) if text]
    try:
        async with asyncio.timeout(found.patience_s):
            await found.log.reached(max(wanted, default=0))
    except TimeoutError:
        raise _busy(kind="not-there-yet", detail="the log has not come to this position") from None
    return found


def _position(text: str) -> int:
    try:
        return own_position(text)
    except ValueError as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", f"after: {error}") from None


def _busy(*, kind: str, detail: str) -> Problem:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, kind, detail)


AnyDesk = Annotated[Desk, Depends(desk)]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request for a command."""

    desk: Desk
    path: str
    key: str
    if_match: str | None
    """The versions that the caller has seen, as HTTP writes them."""

    def command(self, body: Body) -> CommandId:
        """The command's identity."""
        return command_id(CALLER, self.key, self.path, body.asked())

    def when(self, body: Body) -> When:
        """The moment and the business day of the command."""
        at = body.at or self.desk.now()
        return When(at=at, day=at.astimezone(self.desk.zone).date())

    async def answer(
        self,
        command: CommandId,
        decide: Callable[[Company], Decision],
        *,
        in_turn: str,
        about: str | None = None,
        beforehand: Beforehand = nothing,
    ) -> Response:
        """Handle a command, and say what came of it (`handler.Asked` says what the words mean)."""
        asked = Asked(
            command=command, decide=decide, in_turn=in_turn, about=about, seen=self._seen, beforehand=beforehand
        )
        return self._recorded(await self._handled(asked))

    async def _handled(self, asked: Asked) -> Recorded:
        try:
            return await self.desk.handler.handle(asked)
        except Unknown as error:
            raise Problem(HTTPStatus.NOT_FOUND, error.kind, str(error)) from None
        except Rejected as error:
            raise Problem(HTTPStatus.CONFLICT, error.kind, str(error)) from None
        except StaleError as error:
            raise Problem(HTTPStatus.PRECONDITION_FAILED, "stale-version", str(error), version=error.version) from None
        except (KeyReusedError, OtherNameError):
            detail = "this Idempotency-Key was used to ask for something else"
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused", detail) from None
        except ErasedPersonError:
            detail = "the person was erased from the vault, and does not come back"
            raise Problem(HTTPStatus.GONE, "person-erased", detail) from None
        except NamesUnavailableError:
            detail = f"the name could not be kept, nothing was recorded: {_RETRY}"
            raise _busy(kind="vault-unavailable", detail=detail) from None
        except UndecidedError as error:
            raise self._undecided(appended=error.appended) from None

    def _undecided(self, *, appended: bool) -> Problem:
        if appended:
            detail = f"it is not known whether this was recorded: {_RETRY}"
            return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "outcome-unknown", detail, idempotency_key=self.key)
        return _busy(kind="too-busy", detail=f"time ran out and nothing was recorded: {_RETRY}")

    def _seen(self, version: int) -> bool:
        """Whether a version is one that the caller names in If-Match."""
        tags = [tag.strip() for tag in (self.if_match or "*").split(",")]
        return "*" in tags or etag(version) in tags

    def _recorded(self, recorded: Recorded) -> Response:
        noun, _, identity = recorded.stream.partition("/")
        body = {noun: identity, "version": recorded.version, "event": recorded.event_id}
        headers = {
            "Location": f"/v1/{PLURALS[noun]}/{identity}",
            "ETag": etag(recorded.version),
            "Kvota-Position": write_position(recorded.offset),
            "Idempotency-Key": self.key,
        }
        return _json(body, HTTPStatus.CREATED, headers)


async def ask(
    request: Request,
    desk: AnyDesk,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255)] = None,
    if_match: Annotated[str | None, Header(max_length=1000)] = None,
) -> Ask:
    """The request for a command; one without a key gets a key of its own, which the answer names."""
    return Ask(desk, request.url.path, idempotency_key or str(uuid4()), if_match)


AnyAsk = Annotated[Ask, Depends(ask)]


def etag(version: int) -> str:
    """A version, as HTTP writes it."""
    return f'"{version}"'


def shown(desk: Desk, stream: str, state: Mapping[str, object] | None) -> Response:
    """Answer with the state of one thing; refuse when there is none."""
    noun, _, identity = stream.partition("/")
    if state is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"{noun}-unknown", f"there is no {noun} {identity}")
    version = desk.log.fold.head(stream)
    body = {noun: identity, "version": version, **state}
    headers = {"ETag": etag(version), "Kvota-Position": write_position(desk.log.fold.position - 1)}
    return _json(body, HTTPStatus.OK, headers)


def _json(body: Mapping[str, object], status: HTTPStatus, headers: Mapping[str, str]) -> Response:
    return Response(msgspec.json.encode(body), status, dict(headers), "application/json")
