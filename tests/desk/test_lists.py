"""Lists: page by page, nothing twice and nothing left out, and of others' things nothing."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from services.desk.order import Order
from tests.callers import bearer
from tests.desk.desks import desk_running

DEALS = 7


@dataclass(frozen=True)
class Floor:
    """Two reps in two teams, who have opened a deal in turn."""

    desk: httpx.AsyncClient
    home: Path
    units: tuple[str, str]
    reps: tuple[str, str]
    deals: list[str]

    async def open(self, number: int) -> str:
        sale = {"customer": f"c{number}", "rep": self.reps[number % 2], "amount_minor": number + 1, "currency": "RUB"}
        return str((await self.desk.post("/v1/deals", json=sale)).json()["deal"])

    async def walk(self, first: str, **who: str) -> list[list[dict[str, Any]]]:
        """Go from page to page."""
        pages, following = list[list[dict[str, Any]]](), first
        while following:
            answer = await self.desk.get(following, headers=who)
            assert answer.status_code == 200, answer.text
            pages.append(answer.json()["items"])
            following = answer.json()["next"]
            assert answer.headers.get("link") == (f'<{following}>; rel="next"' if following else None)
        return pages


@pytest_asyncio.fixture(loop_scope="function")
async def floor(own_bootstrap: str, tmp_path: Path) -> AsyncGenerator[Floor]:
    async with desk_running(own_bootstrap, tmp_path) as desk:

        async def made(path: str, **body: object) -> str:
            return str(next(iter((await desk.post(path, json=body)).json().values())))

        north, south = [await made("/v1/units", kind="team", title=name) for name in ("North", "South")]
        anna, boris = [await made("/v1/reps", name="A B", unit=unit, post="seller") for unit in (north, south)]
        built = Floor(desk, tmp_path, (north, south), (anna, boris), [])
        built.deals.extend([await built.open(number) for number in range(DEALS)])
        yield built


def ids(noun: str, pages: list[list[dict[str, Any]]]) -> list[str]:
    return [item[noun] for page in pages for item in page]


@pytest.mark.kafka
class TestPages:
    async def test_a_walk_finds_everything_once_in_the_order_in_which_it_came(self, floor: Floor) -> None:
        own = f"/v1/deals?rep={floor.reps[0]}"
        pages = await floor.walk(f"{own}&limit=2")
        assert ids("deal", pages) == floor.deals[::2]
        assert [len(page) for page in pages][:2] == [2, 2]
        [shown] = (await floor.desk.get(f"{own}&customer=c2")).json()["items"]
        assert shown == (await floor.desk.get(f"/v1/deals/{floor.deals[2]}")).json()

    async def test_what_comes_meanwhile_is_seen_at_the_end_and_moves_nothing(self, floor: Floor) -> None:
        anna = f"/v1/deals?rep={floor.reps[0]}&limit=3"
        first = (await floor.desk.get(anna)).json()
        late = await floor.open(100)
        await floor.desk.post(f"/v1/deals/{floor.deals[0]}/lose", json={"reason": "price"})
        rest = await floor.walk(first["next"])
        assert [*ids("deal", [first["items"]]), *ids("deal", rest)] == [*floor.deals[::2], late]

    async def test_a_filter_holds_on_every_page(self, floor: Floor) -> None:
        for deal in floor.deals[:4]:
            assert (await floor.desk.post(f"/v1/deals/{deal}/win")).status_code == 201
        anna = floor.reps[0]
        won = await floor.walk(f"/v1/deals?rep={anna}&state=won&limit=1")
        assert ids("deal", won) == [floor.deals[0], floor.deals[2]]
        assert ids("deal", await floor.walk(f"/v1/deals?rep={anna}&state=open")) == [floor.deals[4], floor.deals[6]]
        assert ids("rep", await floor.walk(f"/v1/reps?unit={floor.units[1]}")) == [floor.reps[1]]
        assert await floor.walk(f"/v1/units?parent={floor.units[0]}") == [[]]

    async def test_everybody_sees_what_is_within_their_reach(self, floor: Floor) -> None:
        anna = bearer(floor.home, "rep", rep=floor.reps[0])
        lead = bearer(floor.home, "team_lead", unit=floor.units[1])
        assert ids("deal", await floor.walk("/v1/deals?limit=3", **anna)) == floor.deals[::2]
        assert ids("deal", await floor.walk("/v1/deals?limit=3", **lead)) == floor.deals[1::2]
        assert ids("rep", await floor.walk("/v1/reps", **lead)) == [floor.reps[1]]
        assert {*floor.units} <= {*ids("unit", await floor.walk("/v1/units?limit=200", **anna))}

    async def test_quotas_are_listed_by_their_holder(self, floor: Floor) -> None:
        days = {"starts_on": "2026-11-01", "ends_on": "2026-12-01", "currency": "RUB", "target": 9}
        made = [
            (await floor.desk.post("/v1/quotas", json={"holder": rep, "holder_kind": "rep", **days})).json()["quota"]
            for rep in floor.reps
        ]
        assert ids("quota", await floor.walk(f"/v1/quotas?holder={floor.reps[1]}")) == [made[1]]
        boris = bearer(floor.home, "rep", rep=floor.reps[1])
        assert ids("quota", await floor.walk("/v1/quotas", **boris)) == [made[1]]

    @pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "after_key=x", "after_key=%00", "state=gone"])
    async def test_a_page_that_there_is_not_is_refused(self, floor: Floor, query: str) -> None:
        assert (await floor.desk.get(f"/v1/deals?{query}")).status_code == 422

    async def test_the_place_in_one_list_is_none_in_another(self, floor: Floor) -> None:
        following = str((await floor.desk.get("/v1/deals?limit=1")).json()["next"])
        refused = await floor.desk.get(following.replace("/v1/deals", "/v1/units"))
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:kvota:problem:invalid-input")


@given(st.lists(st.lists(st.text(max_size=3))))
def test_the_order_is_that_in_which_keys_came_however_often_one_looks(batches: list[list[str]]) -> None:
    things, order = dict[str, int](), Order()
    for batch in batches:
        things |= dict.fromkeys(batch, 1)
        assert list(order.of(things)) == list(things)
