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
from tests.callers import bearer
from tests.desk.desks import desk_app_of, desk_running

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


async def _known(desk: httpx.AsyncClient) -> str:
    """Make one of each, for whoever asks at random: the part of its settings that names them."""

    async def made(path: str, **body: object) -> str:
        answer = await desk.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return str(next(iter(answer.json().values())))

    unit = await made("/v1/units", kind="team", title="North")
    rep = await made("/v1/reps", name="Anna", unit=unit, post="seller")
    days = {"starts_on": "2026-11-01", "ends_on": "2026-12-01"}
    money = {"currency": "RUB", "target": 100}
    ids = {"unit": unit, "rep": rep, "quota": await made("/v1/quotas", holder=rep, holder_kind="rep", **days, **money)}
    sale = {"rep": rep, "amount_minor": 100, "currency": "RUB"}
    deals = [await made("/v1/deals", customer=f"c{number}", **sale) for number in range(50)]
    modules = [{"module": "product", "pass_bp": 8_000}]
    ids["programme"] = (
        await desk.post("/v1/training/programmes", json={"title": "First", "kind": "product", "modules": modules})
    ).json()["programme"]
    ids["lead_pool"] = await made("/v1/lead-pools", title="Site", policy="round_robin", members=[{"rep": rep}])
    form = {"pool": ids["lead_pool"], "found_through": "form"}
    leads = [await made("/v1/leads", email=f"lead-{number}@example.com", **form) for number in range(20)]
    known = {name: [identity] for name, identity in ids.items()} | {"deal": deals, "lead": leads}
    lists = [f"[dictionaries.{name}]\nvalues = {json.dumps(values)}" for name, values in known.items()]
    places = {f"path.{name}": name for name in known} | {"body.rep": "rep", "body.unit": "unit", "body.holder": "rep"}
    places |= {"body.programme": "programme", "body.pool": "lead_pool", "body.coach": "rep"}
    places |= {"query.rep": "rep", "query.unit": "unit", "query.holder": "rep"}
    bound = [f'"{place}" = {{dictionary = "{name}", probability = 0.8}}' for place, name in places.items()]
    return "\n".join([*lists, "[parameters]", *bound])


@pytest.mark.kafka
class TestRunning:
    async def test_it_does_what_it_says_and_nothing_else(self, own_bootstrap: str, tmp_path: Path) -> None:
        async with desk_running(own_bootstrap, tmp_path, patience_s=2) as desk:
            (tmp_path / "schemathesis.toml").write_text(await _known(desk))
            command = [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{desk.base_url}/openapi.json"),
                *("--checks", ",".join(CHECKS), "--max-examples", "20", "--seed", "1"),
                *("--phases", "examples,coverage,fuzzing", "-H", f"Authorization: {desk.headers['Authorization']}"),
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
