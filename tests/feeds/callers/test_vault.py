"""The way to the vault: one request for all who wait, nobody twice, and facts go on without it."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import msgspec
import pytest
import pytest_asyncio

from services.feeds.callers.heard import NOBODY
from services.feeds.callers.vault import CallerVault
from tests.desk.desks import vault_running

NUMBER, SAME, OTHER, EXTENSION = "+79161234567", "8 (916) 123-45-67", "+74951234567", "1234567"


@pytest_asyncio.fixture
async def client(tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    async with vault_running(tmp_path) as client:
        yield client


async def test_a_number_means_one_person_however_it_is_written_and_an_extension_nobody(
    client: httpx.AsyncClient,
) -> None:
    vault = CallerVault(client)
    told = {"call/1": NUMBER, "call/2": SAME, "call/3": OTHER, "call/4": EXTENSION}
    found = await vault.look_up(told)
    assert list(found) == list(told)
    assert found["call/1"] == found["call/2"] not in {NOBODY, found["call/3"]}
    assert found["call/4"] == NOBODY
    assert await CallerVault(client).look_up({"call/1": NUMBER}) == {"call/1": found["call/1"]}


class Counting(httpx.AsyncBaseTransport):
    """Answers for a vault in which everybody is called like their number, or refuses."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.status = 200

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        people = msgspec.json.decode(await request.aread())["people"]
        self.asked.append([each["ref"] for each in people])
        await asyncio.sleep(0)  # others have their turn, as while a real vault thinks
        return httpx.Response(self.status, json={"people": [{"person": each["number"][-3:]} for each in people]})


@pytest.fixture
def counting() -> Counting:
    return Counting()


def asking(counting: Counting, seconds: list[float]) -> CallerVault:
    return CallerVault(httpx.AsyncClient(transport=counting, base_url="http://vault"), lambda: seconds[0])


async def test_all_who_wait_are_asked_about_together_and_nobody_twice(counting: Counting) -> None:
    vault = asking(counting, [0.0])
    parts = [{f"call/{number}": f"+79160000{number:03}"} for number in range(50)]
    found = await asyncio.gather(*(vault.look_up(part) for part in parts))
    assert [list(each.values()) for each in found] == [[f"{number:03}"] for number in range(50)]
    assert sum(map(len, counting.asked)) == 50
    assert len(counting.asked) <= 2
    await vault.look_up(parts[0] | parts[1])
    assert sum(map(len, counting.asked)) == 50


async def test_it_hangs_up_when_nobody_asks_any_more(counting: Counting) -> None:
    client = httpx.AsyncClient(transport=counting, base_url="http://vault")
    async with CallerVault(client) as vault:
        assert await vault.look_up({"call/1": NUMBER}) == {"call/1": "567"}
        assert not client.is_closed
    assert client.is_closed


async def test_no_request_asks_about_more_than_the_vault_takes(counting: Counting) -> None:
    vault = asking(counting, [0.0])
    numbers = {f"call/{number}": f"+7916{number:07}" for number in range(2_500)}
    assert (await vault.look_up(numbers)).keys() == numbers.keys()
    assert [len(part) for part in counting.asked] == [1_000, 1_000, 500]


async def test_a_vault_that_is_away_is_left_alone_for_a_while_and_asked_again(counting: Counting) -> None:
    seconds = [0.0]
    vault, numbers = asking(counting, seconds), {"call/1": NUMBER}
    counting.status = 503
    assert await vault.look_up(numbers) == {}
    counting.status = 200
    assert await vault.look_up(numbers) == {}
    assert (len(counting.asked), vault.missed) == (1, 2)
    seconds[0] = 5.0
    assert await vault.look_up(numbers) == {"call/1": "567"}
    assert (len(counting.asked), vault.missed) == (2, 2)
