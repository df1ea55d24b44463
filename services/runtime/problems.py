"""Refusals over HTTP, as RFC 9457 problem details in English or Russian: what was wrong, where, and what to do."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from services.runtime.errors import WrongField
from services.runtime.invalid import explained
from services.runtime.languages import Language, preferred

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: "Неверный запрос",
    401: "Нужна аутентификация",
    403: "Доступ запрещён",
    404: "Не найдено",
    405: "Метод не поддерживается",
    406: "Нет такого представления",
    408: "Запрос не пришёл вовремя",
    409: "Конфликт",
    412: "Условие не выполнено",
    413: "Слишком большой запрос",
    415: "Тип содержимого не поддерживается",
    422: "Недопустимые данные",
    429: "Слишком много запросов",
    500: "Внутренняя ошибка",
    503: "Сервис недоступен",
}
_OF_THE_FRAMEWORK = {
    404: ("no-such-address", "there is nothing at this address", "по этому адресу ничего нет"),
    405: ("method-not-allowed", "this address does not know the method", "этот адрес не знает такого метода"),
}
_FAULT = ("this is a fault of ours, and it is in our log", "это наша ошибка, она записана в журнал")


class Problem(Exception):  # noqa: N818  # RFC 9457's own word
    """A request is refused. `kind` names the sort of refusal for programs, a sentence in each language tells people."""

    def __init__(self, status: int, kind: str, en: str, ru: str | None = None, **more: Any) -> None:  # noqa: ANN401  # JSON of any shape
        """Refuse with an HTTP status; without `ru`, in English only. `more` are further members of the object."""
        super().__init__(en)
        self.status, self.kind, self.headers = status, kind, dict[str, str]()
        self._en, self._ru, self._more = en, ru, more

    def language(self, wanted: Language) -> Language:
        """The language in which it can be told to whoever wants this one."""
        return wanted if self._ru is not None else "en"

    def told(self, language: Language) -> Mapping[str, Any]:
        """The problem object."""
        phrase = HTTPStatus(self.status).phrase
        return {
            "type": f"urn:kvota:problem:{self.kind}",
            "title": _TITLES.get(self.status, phrase) if language == "ru" else phrase,
            "status": self.status,
            "detail": self._ru if language == "ru" else self._en,
            **self._members(language),
        }

    def _members(self, _language: Language) -> Mapping[str, Any]:
        return self._more


class _InvalidInput(Problem):
    """Input that its model refuses: each error with the field it is about."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        """Take the errors as pydantic tells them, at least one."""
        self._errors = [(".".join(map(str, error["loc"])), error) for error in errors]
        field, first = self._errors[0]
        en = f"{field or 'body'}: {explained(first, 'en')}"
        ru = f"поле {field}: {explained(first, 'ru')}" if field else f"тело запроса: {explained(first, 'ru')}"
        super().__init__(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", en, ru)

    def _members(self, language: Language) -> Mapping[str, Any]:
        return {"errors": [{"field": field, "problem": explained(error, language)} for field, error in self._errors]}


class _InvalidFields(Problem):
    """The same where we say ourselves what is wrong."""

    def __init__(self, wrong: Sequence[WrongField]) -> None:
        self._wrong = wrong
        first = wrong[0]
        en, ru = f"{first.field}: {first.en}", f"поле {first.field}: {first.ru}"
        super().__init__(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", en, ru)

    def _members(self, language: Language) -> Mapping[str, Any]:
        said = [(each.field, each.ru if language == "ru" else each.en) for each in self._wrong]
        return {"errors": [{"field": field, "problem": problem} for field, problem in said]}


def invalid_fields(*wrong: WrongField) -> Problem:
    """The problem of fields that are not as they have to be: at least one."""
    return _InvalidFields(wrong)


def validation_problem(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """The problem of input that its model refuses, by the errors that pydantic tells: at least one."""
    return _InvalidInput(errors)


def answer_problems(app: FastAPI) -> None:
    """Let an app answer every refusal, its own and the framework's, as a problem object."""
    app.add_exception_handler(Problem, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)


def problem_response(request: Request, problem: Problem) -> Response:
    """A problem as an HTTP response, in the language that the request asks for."""
    language = problem.language(preferred(request.headers.get("accept-language")))
    headers = {**problem.headers, "Content-Language": language, "Vary": "Accept-Language"}
    return Response(msgspec.json.encode(problem.told(language)), problem.status, headers, MEDIA_TYPE)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101  # the handler is registered for this class
    return problem_response(request, error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    return problem_response(request, validation_problem(error.errors()))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    said = _OF_THE_FRAMEWORK.get(error.status_code, ("http", str(error.detail)))
    problem = Problem(error.status_code, *said)
    problem.headers |= error.headers or {}
    return problem_response(request, problem)


async def _fault(request: Request, _error: Exception) -> Response:
    """A fault of ours; the server logs it."""
    return problem_response(request, Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "fault", *_FAULT))
