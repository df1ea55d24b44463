"""The page in a real browser."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from events.deals import Credit
from services.runtime.ticks import LATE
from services.wallboard.settings import WallboardSettings
from tests.events.examples.dates import at
from tests.telling import ANNA, BORIS, abandoned, answered, beat, delivered, entered, gap
from tests.wallboard.floor import Floor, Shown, Told, asked, offered, showing, sold, ticking

SCREEN: ViewportSize = {"width": 1920, "height": 1080}
NAMES = {ANNA: "Константинопольская А.", BORIS: "Петров Б."}
SETTINGS = WallboardSettings(port=0, period_s=0.05, heartbeat_s=0.2)
LEGIBLE_PX = 0.058 * 1080
MILLION = 1_000_000_00
ALARM = "rgb(255, 122, 102)"


@pytest.fixture
def floor() -> Floor:
    """Give a floor with two reps, a queue, and a sale a minute ago."""
    floor = Floor()
    floor.tell(
        asked(2 * MILLION, ANNA),
        sold(1_234_567_89, ANNA),
        sold(MILLION, BORIS, when=at(8, 59)),
        entered("talking", at(9)),
        *(answered(wait) for wait in (5, 15, 25)),
        abandoned(30),
        offered("w1", at(8, 58)),
        beat(at(9)),
    )
    return floor


@asynccontextmanager
async def screen(browser: Browser, shown: Shown, path: str = "/?lang=ru") -> AsyncGenerator[Page]:
    """Give a television that shows the board; nothing may go wrong in the page."""
    page = await browser.new_page(viewport=SCREEN)
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    await page.goto(f"{shown.url}{path}")
    await expect(page.locator("[data-rep]").first).to_be_visible()
    yield page
    await page.close()
    assert [said for said in wrong if "ERR_" not in said] == []  # a service that is stopped refuses connections


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("ru", ("1 234 567 ₽", "62 %", "50,0 %", "Вторник, 24 ноября", "Квота: продажи сегодня")),
        ("en", ("₽1,234,567", "62%", "50.0%", "Tuesday 24 November", "Kvota: sales today")),
    ],
)
async def test_the_page_shows_the_floors_numbers_in_its_language(
    browser: Browser, floor: Floor, language: str, wanted: tuple[str, ...]
) -> None:
    path = f"/?lang={language}"
    async with showing(floor, names=Told(NAMES), settings=SETTINGS) as shown, screen(browser, shown, path) as page:
        anna = page.locator(f"[data-rep={ANNA}]")
        seen = [anna.locator(".won"), anna.locator(".share"), page.locator(".queue .level dd"), page.locator(".day")]
        assert (*[_plain(await each.inner_text()) for each in seen], await page.title()) == wanted
        assert await anna.locator(".name").inner_text() == NAMES[ANNA]
        assert await anna.locator(".calls").inner_text() == "3"
        assert await page.locator(".queue dd").nth(1).inner_text() == "2:00"
        assert await page.locator(".clock").inner_text() == "12:00:00"
        assert await page.locator("html").get_attribute("lang") == language


async def test_a_screen_that_asks_for_nothing_has_its_own_language(browser: Browser, floor: Floor) -> None:
    async with showing(floor, settings=SETTINGS) as shown:
        page = await browser.new_page(locale="ru-RU")
        await page.goto(shown.url)
        await expect(page.locator("h1")).to_have_text("Квота")
        await page.close()


async def test_what_happens_is_on_the_page_within_a_second_and_moves_nothing_else(
    browser: Browser, floor: Floor
) -> None:
    async with showing(floor, names=Told(NAMES), settings=SETTINGS) as shown, screen(browser, shown) as page:
        await page.evaluate("document.fonts.ready")
        before = await _places(page)
        await floor.happens(sold(3_000_00, ANNA, when=at(9)), answered(5), beat(at(9, 0, 7)))
        await expect(page.locator(f"[data-rep={ANNA}] .won")).to_have_text("1 237 567 ₽", timeout=1_000)
        await expect(page.locator(".clock")).to_have_text("12:00:07")
        await expect(page.locator(".ticker li").first.locator(".won")).to_have_text("3 000 ₽")
        assert await _places(page) == before


async def test_who_overtakes_changes_places(browser: Browser, floor: Floor) -> None:
    async with showing(floor, names=Told(NAMES), settings=SETTINGS) as shown, screen(browser, shown) as page:
        boris = page.locator(f"[data-rep={BORIS}]")
        assert await boris.locator(".place").inner_text() == "2"
        await floor.happens(sold(MILLION, BORIS, when=at(9), deal="big"))
        await expect(boris.locator(".place")).to_have_text("1")
        await expect(page.get_by_role("row", name="Петров Б.")).to_have_attribute("aria-rowindex", "1")


async def test_data_that_gets_old_is_marked_then_loses_its_colour_and_recovers(browser: Browser, floor: Floor) -> None:
    async with showing(floor, settings=SETTINGS) as shown, screen(browser, shown) as page:
        tiles = page.locator(".tile")
        await expect(page.locator('.tile[data-standing="fresh"]')).to_have_count(4)
        await floor.ages(7_000)
        await expect(page.locator('.tile[data-standing="late"]')).to_have_count(4)
        await expect(tiles.first.locator(".stale")).to_contain_text("с назад")
        await floor.ages(16_000)
        await expect(page.locator('.tile[data-standing="stale"]')).to_have_count(4)
        await expect(tiles.first.locator(".stale")).to_have_text("Данные на 12:00:00")
        await expect(tiles.first.locator(".data")).to_have_css("filter", "grayscale(1) brightness(0.68)")
        await floor.happens(beat(at(9, 0, 20)))
        await expect(page.locator('.tile[data-standing="fresh"]')).to_have_count(4)
        await expect(tiles.first.locator(".data")).to_have_css("filter", "none")


async def test_a_feed_that_falls_silent_greys_the_queues_alone(browser: Browser, floor: Floor) -> None:
    async with showing(floor, settings=SETTINGS) as shown, screen(browser, shown) as page:
        await expect(page.locator('.queues[data-standing="fresh"]')).to_be_visible()
        await floor.later(16_000)
        await expect(page.locator('.queues[data-standing="stale"]')).to_be_visible()
        await expect(page.locator('.leaderboard[data-standing="fresh"]')).to_be_visible()
        await expect(page.locator(".connection")).to_have_text("Молчит телефония")


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("ru", ["asterisk/pbx1 0:.. назад · разрывов 2, открыто 2 · не хватает 17 · не прочитано 3", "и ещё 1"]),
        ("en", ["asterisk/pbx1 0:.. ago · gaps 2, open 2 · missing 17 · not read 3", "and 1 more"]),
    ],
)
async def test_what_may_be_missing_is_said_of_each_feed_in_words(
    browser: Browser, floor: Floor, language: str, wanted: list[str]
) -> None:
    floor.tell(gap(at(8), missing=17), gap(at(8, 5)), beat(at(9), parked=3), beat(at(9, 0, 5), "/asterisk/pbx2"))
    path = f"/?lang={language}"
    async with showing(floor, settings=SETTINGS) as shown, screen(browser, shown, path) as page:
        feeds = page.locator(".feed")
        await expect(feeds).to_have_text([re.compile(text) for text in wanted])
        await expect(feeds.first.locator(".broken")).to_be_visible()
        await page.evaluate("document.fonts.ready")
        assert await page.evaluate(_CUT_OFF) == []


async def test_however_much_is_to_be_said_of_a_feed_it_leaves_room_for_the_title_beside_it(
    browser: Browser, floor: Floor
) -> None:
    name = "asterisk/" + "станция-" * 20
    floor.tell(delivered(here(floor) - timedelta(hours=1), name, parked=98_765, ahead_ms=4_000_000))
    floor.tell(*(gap(at(8, 5), feed=name, missing=98_765) for _ in range(3)))
    async with showing(floor, settings=SETTINGS) as shown, screen(browser, shown) as page:
        feeds = page.locator(".feeds h2")
        await expect(page.locator(".feed").first).to_contain_text("молчит 60:")
        await page.evaluate("document.fonts.ready")
        title = await page.locator(".ticker .stale, .ticker h2").last.bounding_box()
        beside = await feeds.bounding_box()
        assert title is not None
        assert beside is not None
        assert title["x"] + title["width"] < beside["x"]
        assert await page.evaluate(_CUT_OFF) == []


async def test_feeds_that_are_well_stand_side_by_side_and_one_that_stalls_comes_first_with_another_shape(
    browser: Browser, floor: Floor
) -> None:
    async with showing(floor, settings=SETTINGS) as shown, screen(browser, shown, "/?lang=en") as page:
        await floor.happens(beat(at(9), "/asterisk/pbx2"))
        feeds = page.locator(".feed")
        await expect(feeds).to_have_text([re.compile(f"asterisk/pbx{number} 0:.. ago · no gaps") for number in (1, 2)])
        await floor.happens(beat(at(9, 0, 16)))
        await expect(feeds.first).to_have_text(re.compile("asterisk/pbx2 stalled for 0:.."))
        await expect(feeds.first.locator(".warning")).to_be_visible()
        await expect(feeds.first).to_have_css("color", ALARM)
        await expect(feeds.nth(1).locator(".link")).to_be_visible()


def here(floor: Floor) -> datetime:
    """What time it is by our clock, and the log's."""
    return datetime.fromtimestamp(floor.now_ms() / 1_000, UTC)


async def test_a_feed_that_is_told_things_is_as_old_as_its_own_word_though_the_phone_system_has_been_silent_for_an_hour(
    browser: Browser, floor: Floor
) -> None:
    async with showing(floor, settings=SETTINGS) as shown, screen(browser, shown, "/?lang=en") as page:
        await floor.later(3_600_000)
        await floor.happens(delivered(here(floor)))
        said = ["asterisk/pbx1 stalled for 6.:..", "aircall/webhooks 0:.. ago · no gaps"]
        await expect(page.locator(".feed")).to_have_text([re.compile(text) for text in said])


async def test_when_the_only_feed_falls_silent_its_silence_grows(browser: Browser, floor: Floor) -> None:
    async with showing(floor, settings=SETTINGS) as shown, screen(browser, shown, "/?lang=en") as page:
        await floor.later(75_000)
        await expect(page.locator(".feed")).to_have_text(re.compile(r"asterisk/pbx1 stalled for 1:[1-5]\d"))


async def test_events_that_came_for_closed_days_are_counted_beside_the_title(browser: Browser, floor: Floor) -> None:
    async with showing(floor, settings=SETTINGS) as shown, screen(browser, shown) as page:
        note = page.locator(".leaderboard .note")
        await floor.happens()
        await expect(note).to_be_empty()
        floor.add({LATE.name: {("2026-11-24",): (3,)}}, shard=0)
        await floor.happens()
        await expect(note).to_have_text("Опоздало событий: 3 — они только в отчётах")


async def test_when_the_service_is_gone_the_page_says_so_and_comes_back_by_itself(
    browser: Browser, floor: Floor
) -> None:
    async with showing(floor, settings=SETTINGS) as shown:
        page = await browser.new_page(viewport=SCREEN)
        await page.clock.install()
        await page.goto(f"{shown.url}/?lang=en")
        await expect(page.locator(".connection")).to_have_text("Connected")
    await expect(page.locator(".connection")).to_have_text("No connection", timeout=10_000)
    await page.clock.fast_forward(16_000)
    await expect(page.locator('.tile[data-standing="stale"]')).to_have_count(4)
    await floor.happens(sold(MILLION, ANNA, deal="meanwhile"))
    async with showing(floor, settings=SETTINGS, port=shown.port):
        await page.clock.fast_forward(11_000)
        await expect(page.locator('.tile[data-standing="fresh"]')).to_have_count(4, timeout=15_000)
        await expect(page.locator(f"[data-rep={ANNA}] .won")).to_have_text("₽2,234,567")
        await page.close()


async def test_numbers_can_be_read_from_six_metres_and_nothing_is_cut_off(browser: Browser, floor: Floor) -> None:
    names = {f"r{number}": name for number, name in enumerate(LONG * 3)}
    for rep in names:
        floor.tell(sold(98_765_432_00, rep), asked(MILLION * 900, rep))
    for number in range(5):
        name = f"Поддержка корпоративных клиентов {number}"
        floor.tell(offered(f"q{number}", at(8), name), answered(5, queue=name), abandoned(5, queue=name))
    await floor.happens()
    async with showing(floor, names=Told(NAMES | names), settings=SETTINGS) as shown, screen(browser, shown) as page:
        await page.evaluate("document.fonts.ready")
        for numbers in (".row .won", ".row .share", ".row .calls", ".queue dd", ".ticker .won", ".clock"):
            assert await page.locator(numbers).first.evaluate(_FONT_PX) >= LEGIBLE_PX, numbers
        assert await page.evaluate(_CUT_OFF) == []
        await expect(page.locator(".row")).to_have_count(9)
        await expect(page.locator(".queue")).to_have_count(4)
        await expect(page.locator(".queues .note")).to_have_text("и ещё 2")


async def test_only_what_is_wrong_with_a_queue_has_the_colour_of_an_alarm(browser: Browser, floor: Floor) -> None:
    floor.tell(answered(5, queue="endless"), offered("w2", at(8, 50), "endless"))
    async with showing(floor, settings=SETTINGS) as shown, screen(browser, shown, "/?lang=en") as page:
        endless, sales = (page.get_by_role("article", name=name).locator("dd") for name in ("endless", "sales"))
        await expect(endless.nth(1)).to_have_text("10:00")
        await expect(endless.nth(1)).to_have_css("color", ALARM)
        await expect(endless.nth(2)).to_have_text("100.0%")
        await expect(endless.nth(2)).not_to_have_css("color", ALARM)
        await expect(sales.nth(1)).not_to_have_css("color", ALARM)
        await expect(sales.nth(2)).to_have_css("color", ALARM)


@pytest.mark.parametrize(("winners", "others"), [(1, ""), (2, "+ Рождественская-Преображенская Е."), (3, "+ 2")])
async def test_a_deal_says_who_won_it_and_when_however_long_the_names_are(
    browser: Browser, floor: Floor, winners: int, others: str
) -> None:
    names = {f"r{number}": name for number, name in enumerate(LONG)}
    part = 98_765_436_00 // winners
    parts = tuple(Credit(rep=rep, share_bp=10_000 // winners, amount_minor=part) for rep in list(names)[:winners])
    floor.tell(sold(part * winners, "r0", when=at(9), credits=parts))
    async with showing(floor, names=Told(NAMES | names), settings=SETTINGS) as shown, screen(browser, shown) as page:
        who = page.locator(".ticker li").first.locator(".who")
        await expect(who.locator("> .name")).to_have_text(LONG[0])
        await expect(who.locator(".when")).to_have_text(f"{others}12:00")
        await page.evaluate("document.fonts.ready")
        assert await page.evaluate(_CUT_OFF) == []


async def test_who_did_many_times_what_was_asked_has_room_for_it(browser: Browser, floor: Floor) -> None:
    floor.tell(asked(MILLION, "r"), sold(25 * MILLION, "r"))
    async with showing(floor, settings=SETTINGS) as shown, screen(browser, shown) as page:
        await expect(page.locator("[data-rep=r] .share")).to_have_text("×25")
        assert await page.evaluate(_CUT_OFF) == []


async def test_a_person_who_wants_no_motion_gets_none(browser: Browser, floor: Floor) -> None:
    async with showing(floor, settings=SETTINGS) as shown, screen(browser, shown) as page:
        await expect(page.locator(".row").first).to_have_css("transition-duration", "0.7s")
        await page.emulate_media(reduced_motion="reduce")
        await expect(page.locator(".row").first).to_have_css("transition-duration", "0s")
        await expect(page.locator(".ticker li").first).to_have_css("animation-name", "none")


async def test_the_page_can_be_read_without_seeing_it(browser: Browser, floor: Floor) -> None:
    path = "/?lang=en"
    board = showing(floor, names=Told(NAMES), settings=SETTINGS)
    async with ticking(floor), board as shown, screen(browser, shown, path) as page:
        table = page.get_by_role("table", name="Leaders of the month")
        await expect(table.get_by_role("row")).to_have_count(3)
        await expect(table.get_by_role("img", name="talking")).to_be_visible()
        meter = table.get_by_role("meter")
        assert await meter.get_attribute("aria-valuenow") == "62"
        assert await meter.get_attribute("aria-valuetext") == "62%. Due today 80%"
        await expect(page.get_by_role("article", name="sales")).to_be_visible()
        await expect(page.get_by_role("status").first).to_have_text("Connected")


async def test_a_screen_loads_the_page_anew_when_the_service_brings_another(browser: Browser, floor: Floor) -> None:
    async with showing(floor, settings=SETTINGS) as shown, screen(browser, shown) as page:
        await page.evaluate("document.documentElement.dataset.version = 'of yesterday'; window.old = true")
        for viewer in shown.hub.viewers:
            viewer.end()
        await expect(page.locator("html")).to_have_attribute(
            "data-version", re.compile("^[0-9a-f]{12}$"), timeout=15_000
        )
        assert await page.evaluate("window.old === undefined")


LONG = [
    "Константинопольский-Задунайский В.",
    "Рождественская-Преображенская Е.",
    "Крестовоздвиженский А.",
    "Featherstonehaugh-Cholmondeley J.",
]
_FONT_PX = "element => parseFloat(getComputedStyle(element).fontSize)"
_CUT_OFF = """
() => [...document.querySelectorAll(
  ".won, .share, .calls, dd, dt, h3, .row .name, .who > .name, .who time, .clock, .age, .counts, .connection, .feed")]
  .filter((element) => {
    const own = element.getBoundingClientRect();
    const clip = (element.closest(".queue, .row, li") ?? document.documentElement).getBoundingClientRect();
    return element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== "inline"
      || own.right > clip.right + 1 || own.left < clip.left - 1
      || own.top < clip.top - 1 || own.bottom > clip.bottom + 1;
  })
  .map((element) => element.className + ": " + element.textContent)
"""
_PLACES = """
() => [...document.querySelectorAll("header > *, .tile, .row, .row > *, .queue, .queue dl > div")]
  .map((element) => { const box = element.getBoundingClientRect(); return [box.left, box.top, box.width, box.height]; })
"""


async def _places(page: Page) -> object:
    """Give where everything is, once nothing moves any more."""
    await page.evaluate("Promise.all(document.getAnimations().map((each) => each.finished))")
    return await page.evaluate(_PLACES)


def _plain(text: str) -> str:
    """Give a text with plain spaces for those that do not break."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")
