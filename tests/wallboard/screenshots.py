"""`python -m tests.wallboard.screenshots`: the pictures of the board in docs/images, of a made-up floor."""

import asyncio
import random
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from playwright.async_api import async_playwright

from events.agents import State
from events.deals import Credit
from events.event import Event
from services.wallboard.names import short_names
from services.wallboard.settings import WallboardSettings
from tests.events.examples.dates import at
from tests.telling import abandoned, answered, beat, entered
from tests.wallboard.floor import Floor, Told, asked, offered, showing, sold

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
NOW = at(9, 30)
QUEUES = {
    "ru": ("Продажи", "Поддержка клиентов", "Возвраты"),
    "en": ("Sales", "Customer support", "Returns"),
}
PEOPLE = {
    "ru": (
        "Мария Ким",
        "Ольга Смирнова",
        "Борис Петров",
        "Сергей Преображенский",
        "Анна Константинопольская",
        "Павел Кузнецов",
        "Ирина Великосельская",
        "Тимур Абдурахманов",
        "Елена Соколова",
        "Дарья Волкова",
        "Джеймс Уитфилд",
    ),
    "en": (
        "Maria Kim",
        "Olivia Smith",
        "Ben Carter",
        "Sebastian Featherstone",
        "Anna Constantinopoulos",
        "Paul Novak",
        "Irene Wentworth",
        "Tim Abernathy",
        "Helen Falcon",
        "Daria Wolf",
        "James Whitfield",
    ),
}
STATES: tuple[State, ...] = ("wrap", "hold", "talking", "offline", "ready", "ringing", "talking", "paused", "ready")
SCREEN = {"width": 1600, "height": 900}


def a_day(language: str) -> Iterator[Event]:
    """Tell half a day of a floor; nothing of it is by chance."""
    chance = random.Random(5)
    sales, support, returns = QUEUES[language]
    for number in range(len(PEOPLE[language])):
        rep = f"rep-{number}"
        target = chance.choice([1_500_000_00, 2_500_000_00, 900_000_00])
        if number != 8:
            yield asked(target, rep)
        for deal in range(chance.randrange(3, 8)):
            amount = int(target * chance.uniform(0.05, 0.24)) // 500_00 * 500_00
            yield sold(amount, rep, at(7) + timedelta(minutes=7 * number + deal), f"deal-{number}-{deal}")
        yield entered(STATES[number % len(STATES)], at(9), rep)
        for call in range(chance.randrange(8, 41)):
            queue = chance.choice([sales, sales, support, returns])
            wait = chance.choice([10, 30, 50] if queue == returns else [3, 5, 8, 12, 18, 19, 25, 40])
            yield answered(wait, 120, at(6) + timedelta(minutes=call), rep=rep, queue=queue)
    for call in range(14):
        yield abandoned(30, at(7) + timedelta(minutes=call), queue=chance.choice([sales, returns]))
    for number, (queue, waits) in enumerate(
        [(sales, 14), (sales, 8), (returns, 134), (returns, 61), (returns, 12), (support, 6)]
    ):
        yield offered(f"waiting-{number}", NOW - timedelta(seconds=waits), queue)
    shares = (
        Credit(rep="rep-2", share_bp=6_000, amount_minor=744_000_00),
        Credit(rep="rep-10", share_bp=4_000, amount_minor=496_000_00),
    )
    yield sold(1_240_000_00, "rep-2", at(9, 28), "big", credits=shares)
    yield beat(NOW)


async def picture(language: str) -> None:
    """Take the picture in a language."""
    floor = Floor()
    floor.tell(*a_day(language))
    names = Told(short_names({f"rep-{number}": name for number, name in enumerate(PEOPLE[language])}))
    async with (
        showing(floor, names=names, settings=WallboardSettings(port=0)) as shown,
        async_playwright() as playwright,
    ):
        path = shutil.which("chromium")
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport=SCREEN)  # type: ignore[arg-type]  # a dict of two numbers
        await page.goto(f"{shown.url}/?lang={language}")
        await page.locator("[data-rep]").first.wait_for()
        await page.evaluate("document.fonts.ready")
        await page.evaluate("Promise.all(document.getAnimations().map((each) => each.finished))")
        await floor.happens(beat(NOW))
        await page.screenshot(path=IMAGES / f"wallboard-{language}.png")
        await browser.close()


async def main() -> None:
    """Take both."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for language in PEOPLE:
        await picture(language)


if __name__ == "__main__":
    asyncio.run(main())
