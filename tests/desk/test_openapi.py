"""What the desk says of itself is complete, can be read offline, and is what it does."""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, expect

from services.desk.permissions import PERMISSIONS
from services.runtime.auth.callers import Role
from tests.callers import bearer
from tests.desk.desks import desk_app_of, desk_running
from tests.desk.one_of_each import one_of_each

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
)
COMMAND = {"201", "400", "401", "403", "409", "413", "422", "503"}
QUESTION = {"200", "401", "403", "422", "503"}


def described(home: Path) -> dict[str, Any]:
    return desk_app_of(home).openapi()


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_route_says_what_it_takes_who_may_ask_and_all_that_it_may_answer(tmp_path: Path) -> None:
    schema = described(tmp_path)
    assert schema["openapi"].startswith("3.1")
    for path, method, operation in operations(schema):
        wanted = COMMAND if method == "post" else QUESTION
        one = {"404", *({"412"} if method == "post" else ())} if "{" in path else set[str]()
        assert operation["responses"].keys() == wanted | one, (method, path)
        assert operation["x-permission"] in PERMISSIONS
        assert operation["security"] == [{"token": []}, {"key": []}]
        assert operation["summary"]
        if method == "post":
            [content] = operation["requestBody"]["content"].values()
            assert content.get("example", {}).keys() <= content["schema"]["properties"].keys()


def test_whatever_it_refers_to_is_there(tmp_path: Path) -> None:
    schema = described(tmp_path)
    for reference in references(schema):
        found: Any = schema
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def test_no_body_takes_a_field_that_is_not_known_however_deep(tmp_path: Path) -> None:
    schema = described(tmp_path)
    for path, method, operation in operations(schema):
        if method == "post":
            [content] = operation["requestBody"]["content"].values()
            for name, part in objects(content["schema"], schema):
                assert part["additionalProperties"] is False, (path, name)


def objects(part: Any, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:  # noqa: ANN401  # JSON
    """The objects with named fields that a schema is made of."""
    if isinstance(part, list):
        for each in part:
            yield from objects(each, schema)
    if not isinstance(part, dict):
        return
    if "properties" in part:
        yield part.get("title", "?"), part
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        yield from objects(schema["components"]["schemas"][name], schema)
    for name, value in part.items():
        if name not in {"$defs", "example"}:
            yield from objects(value, schema)


def references(part: object) -> Iterator[str]:
    match part:
        case dict():
            for name, value in part.items():
                if name == "$ref":
                    yield str(value)
                yield from references(value)
        case list():
            for value in part:
                yield from references(value)
        case _:
            pass


THOROUGH = ("examples,coverage,fuzzing", 20)
QUICK = ("examples,fuzzing", 4)
WRITERS: dict[Role, tuple[str, int]] = {
    "manager": THOROUGH,
    "executive": QUICK,
    "team_lead": QUICK,
    "rep": QUICK,
    "feed": QUICK,
}
"""Who may write, in which ways each route is tried by them, and how often at random."""


@pytest.mark.kafka
class TestRunning:
    @pytest.mark.parametrize("role", WRITERS)
    async def test_it_does_what_it_says_and_nothing_else(self, own_bootstrap: str, tmp_path: Path, role: Role) -> None:
        async with desk_running(own_bootstrap, tmp_path, patience_s=2) as desk:
            things = await one_of_each(desk, tmp_path)
            (tmp_path / "schemathesis.toml").write_text(things.settings())
            who = bearer(tmp_path, role, rep=things.ids["rep"][0], unit=things.ids["unit"][0])
            phases, examples = WRITERS[role]
            command = [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{desk.base_url}/openapi.json"),
                *("--checks", ",".join(CHECKS), "--max-examples", str(examples), "--seed", "1"),
                *("--phases", phases, "-H", f"Authorization: {who['Authorization']}"),
            ]
            run = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, stdout=asyncio.subprocess.PIPE)
            said, _ = await run.communicate()
        assert run.returncode == 0, said.decode()

    async def test_its_page_needs_nothing_from_elsewhere(
        self, own_bootstrap: str, tmp_path: Path, browser: Browser
    ) -> None:
        async with desk_running(own_bootstrap, tmp_path) as desk:
            page, asked, wrong = await browser.new_page(), list[str](), list[str]()
            page.on("request", lambda request: asked.append(request.url))
            page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
            await page.goto(f"{desk.base_url}/docs")
            await expect(page.locator(".opblock-summary-path").first).to_be_visible()
            shown = await page.locator(".opblock-summary-path").all_inner_texts()
            schema = (await desk.get("/openapi.json")).json()
        assert len(shown) == len(list(operations(schema)))
        assert {httpx.URL(url).host for url in asked if not url.startswith("data:")} == {desk.base_url.host}
        assert wrong == []

    async def test_what_is_no_part_of_the_page_is_not_there(self, own_bootstrap: str, tmp_path: Path) -> None:
        async with desk_running(own_bootstrap, tmp_path) as desk:
            for name in ("redoc.standalone.js", "..%2f__init__.py", "nothing"):
                answer = await desk.get(f"/docs/{name}")
                assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")

    async def test_a_request_has_a_name_in_the_answer_and_in_the_log(
        self, own_bootstrap: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        async with desk_running(own_bootstrap, tmp_path) as desk:
            told = await desk.post("/v1/units", json={"kind": "team", "title": "N"}, headers={"X-Request-Id": "r-17"})
            names = [
                (await desk.get("/v1/units", headers={"X-Request-Id": name})).headers["x-request-id"]
                for name in ("", "a" * 65, "two words", "a\tb")
            ]
            refused = await desk.get("/nowhere", headers={"X-Request-Id": "r-18"})
            unknown = await desk.get("/v1/units", headers=bearer(tmp_path, "feed"))
        assert told.headers["x-request-id"] == "r-17"
        assert refused.headers["x-request-id"] == "r-18"
        assert {len(name) for name in (*names, unknown.headers["x-request-id"])} == {32}
        assert len({*names}) == len(names)
        lines = [line for line in capsys.readouterr().out.splitlines() if "command_recorded" in line]
        assert len(lines) == 1
        assert "r-17" in lines[0]


def test_the_description_is_json_that_others_can_read(tmp_path: Path) -> None:
    assert json.loads(json.dumps(described(tmp_path))) == described(tmp_path)
