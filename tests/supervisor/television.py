"""A television on the wall: a real browser that shows the board, and tells of every change as it is drawn."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, Page, ViewportSize

SCREEN: ViewportSize = {"width": 1920, "height": 1080}
_WITHIN_S = 60.0
_TELL = """
() => {
  const number = (element) => Number(element.textContent.replace(/\\D/g, ""));
  const every = (selector, root = document) => [...root.querySelectorAll(selector)];
  const sold = (row) => [row.dataset.rep, number(row.querySelector(".won"))];
  const counts = (queue) => [queue.querySelector("dd"), ...every(".counts b", queue)].map(number);
  const tell = () => saw({
    won: Object.fromEntries(every(".row").map(sold)),
    deals: every(".ticker .won").map(number),
    queues: Object.fromEntries(every(".queue").map((queue) => [queue.getAttribute("aria-label"), counts(queue)])),
    age_s: number(document.querySelector(".age")),
    standings: every(".tile").map((tile) => tile.dataset.standing),
    connection: document.querySelector(".connection").textContent.trim(),
  });
  const changes = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(() => requestAnimationFrame(tell)).observe(document.getElementById("board"), changes);
  tell();
}
"""


@dataclass(frozen=True, slots=True)
class Sight:
    """What the page says, and when it does by this process's clock, in seconds: no other clock is asked."""

    at: float
    won: Mapping[str, int]
    """What each rep has sold this month, in whole units of the currency."""
    deals: Sequence[int]
    """The amounts of the last deals, the last one first."""
    queues: Mapping[str, Sequence[int]]
    """Of each queue, how many wait, were answered, and gave up."""
    age_s: int
    standings: Sequence[str]
    """Of each tile, whether its data is fresh, late or stale."""
    connection: str


class Television:
    """A page that shows the board."""

    def __init__(self, page: Page) -> None:
        """Show nothing before `show`."""
        self.page = page
        self.sights: list[Sight] = []
        self.wrong: list[str] = []
        """What went wrong in the page; that nobody answers it, or not yet, is not its fault."""
        self.loads = 0
        self._changed = asyncio.Event()
        page.on("load", self._loaded)
        page.on("console", lambda said: self._said(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))

    async def show(self, url: str) -> None:
        """Load the board, and look at it from now on."""
        await self.page.expose_function("saw", self._saw)
        await self.page.goto(url)
        await self.page.locator(".tile").first.wait_for()
        await self.page.evaluate(_TELL)

    def _saw(self, told: Mapping[str, Any]) -> None:
        self.sights.append(Sight(at=now(), **told))
        self._changed.set()

    def _loaded(self, _page: Page) -> None:
        self.loads += 1

    def _said(self, text: str) -> None:
        if "ERR_" not in text and "503" not in text:
            self.wrong.append(text)

    async def sees(self, holds: Callable[[Sight], bool], since: float = 0.0, within_s: float = _WITHIN_S) -> Sight:
        """Give the first sight since a moment of which something holds; fails with the last one when none comes."""
        looked = 0
        try:
            async with asyncio.timeout(within_s):
                while True:
                    for sight in self.sights[looked:]:
                        looked += 1
                        if sight.at >= since and holds(sight):
                            return sight
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            last = self.sights[-1] if self.sights else None
            message = f"not seen within {within_s} s; the page says {last}"
            raise AssertionError(message) from None


def now() -> float:
    """Give the time on the running loop's clock."""
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def watching(browser: Browser, url: str) -> AsyncGenerator[Television]:
    """Show the board for a block."""
    page = await browser.new_page(viewport=SCREEN)
    television = Television(page)
    await television.show(url)
    yield television
    await page.close()
