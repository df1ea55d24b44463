"""Where a request is let in: who asks, and whether their role may do what the route does."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Annotated, Protocol

import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from services.runtime.auth.api_keys import PREFIX, ApiKeys, NotPrivateError
from services.runtime.auth.callers import Caller, Permit
from services.runtime.auth.issuer import Issuer, KeysUnavailableError, keys_at
from services.runtime.auth.own_key import OWN_ISSUER, OwnKey
from services.runtime.auth.permissions import Permissions, Row
from services.runtime.auth.settings import AuthSettings
from services.runtime.auth.tokens import BadTokenError, Tokens
from services.runtime.problems import Problem

_CHALLENGE = 'Bearer realm="kvota"'
_NOBODY = (
    "no-credentials",
    "say who you are: Authorization: Bearer, with a token or an API key, or X-API-Key",
    "представьтесь: Authorization: Bearer с токеном или ключом API, либо X-API-Key",
)
_NO_KEY = ("key-unknown", "there is no such API key", "такого ключа API нет")
_NOT_NOW = (
    "the keys of the issuer of tokens cannot be had now: ask again",
    "ключи издателя токенов сейчас недоступны: повторите запрос",
)


_NOT_PRIVATE = (
    "the API keys cannot be relied on now: our log says what to do",
    "ключам API сейчас нельзя доверять: в нашем журнале сказано, что делать",
)
log = structlog.get_logger()


class Knowing(Protocol):
    """Whatever knows who asks."""

    async def caller(self, request: Request) -> Caller:
        """Who a request comes from; raises Problem when they do not say so, or cannot be believed."""
        ...


class Guard:
    """Tells who a request comes from, by the credentials in it."""

    def __init__(self, tokens: Tokens, keys: ApiKeys) -> None:
        """Know callers by tokens, and machines by keys."""
        self._tokens, self._keys = tokens, keys

    async def caller(self, request: Request) -> Caller:
        """Who asks; raises Problem when they do not say so, or cannot be believed."""
        told = self.told(request)
        if not told:
            raise _unauthorized(*_NOBODY)
        if told.startswith(PREFIX):
            return self.machine(told)
        return await self._person(told)

    def told(self, request: Request) -> str:
        """The credentials in a request; empty: there are none."""
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        return bearer.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "").strip()

    def machine(self, key: str) -> Caller:
        """Who an API key stands for; raises Problem when it stands for nobody."""
        try:
            caller = self._keys.caller(key)
        except NotPrivateError as error:
            log.error("api_keys_not_private", reason=str(error))  # noqa: TRY400  # who runs it reads what to do
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "keys-unavailable", *_NOT_PRIVATE) from None
        if caller is None:
            raise _unauthorized(*_NO_KEY, error="invalid_token")
        return caller

    async def _person(self, token: str) -> Caller:
        try:
            return await self._tokens.caller(token)
        except BadTokenError as error:
            raise _unauthorized(kind="token-refused", en=error.en, ru=error.ru, error="invalid_token") from None
        except KeysUnavailableError:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "keys-unavailable", *_NOT_NOW) from None


def _unauthorized(kind: str, en: str, ru: str, error: str | None = None) -> Problem:
    problem = Problem(HTTPStatus.UNAUTHORIZED, kind, en, ru)
    problem.headers["WWW-Authenticate"] = _CHALLENGE if error is None else f'{_CHALLENGE}, error="{error}"'
    return problem


def guard(settings: AuthSettings, host: str) -> Guard:
    """The guard of a service that listens at this host; raises ClearError when it would trust whom it should not."""
    return Guard(*credentials(settings, host))


def credentials(settings: AuthSettings, host: str) -> tuple[Tokens, ApiKeys]:
    """What a service that listens at this host knows its callers by; raises ClearError as `guard` does."""
    settings.require_for(host)
    keys = ApiKeys(settings.folder)
    keys.all()
    return Tokens(_issuer(settings), settings), keys


def _issuer(settings: AuthSettings) -> Issuer:
    if settings.issuer is None:
        return Issuer(OWN_ISSUER, OwnKey(settings.folder).keys)
    return Issuer(settings.issuer, partial(keys_at, settings.issuer, settings.jwks_url))


class Allowed:
    """The dependency of a route that lets in only whose role has a permission."""

    def __init__(self, permission: str, row: Row) -> None:
        """Let in the roles of this row."""
        self.permission, self._row = permission, row

    async def __call__(self, request: Request) -> None:
        """Leave the permit with the request; raises Problem for whoever may not."""
        watch: Knowing = request.app.state.guard
        caller = await watch.caller(request)
        scope = self._row.get(caller.role)
        if scope is None:
            raise _forbidden(self.permission, caller)
        request.state.permit = Permit(self.permission, caller, scope)


def _forbidden(permission: str, caller: Caller) -> Problem:
    en = f"the role {caller.role} may not do this: {permission}"
    ru = f"роли {caller.role} это не разрешено: {permission}"
    return Problem(HTTPStatus.FORBIDDEN, "role-not-allowed", en, ru, permission=permission)


class Door:
    """What the routes of a service are declared with: `dependencies=[allowed("deals.read")]`."""

    def __init__(self, permissions: Permissions) -> None:
        """Know the permissions of the service."""
        self._permissions = permissions

    def __call__(self, permission: str) -> Dependency:
        """The dependency for a permission; raises KeyError for one that is not in the table."""
        return Dependency(Allowed(permission, self._permissions[permission]))


async def permit(request: Request) -> Permit:
    """What the caller was let in for."""
    found: Permit = request.state.permit
    return found


AnyPermit = Annotated[Permit, Depends(permit)]


ANY_METHOD = "*"
"""What is mounted below a path, and answers by itself."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """A route of an app, and what it asks for."""

    method: str
    path: str
    permission: str | None
    """None: open to everybody."""


def entrances(app: FastAPI) -> Iterator[Entrance]:
    """Every route of an app."""
    for route in iter_route_contexts(app.routes):
        for method in sorted(route.methods or {ANY_METHOD}):
            yield Entrance(method, str(route.path), _permission(route))


def _permission(route: RouteContext) -> str | None:
    if not isinstance(route.original_route, APIRoute):
        return None
    asked = [each.call for each in route.dependant.dependencies]
    return next((each.permission for each in asked if isinstance(each, Allowed)), None)


def answer_callers(app: FastAPI, watch: Knowing) -> None:
    """Let an app's routes know who asks."""
    app.state.guard = watch
