"""What tests of the page need, wherever they are: the page's libraries, and a real browser."""

import shutil
from collections.abc import AsyncGenerator

import pytest
from playwright.async_api import Browser, async_playwright

from services.wallboard.vendor import Vendor

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def vendored() -> None:
    """Have the page's libraries installed."""
    Vendor().install()


@pytest.fixture
async def browser(vendored: None) -> AsyncGenerator[Browser]:  # noqa: ARG001  # needed, not used
    """Give a real browser; without one the test fails and says what to install."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.fail("no Chromium is installed, and the page is not tested without one: apt-get install chromium")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield chromium
        await chromium.close()
