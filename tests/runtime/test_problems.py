"""What is refused is said in the language of whoever asked."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Path, Query

from services.runtime.languages import preferred
from services.runtime.problems import Problem, answer_problems

RUSSIAN = {"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.5"}


@asynccontextmanager
async def asking() -> AsyncGenerator[httpx.AsyncClient]:
    """A client of an app that refuses in every way there is."""
    app = FastAPI()
    answer_problems(app)

    @app.get("/refused")
    async def refused() -> None:
        raise Problem(409, "taken", "it is taken", "это занято", by="Anna")

    @app.get("/refused-in-english")
    async def refused_in_english() -> None:
        raise Problem(409, "taken", "it is taken")

    @app.get("/fault")
    async def fault() -> None:
        message = "nobody foresaw this"
        raise RuntimeError(message)

    @app.get("/invalid/{number}")
    async def invalid(number: Annotated[int, Path(ge=5)], word: Annotated[str, Query(max_length=3)]) -> str:
        return f"{number} {word}"

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_a_refusal_is_told_in_english_unless_another_language_is_asked_for() -> None:
    async with asking() as client:
        english, russian = await client.get("/refused"), await client.get("/refused", headers=RUSSIAN)
    assert english.json() == {
        "type": "urn:kvota:problem:taken",
        "title": "Conflict",
        "status": 409,
        "detail": "it is taken",
        "by": "Anna",
    }
    assert russian.json() == english.json() | {"title": "Конфликт", "detail": "это занято"}
    assert [answer.headers["content-language"] for answer in (english, russian)] == ["en", "ru"]
    assert {answer.headers["vary"] for answer in (english, russian)} == {"Accept-Language"}
    assert {answer.headers["content-type"] for answer in (english, russian)} == {"application/problem+json"}


async def test_what_has_no_russian_is_told_in_english_and_says_so() -> None:
    async with asking() as client:
        answer = await client.get("/refused-in-english", headers=RUSSIAN)
    assert (answer.json()["title"], answer.json()["detail"]) == ("Conflict", "it is taken")
    assert answer.headers["content-language"] == "en"


async def test_each_field_that_is_wrong_is_named_in_both_languages() -> None:
    async with asking() as client:
        where = "/invalid/4?word=long"
        english, russian = await client.get(where), await client.get(where, headers=RUSSIAN)
    assert english.json()["detail"] == "path.number: Input should be greater than or equal to 5"
    assert russian.json()["detail"] == "поле path.number: нужно не меньше 5"
    assert [error["field"] for error in russian.json()["errors"]] == ["path.number", "query.word"]
    assert russian.json()["errors"][1]["problem"] == "символов должно быть не больше 3"


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nowhere", 404, "no-such-address"),
        ("DELETE", "/refused", 405, "method-not-allowed"),
        ("GET", "/fault", 500, "fault"),
    ],
)
async def test_what_the_framework_refuses_is_a_problem_too(method: str, path: str, status: int, kind: str) -> None:
    async with asking() as client:
        answer = await client.request(method, path, headers=RUSSIAN)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:kvota:problem:{kind}")
    assert answer.headers["content-language"] == "ru"
    assert "nobody foresaw" not in answer.text


@pytest.mark.parametrize("accepted", ["", "*", "de, fr;q=0.9", "en", "ru;q=0", "ru;q=0.1, en;q=0.2"])
def test_whoever_does_not_ask_for_russian_is_answered_in_english(accepted: str) -> None:
    assert preferred(accepted) == "en"
