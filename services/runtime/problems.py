"""Refusals over HTTP, as RFC 9457 problem details: what was wrong, where, and what to do."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818  # RFC 9457's own word
    """A request is refused. `kind` names the sort of refusal for programs, `detail` says it to a person."""

    def __init__(self, status: int, kind: str, detail: str, **more: Any) -> None:  # noqa: ANN401  # JSON of any shape
        """Refuse with an HTTP status; `more` are further members of the problem object."""
        super().__init__(detail)
        self.status, self.kind, self.detail, self.more = status, kind, detail, more


def answer_problems(app: FastAPI) -> None:
    """Let an app answer every refusal, its own and the framework's, as a problem object."""
    app.add_exception_handler(Problem, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """A problem as an HTTP response."""
    body = {
        "type": f"urn:kvota:problem:{problem.kind}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        **problem.more,
    }
    return Response(msgspec.json.encode(body), problem.status, dict(headers or {}), MEDIA_TYPE)


def validation_problem(errors: list[Any]) -> Problem:
    """The problem of input that its model refuses: each error with the field it is about."""
    found = [{"field": ".".join(map(str, error["loc"])), "problem": error["msg"]} for error in errors]
    first = found[0]
    detail = f"{first['field'] or 'body'}: {first['problem']}"
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", detail, errors=found)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101  # the handler is registered for this class
    return problem_response(error)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    return problem_response(validation_problem([*error.errors()]))


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    return problem_response(Problem(error.status_code, "http", str(error.detail)), error.headers)
