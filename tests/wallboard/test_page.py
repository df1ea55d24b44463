"""What is served to a screen before any number: the page in its language, and a clear word when it cannot work."""

import asyncio
from pathlib import Path

import httpx
import pytest

from services.wallboard.page import STATIC, language_of
from services.wallboard.vendor import COMMAND, Vendor, VendorError
from tests.wallboard.floor import Floor, showing


@pytest.mark.parametrize(
    ("wanted", "accepted", "language"),
    [
        ("ru", "en", "ru"),
        ("en", None, "en"),
        (None, "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        (None, "en;q=0.5, ru;q=0.7", "ru"),
        (None, "de, fr;q=0.9, en;q=0.1, ru;q=0", "en"),
        (None, "de", "en"),
        (None, None, "en"),
        ("de", "ru", "ru"),
        (None, ";;q=x,,=", "en"),
        (None, "ru;q=1.2.3", "ru"),
    ],
)
def test_a_screen_has_the_language_that_is_asked_for_else_the_first_it_accepts(
    wanted: str | None, accepted: str | None, language: str
) -> None:
    assert language_of(wanted, accepted) == language


async def test_the_page_says_its_language_and_loads_nothing_from_elsewhere(vendored: None) -> None:  # noqa: ARG001
    async with showing(Floor()) as shown, httpx.AsyncClient(base_url=shown.url) as client:
        page = await client.get("/", headers={"accept-language": "ru"})
        files = [path for path in STATIC.rglob("*") if path.is_file() and path.suffix in {".js", ".css", ".mjs"}]
        answers = [await client.get(f"/static/{path.relative_to(STATIC)}") for path in files]
    assert page.status_code == 200
    assert '<html lang="ru"' in page.text
    assert "<title>Квота: продажи сегодня</title>" in page.text
    assert "script-src 'self' 'sha256-" in page.headers["content-security-policy"]
    assert "http" not in page.text
    assert [answer.status_code for answer in answers] == [200] * len(files)
    types = {answer.headers["content-type"].partition(";")[0] for answer in answers}
    assert types == {"text/javascript", "text/css"}


@pytest.mark.parametrize(("language", "word"), [("ru", "не установлены"), ("en", "not installed")])
async def test_without_its_libraries_the_page_says_what_to_run(tmp_path: Path, language: str, word: str) -> None:
    async with showing(Floor(), vendor=tmp_path) as shown, httpx.AsyncClient(base_url=shown.url) as client:
        page = await client.get("/", params={"lang": language})
    assert page.status_code == 503
    assert COMMAND in page.text
    assert word in page.text


async def test_what_is_not_there_is_refused_as_a_problem() -> None:
    async with showing(Floor()) as shown, httpx.AsyncClient(base_url=shown.url) as client:
        missing = await client.get("/static/nothing.js")
        escaped = await client.get("/static/%2e%2e/vendor.py")
        posted = await client.post("/v1/board")
    assert [each.status_code for each in (missing, escaped, posted)] == [404, 404, 405]
    assert posted.headers["content-type"] == "application/problem+json"


async def test_the_libraries_are_installed_once_and_need_no_network_after_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(folder=tmp_path / "vendor")
    assert not vendor.is_installed()
    assert await asyncio.to_thread(vendor.install)
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    assert not await asyncio.to_thread(vendor.install)
    assert vendor.is_installed()
    assert not list(vendor.folder.glob(".installing-*"))


async def test_a_registry_that_does_not_answer_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    vendor = Vendor(folder=tmp_path / "vendor")
    with pytest.raises(VendorError, match="npm could not install the libraries of the wallboard"):
        await asyncio.to_thread(vendor.install)
    assert not vendor.is_installed()


def test_the_lockfile_names_digests_and_no_address() -> None:
    lockfile = (Vendor().manifests / "package-lock.json").read_text("utf-8")
    assert '"integrity": "sha512-' in lockfile
    assert "resolved" not in lockfile
    assert "://" not in lockfile
    assert "hasInstallScript" not in lockfile
