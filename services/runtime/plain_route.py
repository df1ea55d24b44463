"""Routes whose parameters want nothing but the request, called without the framework's solving of dependencies.

FastAPI works out anew for every request which dependencies of a route share what, and may have scopes, files or
responses to do with; for a decision of half a millisecond that is a fifth of its time. A route that has no need of it
says the same, is described the same, and is called plainly.
"""

from collections.abc import Awaitable, Callable, Coroutine
from inspect import iscoroutinefunction
from typing import Any, TypeGuard

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

_Wanting = Callable[[Request], Awaitable[Any]]


class PlainRoute(APIRoute):
    """A route that is called plainly where it can be: its class is named where a router is made."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request (FastAPI's own place to change that)."""
        wanted = _wanted(self.dependant)
        if wanted is None:
            return super().get_route_handler()
        return _plainly(self.endpoint, wanted, self.dependant.request_param_name)


def _plainly(
    endpoint: Callable[..., Awaitable[Response]], wanted: list[tuple[str | None, _Wanting]], itself: str | None
) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def handle(request: Request) -> Response:
        told: dict[str, Any] = dict(request.path_params)
        if itself is not None:
            told[itself] = request
        for name, want in wanted:
            found = await want(request)
            if name is not None:
                told[name] = found
        return await endpoint(**told)

    return handle


def _wanted(route: Dependant) -> list[tuple[str | None, _Wanting]] | None:
    """The dependencies of a route, by the parameter that each is for, if any; None unless all are plain."""
    as_texts = all(field.field_info.annotation is str for field in route.path_params)
    if not _is_plain(route) or not as_texts:
        return None
    found = list[tuple[str | None, _Wanting]]()
    for each in route.dependencies:
        takes_only_the_request = _is_plain(each) and not each.path_params and not each.dependencies
        if not takes_only_the_request or each.request_param_name is None or not _is_awaited(each.call):
            return None
        found.append((each.name, each.call))
    return found


def _is_awaited(call: Callable[..., Any] | None) -> TypeGuard[_Wanting]:
    return iscoroutinefunction(call) or iscoroutinefunction(getattr(call, "__call__", None))  # noqa: B004  # of an object


def _is_plain(asked: Dependant) -> bool:
    """Whether something asks for no more of a request than its path, and the request itself."""
    read = (asked.query_params, asked.header_params, asked.cookie_params, asked.body_params)
    given = (
        *(asked.websocket_param_name, asked.http_connection_param_name, asked.response_param_name),
        *(asked.background_tasks_param_name, asked.security_scopes_param_name, asked.own_oauth_scopes),
    )
    return not any(read) and not any(given)
