"""The stream of boards, over a real socket."""

import asyncio
import socket
from datetime import timedelta

import httpx
import pytest

from services.wallboard.settings import WallboardSettings
from tests.events.examples.dates import at
from tests.telling import ANNA, beat
from tests.wallboard.floor import Floor, Shown, Told, offered, showing, sold, soon
from tests.wallboard.listening import listening


@pytest.fixture
def floor() -> Floor:
    """Give a floor on which Anna has sold something."""
    floor = Floor()
    floor.tell(sold(1_000, ANNA), beat(at(9)))
    return floor


class Quiet(Floor):
    """A floor on which nobody looks again before something happens."""

    async def moved(self) -> None:
        async with self._moved:
            await self._moved.wait()


async def test_a_new_screen_is_shown_the_whole_board_at_once(floor: Floor) -> None:
    async with showing(floor) as shown, listening(shown.url) as screen:
        assert screen.headers["content-type"].startswith("text/event-stream")
        assert (await screen.next()).event == "hello"
        board = (await screen.next()).json
    assert board["business_day"] == "2026-11-24"
    assert board["as_of"] == "2026-11-24T09:00:00.000Z"
    assert (board["currency"], board["time_zone"]) == ("RUB", "Europe/Moscow")
    assert board["leaderboard"][0]["booked_minor"] == 1_000
    assert board["completeness"] == {"complete": True, "silent_feeds": [], "late_events": 0}
    assert board["tiles"]["queues"]["metrics"] == [{"id": "service_level_offered", "version": 1}]
    assert board["tiles"]["queues"]["age_ms"] < 5_000


async def test_what_happens_is_on_every_screen_within_a_second(floor: Floor) -> None:
    async with showing(floor) as shown, listening(shown.url) as first, listening(shown.url) as second:
        for screen in (first, second):
            await screen.next("board")
        async with asyncio.timeout(1):
            await floor.happens(sold(500, ANNA))
            boards = [await screen.next("board") for screen in (first, second)]
    assert [board.json["leaderboard"][0]["booked_minor"] for board in boards] == [1_500, 1_500]
    assert boards[0] == boards[1]


async def test_what_happens_right_after_a_board_waits_for_the_pause_and_for_nothing_else() -> None:
    settings = WallboardSettings(port=0, period_s=0.3)
    async with showing(floor := Quiet(), settings=settings) as shown, listening(shown.url) as screen:
        await screen.next("board")
        for amount, booked in ((1, 1), (2, 3)):
            await floor.happens(sold(amount, ANNA))
            assert (await screen.next("board")).json["leaderboard"][0]["booked_minor"] == booked


async def test_when_no_number_changes_no_board_is_sent_but_the_age_is_told(floor: Floor) -> None:
    async with showing(floor) as shown, listening(shown.url) as screen:
        await screen.next("board")
        await floor.happens(beat(at(9)))
        ages = [await screen.next() for _ in range(3)]
        assert [message.event for message in ages] == ["age"] * 3
        assert set(ages[0].json) == {"as_of", "log_as_of", "tiles", "completeness"}
        await floor.ages(7_000)
        assert (await screen.next("age")).json["tiles"]["ticker"]["age_ms"] >= 0
        assert (await screen.next("age")).json["tiles"]["ticker"]["age_ms"] >= 7_000


async def test_a_wait_grows_with_the_phone_systems_clock_alone(floor: Floor) -> None:
    await floor.happens(offered("c", at(9)))
    async with showing(floor) as shown, listening(shown.url) as screen:
        assert (await screen.next("board")).json["queues"][0]["longest_wait_s"] == 0
        await floor.happens(beat(at(9, 1)))
        assert (await screen.next("board")).json["queues"][0]["longest_wait_s"] == 60


async def test_a_screen_that_comes_back_is_given_what_it_missed(floor: Floor) -> None:
    async with showing(floor) as shown:
        async with listening(shown.url) as screen:
            last = (await screen.next("board")).id
            for sales in (1, 2, 3):
                await floor.happens(sold(sales, ANNA, deal=f"d{sales}"))
                await screen.next("board")
        async with listening(shown.url, last) as back:
            missed = [await back.next("board") for _ in range(3)]
            assert [message.id for message in missed] == ["t-2", "t-3", "t-4"]
        async with listening(shown.url, "t-4") as up_to_date:
            assert (await up_to_date.next()).event == "hello"
            assert (await up_to_date.next()).event == "age"
        async with listening(shown.url, "another-1") as from_elsewhere:
            assert (await from_elsewhere.next("board")).id == "t-4"


async def test_the_board_can_be_asked_for_once(floor: Floor) -> None:
    async with (
        showing(floor, names=Told({ANNA: "Иванова А."})) as shown,
        httpx.AsyncClient(base_url=shown.url) as client,
    ):
        answer = await client.get("/v1/board")
        ready = await client.get("/readyz")
        alive = await client.get("/healthz")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["leaderboard"][0]["name"] == "Иванова А."
    assert (ready.status_code, alive.status_code) == (200, 200)


async def test_a_name_that_arrives_later_is_a_change(floor: Floor) -> None:
    names = Told()
    async with showing(floor, names=names) as shown, listening(shown.url) as screen:
        assert (await screen.next("board")).json["leaderboard"][0]["name"] == ANNA
        names.names[ANNA], names.version = "Иванова А.", 1
        await floor.happens()
        assert (await screen.next("board")).json["leaderboard"][0]["name"] == "Иванова А."


async def test_told_to_stop_it_says_bye_to_every_screen_and_ends_soon(floor: Floor) -> None:
    async with showing(floor) as shown, listening(shown.url) as first, listening(shown.url) as second:
        for screen in (first, second):
            await screen.next("board")
        shown.stop.set()
        async with asyncio.timeout(2):
            rest = [await screen.rest() for screen in (first, second)]
            await shown.serving
    assert [messages[-1].event for messages in rest] == ["bye", "bye"]


async def test_a_screen_that_goes_away_is_forgotten(floor: Floor) -> None:
    async with showing(floor) as shown:
        async with listening(shown.url) as screen:
            await screen.next("board")
            assert len(shown.hub.viewers) == 1
        assert await soon(lambda: not shown.hub.viewers)


async def test_a_screen_that_takes_nothing_is_cut_off_and_holds_up_nobody(floor: Floor) -> None:
    settings = WallboardSettings(port=0, send_timeout_s=0.3, period_s=0.02, heartbeat_s=0.05)
    async with showing(floor, settings=settings) as shown, listening(shown.url) as screen:
        stalled = await _stalled(shown)
        try:
            assert await soon(lambda: len(shown.hub.viewers) == 2)
            large = b'"' + b"x" * 500_000 + b'"'
            async with asyncio.timeout(20):
                while len(shown.hub.viewers) == 2:
                    shown.hub.show(large)
                    await screen.next("board")
            assert await asyncio.to_thread(_is_cut, stalled)
        finally:
            stalled.close()
        await floor.happens(sold(1, ANNA), beat(at(9) + timedelta(seconds=1)))
        assert (await screen.next("board")).json["leaderboard"][0]["booked_minor"] == 1_001


async def _stalled(shown: Shown) -> socket.socket:
    """Open a stream and never read from it."""
    stalled = socket.socket()
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    stalled.settimeout(0)
    await asyncio.get_running_loop().sock_connect(stalled, ("127.0.0.1", shown.port))
    await asyncio.get_running_loop().sock_sendall(stalled, b"GET /v1/board/stream HTTP/1.1\r\nhost: board\r\n\r\n")
    return stalled


def _is_cut(stalled: socket.socket) -> bool:
    """Read what is left: a connection that was cut ends, with or without a word."""
    stalled.settimeout(5)
    try:
        while stalled.recv(1_000_000):
            pass
    except ConnectionResetError:
        return True
    return True
