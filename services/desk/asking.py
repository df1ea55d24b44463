"""From HTTP to a command and back, for every noun: keys, versions and positions in, records and refusals out."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from http import HTTPStatus
from typing import Annotated, TypedDict
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Depends, Request, Response
from pydantic import ValidationError

from services.desk.bodies import Body
from services.desk.commandid import CommandId, command_id
from services.desk.company import Company, Whose
from services.desk.deciding import Decision, Rejected, Unknown, thing_of
from services.desk.fold import Recorded
from services.desk.handler import (
    Asked,
    Beforehand,
    Handler,
    KeyReusedError,
    StaleError,
    UndecidedError,
    nothing,
)
from services.desk.headers import IDEMPOTENCY_KEY, IF_MATCH, positions_wanted
from services.desk.log import DecisionLog
from services.desk.names import ErasedPersonError, Names, NamesUnavailableError, NoContactError, OtherNameError
from services.desk.order import Order
from services.desk.positions import own_position, write_position
from services.desk.reach import OutOfReach, require_reach
from services.runtime.auth.callers import Permit
from services.runtime.auth.guard import permit
from services.runtime.problems import Problem, validation_problem

PLURALS = {
    "unit": "units",
    "rep": "reps",
    "requisition": "requisitions",
    "headcount": "headcount",
    "position": "positions",
    "goal": "goals",
    "quota": "quotas",
    "customer": "customers",
    "deal": "deals",
    "lead": "leads",
    "lead_pool": "lead-pools",
    "training": "training",
    "session": "training/sessions",
    "trainee": "trainees",
    "tactic_cost": "tactics/costs",
    "directory": "directory",
}
_RETRY, _RETRY_RU = "ask again with the same Idempotency-Key", "повторите запрос с тем же Idempotency-Key"
_REUSED = (
    "this Idempotency-Key was used to ask for something else",
    "с этим Idempotency-Key уже просили о другом",
)
_ERASED = (
    "the person was erased from the vault, and does not come back",
    "этот человек удалён из хранилища имён и не вернётся",
)
_NO_CONTACT_RU = "number, email: по такому номеру или адресу никого не найти"
_STARTING = ("starting", "the desk is still reading the log", "журнал ещё читается")
_NOT_THERE_YET = (
    "not-there-yet",
    "the log has not come to this position",
    "до этой позиции журнал не дошёл",
)
_NAME_NOT_KEPT = (
    "vault-unavailable",
    f"the name could not be kept, nothing was recorded: {_RETRY}",
    f"имя не удалось сохранить, ничего не записано: {_RETRY_RU}",
)
_UNKNOWN = (
    f"it is not known whether this was recorded: {_RETRY}",
    f"неизвестно, записано ли это: {_RETRY_RU}",
)
_TOO_BUSY = (
    "too-busy",
    f"time ran out and nothing was recorded: {_RETRY}",
    f"время вышло, ничего не записано: {_RETRY_RU}",
)


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
    overlays: bool = False
    """Whether a sale may be credited to somebody on top of the whole."""

    def allow_overlays(self) -> None:
        """Make sure that the company credits people on top of the whole of a sale."""
        if not self.overlays:
            en = "overlays: the company credits a sale to nobody on top of the whole"
            ru = "overlays: в компании никому не засчитывают продажу сверх целого"
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "overlays-not-allowed", en, ru)

    orders: defaultdict[str, Order] = field(default_factory=lambda: defaultdict(Order))
    """By noun: in which order a list goes."""

    def today(self) -> date:
        """The business day, by the company calendar."""
        return self.now().astimezone(self.zone).date()

    def accept(self, currency: str) -> None:
        """Make sure that the company sells in a currency."""
        if currency not in self.currencies:
            used = ", ".join(sorted(self.currencies))
            en, ru = f"currency: the company sells in {used}", f"currency: компания продаёт в {used}"
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "currency-not-used", en, ru)


class When(TypedDict):
    """The two fields of every command that say when it is to have happened."""

    at: datetime
    day: date


async def desk(request: Request) -> Desk:
    """The desk, once it has read as far as the request asks for (`?after=` or `Kvota-After`)."""
    found: Desk = request.app.state.desk
    if not found.log.ready:
        raise _busy(*_STARTING)
    if wanted := positions_wanted(request):
        try:
            async with asyncio.timeout(found.patience_s):
                await found.log.reached(max(map(_position, wanted)))
        except TimeoutError:
            raise _busy(*_NOT_THERE_YET) from None
    return found


def _position(text: str) -> int:
    try:
        return own_position(text)
    except ValueError as error:
        ru = "after: нужны позиции вида kvota.decisions/0@17, несколько — через запятую"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", f"after: {error}", ru) from None


def _forbidden(error: OutOfReach) -> Problem:
    return Problem(HTTPStatus.FORBIDDEN, error.kind, error.en, error.ru)


def _busy(kind: str, en: str, ru: str) -> Problem:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, kind, en, ru)


AnyDesk = Annotated[Desk, Depends(desk)]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request for a command."""

    desk: Desk
    permit: Permit
    path: str
    key: str
    if_match: str | None
    """The versions that the caller has seen, as HTTP writes them."""
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    """The ids of what it is about besides the thing whose stream it is in; the answer tells them."""

    def about(self, **names: str) -> "Ask":
        """The same, about these things as well."""
        return replace(self, names={**self.names, **names})

    def command(self, body: Body) -> CommandId:
        """The command's identity."""
        return command_id(self.permit.caller.subject, self.key, self.path, body.asked())

    def when(self, body: Body) -> When:
        """The moment and the business day of the command."""
        at = body.at or self.desk.now()
        return When(at=at, day=at.astimezone(self.desk.zone).date())

    async def answer(  # noqa: PLR0913  # each says something else of the command
        self,
        command: CommandId,
        decide: Callable[[Company], Decision],
        *,
        in_turn: str,
        thing: Whose | None = None,
        about: Whose | None = None,
        beforehand: Beforehand = nothing,
        again: Beforehand = nothing,
        take_back: Beforehand = nothing,
    ) -> Response:
        """Handle a command, and say what came of it (`handler.Asked` says what the words mean).

        The caller's permit has to reach the `thing` whose stream this is, by the org tree of today: what the command is
        about, when left out, and without that the whole company.
        """
        recorded = await self.record(
            command,
            decide,
            in_turn=in_turn,
            thing=thing,
            about=about,
            beforehand=beforehand,
            again=again,
            take_back=take_back,
        )
        return self.told(recorded)

    async def record(  # noqa: PLR0913  # each says something else of the command
        self,
        command: CommandId,
        decide: Callable[[Company], Decision],
        *,
        in_turn: str,
        thing: Whose | None = None,
        about: Whose | None = None,
        beforehand: Beforehand = nothing,
        again: Beforehand = nothing,
        take_back: Beforehand = nothing,
    ) -> Recorded:
        """The same, for a route that has more to do before it answers; raises Problem."""
        asked = Asked(
            command=command,
            caller=self.permit.caller.subject,
            decide=decide,
            permit=partial(require_reach, self.permit, about if thing is None else thing, self.desk.today()),
            in_turn=in_turn,
            about=about,
            seen=self._seen,
            beforehand=beforehand,
            again=again,
            take_back=take_back,
        )
        with self.problems(named=about is not None):
            return await self.desk.handler.handle(asked)

    @contextmanager
    def problems(self, *, named: bool = False) -> Iterator[None]:
        """Say what goes wrong within it as a Problem. `named`: what is unknown stands in the request's path."""
        try:
            yield
        except OutOfReach as error:
            raise _forbidden(error) from None
        except Rejected as error:
            status = HTTPStatus.NOT_FOUND if named and isinstance(error, Unknown) else HTTPStatus.CONFLICT
            raise Problem(status, error.kind, error.en, error.ru) from None
        except ValidationError as error:  # each field can be told, and all together are no event
            found = error.errors(include_url=False, include_input=False, include_context=False)
            raise validation_problem(found) from None
        except StaleError as error:
            en, ru = f"it is at version {error.version}", f"сейчас это версия {error.version}"
            raise Problem(HTTPStatus.PRECONDITION_FAILED, "stale-version", en, ru, version=error.version) from None
        except (KeyReusedError, OtherNameError):
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused", *_REUSED) from None
        except NoContactError as error:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "not-a-contact", str(error), _NO_CONTACT_RU) from None
        except ErasedPersonError:
            raise Problem(HTTPStatus.CONFLICT, "person-erased", *_ERASED) from None
        except NamesUnavailableError:
            raise _busy(*_NAME_NOT_KEPT) from None
        except UndecidedError as error:
            raise self._undecided(appended=error.appended) from None

    def _undecided(self, *, appended: bool) -> Problem:
        if appended:
            return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "outcome-unknown", *_UNKNOWN, idempotency_key=self.key)
        return _busy(*_TOO_BUSY)

    def _seen(self, version: int) -> bool:
        """Whether a version is one that the caller names in If-Match."""
        tags = [tag.strip() for tag in (self.if_match or "*").split(",")]
        return "*" in tags or etag(version) in tags

    def told(self, recorded: Recorded, up_to: int | None = None) -> Response:
        """Say what a command made true; `up_to` is the last offset that came of it, where there was more."""
        noun, identity = thing_of(recorded.stream)
        body = {noun: identity, **self.names, "version": recorded.version, "event": recorded.event_id}
        headers = {
            "Location": f"/v1/{PLURALS[noun]}/{quote(identity, safe='')}",
            "ETag": etag(recorded.version),
            "Kvota-Position": write_position(recorded.offset if up_to is None else up_to),
            "Idempotency-Key": self.key,
        }
        return json_answer(body, HTTPStatus.CREATED, headers)


async def ask(request: Request) -> Ask:
    """The request for a command; one without a key gets a key of its own, which the answer names."""
    key = IDEMPOTENCY_KEY.read(request) or str(uuid4())
    if_match = IF_MATCH.read(request)
    return Ask(await desk(request), await permit(request), request.url.path, key, if_match)


AnyAsk = Annotated[Ask, Depends(ask)]


def etag(version: int) -> str:
    """A version, as HTTP writes it."""
    return f'"{version}"'


def shown(
    desk: Desk, permit: Permit, stream: str, state: Mapping[str, object] | None, decided_in: str | None = None
) -> Response:
    """Answer with the state of one thing; refuse when there is none, or it is out of reach.

    Its version is that of the stream in which is decided about it: its own, when left out.
    """
    try:
        require_reach(permit, stream, desk.today(), desk.log.fold.company)
    except OutOfReach as error:
        raise _forbidden(error) from None
    noun, identity = thing_of(stream)
    if state is None:
        kind = noun.replace("_", "-")
        en, ru = f"there is no {kind} {identity}", f"такого нет: {kind} {identity}"
        raise Problem(HTTPStatus.NOT_FOUND, f"{kind}-unknown", en, ru)
    version = desk.log.fold.head(decided_in or stream)
    body = {noun: identity, "version": version, **state}
    headers = {"ETag": etag(version), "Kvota-Position": write_position(desk.log.fold.position - 1)}
    return json_answer(body, HTTPStatus.OK, headers)


def json_answer(body: Mapping[str, object], status: HTTPStatus, headers: Mapping[str, str]) -> Response:
    """An answer whose body is JSON."""
    return Response(msgspec.json.encode(body), status, dict(headers), "application/json")
