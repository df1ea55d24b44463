"""A route that wants nothing but the request is called plainly; any other as FastAPI calls it."""

from collections.abc import Callable
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response
from httpx import ASGITransport, AsyncClient

from services.runtime.plain_route import PlainRoute
from services.runtime.problems import Problem, answer_problems

calls = list[str]()


async def guard(request: Request) -> None:
    calls.append("guard")
    if "x-refuse" in request.headers:
        raise Problem(403, "refused", "no")


async def colour(request: Request) -> str:
    calls.append("colour")
    return request.headers.get("x-colour", "none")


def in_a_thread(request: Request) -> str:
    return request.method


async def of_a_header(x_size: Annotated[int, Header()] = 0) -> int:
    return x_size


AnyColour = Annotated[str, Depends(colour)]


async def plain(thing: str, colour: AnyColour) -> Response:
    return Response(f"{thing} {colour}")


async def with_a_query(thing: str, colour: AnyColour, size: Annotated[int, Query(ge=1)] = 1) -> Response:
    return Response(f"{thing} {colour} {size}")


async def with_a_number(thing: int, colour: AnyColour) -> Response:
    return Response(f"{thing + 1} {colour}")


async def with_a_thread(thing: str, method: Annotated[str, Depends(in_a_thread)]) -> Response:
    return Response(f"{thing} {method}")


async def with_a_header(thing: str, size: Annotated[int, Depends(of_a_header)]) -> Response:
    return Response(f"{thing} {size}")


async def with_the_request(thing: str, request: Request) -> Response:
    return Response(f"{thing} {request.method}")


def served(endpoint: Callable[..., object], route: type[PlainRoute] = PlainRoute) -> AsyncClient:
    app, router = FastAPI(), APIRouter(prefix="/v1", route_class=route)
    answer_problems(app)
    router.add_api_route("/things/{thing}", endpoint, dependencies=[Depends(guard)])
    app.router.routes.extend(router.routes)
    calls.clear()
    return AsyncClient(transport=ASGITransport(app), base_url="http://desk")


async def test_a_plain_route_is_told_its_path_and_its_dependencies_in_their_order() -> None:
    answer = await served(plain).get("/v1/things/7", headers={"X-Colour": "red"})
    assert (answer.status_code, answer.text, calls) == (200, "7 red", ["guard", "colour"])


async def test_a_plain_route_is_told_the_request_where_it_asks_for_it() -> None:
    assert PlainRoute("/things/{thing}", with_the_request).get_route_handler().__qualname__.startswith("_plainly")
    assert (await served(with_the_request).get("/v1/things/7")).text == "7 GET"


async def test_what_a_dependency_refuses_goes_no_further() -> None:
    answer = await served(plain).get("/v1/things/7", headers={"X-Refuse": "1"})
    assert (answer.status_code, calls) == (403, ["guard"])
    assert answer.json()["type"] == "urn:kvota:problem:refused"


@pytest.mark.parametrize(
    ("endpoint", "told"),
    [
        (with_a_query, "7 none 1"),
        (with_a_number, "8 none"),
        (with_a_thread, "7 GET"),
        (with_a_header, "7 0"),
    ],
)
async def test_a_route_that_wants_more_is_called_as_ever(endpoint: Callable[..., object], told: str) -> None:
    assert (await served(endpoint).get("/v1/things/7")).text == told


async def test_a_query_that_is_wrong_is_still_refused() -> None:
    assert (await served(with_a_query).get("/v1/things/7?size=0")).status_code == 422


async def test_it_is_described_like_any_other() -> None:
    operation = (await served(plain).get("/openapi.json")).json()["paths"]["/v1/things/{thing}"]["get"]
    assert [each["name"] for each in operation["parameters"]] == ["thing"]
