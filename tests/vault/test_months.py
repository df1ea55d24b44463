"""What is parked is sealed by whoever parks, opened by the vault alone, and by nobody once its month is forgotten."""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from services.runtime.auth.credentials import ServiceCredentials
from services.runtime.parking_keys import ParkingKeys
from services.runtime.sealing import MOST_BYTES, seal_payload
from services.vault.months import Months
from services.vault.people import People
from tests.callers import auth, bearer
from tests.desk.desks import vault_running
from tests.vault.told import holding

NOVEMBER, DECEMBER = date(2026, 11, 26), date(2026, 12, 1)
PAYLOAD = "1795533132|+79161234567|…".encode()


@pytest.fixture
def months(people: People) -> Months:
    """The monthly keys of an empty store."""
    return Months(people.store, people.masters)


def test_whoever_parks_needs_no_secret_and_only_the_vault_opens(months: Months) -> None:
    keys = months.public_keys(NOVEMBER)
    assert list(keys) == ["2026-11", "2026-12"]
    sealed = [seal_payload(keys, PAYLOAD, day) for day in (NOVEMBER, DECEMBER, NOVEMBER)]
    assert len(set(sealed)) == 3
    assert months.opened([each for each in sealed if each]) == [PAYLOAD] * 3
    assert not any("79161234567" in (each or "") for each in sealed)


def test_keys_stay_what_they_are(months: Months) -> None:
    assert months.public_keys(NOVEMBER)["2026-12"] == months.public_keys(DECEMBER)["2026-12"]


def test_a_month_without_a_key_and_a_payload_that_is_too_long_are_not_kept(months: Months) -> None:
    keys = months.public_keys(NOVEMBER)
    assert seal_payload(keys, PAYLOAD, date(2027, 1, 1)) is None
    assert seal_payload(keys, b"a" * MOST_BYTES, NOVEMBER)
    assert seal_payload(keys, b"a" * (MOST_BYTES + 1), NOVEMBER) is None


def test_what_is_no_payload_is_opened_as_nothing(months: Months) -> None:
    sealed = seal_payload(months.public_keys(NOVEMBER), PAYLOAD, NOVEMBER)
    assert sealed is not None
    moved = sealed.replace("2026-11", "2026-12")
    wrong = [
        "",
        "2026-11\x00.AAAA",
        "\x00",
        "2026-11",
        "2026-11.",
        "2026-11.AAAA",
        "1999-01.AAAA",
        moved,
        f"{sealed[:-8]}AAAAAAA=",
    ]
    assert months.opened(wrong) == [None] * len(wrong)


def test_a_month_is_forgotten_once_it_is_over_for_so_many_days(months: Months, people: People) -> None:
    sealed = seal_payload(months.public_keys(NOVEMBER), PAYLOAD, NOVEMBER)
    assert sealed is not None
    assert months.forget(date(2027, 2, 28), 90) == []
    assert months.opened([sealed]) == [PAYLOAD]
    assert months.forget(date(2027, 3, 1), 90) == ["2026-11"]
    assert months.opened([sealed]) == [None]
    with people.store.reading() as rows:
        assert rows.ask("SELECT month FROM months") == [("2026-12",)]


def _keys(url: str, folder: Path, home: Path) -> ParkingKeys:
    """Give the keys of feeds that share the own key of a home."""
    return ParkingKeys(url, folder, ServiceCredentials("feeds", auth(home)))


async def test_parking_goes_on_while_the_vault_is_away(tmp_path: Path) -> None:
    async with vault_running(tmp_path / "vault") as vault:
        await _keys(str(vault.base_url), tmp_path / "feeds", tmp_path / "vault").fetch()
    keys = _keys("http://127.0.0.1:9", tmp_path / "feeds", tmp_path / "vault")
    sealed = keys.seal(PAYLOAD)
    assert sealed is not None
    assert not holding(tmp_path, [PAYLOAD])
    async with vault_running(tmp_path / "vault") as vault:
        manager = bearer(tmp_path / "vault", "manager")
        answer = await vault.post("/v1/parked/open", json={"payloads": [sealed, "2026-11.AAAA"]}, headers=manager)
    assert answer.json() == {"payloads": ["MTc5NTUzMzEzMnwrNzkxNjEyMzQ1Njd84oCm", None]}


def test_without_a_key_nothing_is_kept(tmp_path: Path) -> None:
    assert _keys("http://127.0.0.1:9", tmp_path, tmp_path).seal(PAYLOAD) is None


async def test_parking_goes_on_when_the_disk_does_not_take_the_keys(tmp_path: Path) -> None:
    (tmp_path / "feeds").touch()  # a file, where the folder should be
    async with vault_running(tmp_path / "vault") as vault:
        keys = _keys(str(vault.base_url), tmp_path / "feeds", tmp_path / "vault")
        await keys.fetch()
    assert keys.seal(PAYLOAD) is not None


async def test_several_who_park_may_share_a_folder(tmp_path: Path) -> None:
    async with vault_running(tmp_path / "vault") as vault:
        several = [_keys(str(vault.base_url), tmp_path / "feeds", tmp_path / "vault") for _ in range(8)]
        await asyncio.gather(*(keys.fetch() for keys in several))
    assert [path.name for path in (tmp_path / "feeds").iterdir()] == ["parking-keys.json"]
    assert _keys("http://127.0.0.1:9", tmp_path / "feeds", tmp_path / "vault").seal(PAYLOAD) is not None
