"""Names on the wall: short, fetched when somebody new appears, and gone when the vault forgets them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Query

from services.wallboard.names import Ids, VaultNames, short_name
from tests.wallboard.floor import soon


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Анна Иванова", "Иванова А."),
        ("Иванова Анна Сергеевна", "Иванова А."),
        ("Анна Сергеевна Иванова", "Иванова А."),
        ("Кузьмич Илья Ильич", "Кузьмич И."),
        ("Рустам Алиев", "Алиев Р."),
        ("James Whitfield", "Whitfield J."),
        ("Ludwig van der Berg", "van der Berg L."),
        ("Мария-Луиза Петрова-Водкина", "Петрова-Водкина М."),
        ("  Шер  ", "Шер"),
        ("", ""),
    ],
)
def test_a_name_is_shown_as_a_surname_and_an_initial(name: str, shown: str) -> None:
    assert short_name(name) == shown


def test_without_a_vault_the_id_is_shown() -> None:
    assert Ids().of("rep-1") == "rep-1"


@dataclass
class Vault:
    """A vault as the board sees it, which a test can fill, empty and break."""

    people: dict[str, str] = field(default_factory=dict)
    broken: bool = False
    asked: list[list[str]] = field(default_factory=list)

    def app(self) -> FastAPI:
        """Give its HTTP side."""
        app = FastAPI()

        @app.get("/v1/people")
        async def people(ids: Annotated[list[str], Query(alias="id")]) -> dict[str, dict[str, dict[str, str]]]:
            if self.broken:
                raise HTTPException(503)
            self.asked.append(ids)
            return {"people": {each: {"name": self.people[each]} for each in ids if each in self.people}}

        return app


@asynccontextmanager
async def keeping(vault: Vault) -> AsyncGenerator[VaultNames]:
    """Keep names for a block."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(vault.app()), base_url="http://vault") as client:
        names = VaultNames(client, retry_s=0.02, refresh_s=0.05)
        task = asyncio.create_task(names.run())
        try:
            yield names
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_no_id_is_on_the_wall_while_the_vault_is_asked_for_a_name() -> None:
    async with keeping(Vault({"p1": "Анна Иванова"})) as names:
        before = names.version
        assert names.of("p1") == "…"
        assert await soon(lambda: names.of("p1") != "…")
        assert names.of("p1") == "Иванова А."
        assert names.version > before


async def test_whom_the_vault_does_not_know_is_shown_by_the_id() -> None:
    async with keeping(Vault()) as names:
        before = names.version
        assert names.of("Anna Ivanova") == "…"
        assert await soon(lambda: names.of("Anna Ivanova") == "Anna Ivanova")
        assert names.version > before


async def test_a_name_that_is_changed_or_erased_leaves_the_wall() -> None:
    vault = Vault({"p1": "Анна Иванова"})
    async with keeping(vault) as names:
        assert await soon(lambda: names.of("p1") == "Иванова А.")
        vault.people["p1"] = "Анна Петрова"
        assert await soon(lambda: names.of("p1") == "Петрова А.")
        del vault.people["p1"]
        assert await soon(lambda: names.of("p1") == "p1")


async def test_while_the_vault_is_down_known_names_stay_and_later_ones_come() -> None:
    vault = Vault({"p1": "Анна Иванова", "p2": "Борис Петров"})
    async with keeping(vault) as names:
        assert await soon(lambda: names.of("p1") == "Иванова А.")
        vault.broken = True
        assert await soon(lambda: names.of("p2") == "p2")
        assert names.of("p1") == "Иванова А."
        vault.broken = False
        assert await soon(lambda: names.of("p2") == "Петров Б.")


async def test_many_people_are_asked_for_a_hundred_at_a_time() -> None:
    vault = Vault({f"p{number}": f"Анна Иванова{number}" for number in range(250)})
    async with keeping(vault) as names:
        for number in range(250):
            names.of(f"p{number}")
        assert await soon(lambda: names.of("p249") == "Иванова249 А.")
    assert max(map(len, vault.asked)) == 100
