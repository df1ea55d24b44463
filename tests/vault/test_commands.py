"""`kvota vault`: copies, restores and a new master key, as the owner of the store does it."""

from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from shutil import copy

import pytest

from events.catalogue import NOUNS
from services.runtime.topics import ensure_topics, source_topics
from services.vault.master import FILE_NAME
from services.vault.people import People
from services.vault.settings import VaultSettings
from services.vault.vault import open_people
from tests.cli.commands import Ran, kvota
from tests.vault.told import ANNA, NAME, OTHER_NUMBER, caller, who

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

Ask = Callable[..., Ran]


@contextmanager
def opened(home: Path) -> Generator[People]:
    """Open the vault of a home."""
    found = open_people(VaultSettings(), home)
    with closing(found.store):
        yield found


@pytest.fixture
async def ask(fresh_bootstrap: str) -> Ask:
    """Run commands beside a log of their own."""
    await ensure_topics(fresh_bootstrap, source_topics())
    return partial(kvota, KVOTA_KAFKA_BOOTSTRAP_SERVERS=fresh_bootstrap)


async def test_a_restored_vault_has_all_but_those_who_were_erased_since(ask: Ask, tmp_path: Path) -> None:
    here, there, file = tmp_path / "here", tmp_path / "there", tmp_path / "backup"
    here.mkdir()
    there.mkdir()
    with opened(here) as people:
        anna, boris = who(people, ANNA, caller(OTHER_NUMBER))
    assert ask("vault", "backup", file, "--json", home=here).json["rows"] >= 6
    erased = ask("audit", "erase", boris, "--json", home=here).json
    assert erased["repeated"] is False
    places = {place["place"]: place["held"] for place in erased["places"]}
    topics = {name.removeprefix("topic ").removesuffix(", and history"): held for name, held in places.items()}
    assert topics.keys() >= {noun.topic for noun in NOUNS.values()} >= {"kvota.decisions", "kvota.calls"}
    assert topics["kvota.decisions"] == "perhaps records with the id; no archive lies here to count them"
    assert not list(here.glob("history.duckdb*"))
    copy(here / FILE_NAME, there)
    restored = ask("vault", "restore", file, "--json", home=there)
    assert (restored.code, restored.json) == (0, {"erased_again": 1}), restored.err
    with opened(there) as people:
        assert people.details([anna, boris]).keys() == {anna}
        assert people.details([anna])[anna].details["name"] == NAME
    again = ask("vault", "restore", file, home=there)
    assert (again.code, "is not empty" in again.err) == (2, True)
    assert ask("vault", "erase-again", "--json", home=there).json == {"erased_again": 0}


async def test_nothing_is_restored_while_the_log_is_away(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        who(people, ANNA)
    assert kvota("vault", "backup", tmp_path / "backup", home=tmp_path).code == 0
    away = kvota("vault", "restore", tmp_path / "backup", home=tmp_path, KVOTA_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:9")
    assert (away.code, "no Kafka answers" in away.err) == (2, True)


def test_the_master_key_is_changed_and_the_old_one_stays_for_old_backups(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        [anna] = who(people, ANNA)
    before = (tmp_path / FILE_NAME).read_text("ascii")
    assert kvota("vault", "rotate", "--json", home=tmp_path).json == {"master": 2, "wrapped": 2}
    assert (tmp_path / FILE_NAME).read_text("ascii").startswith(before)
    assert kvota("vault", "status", "--json", home=tmp_path).json == {"keys_by_master": {"2": 2}}
    with opened(tmp_path) as people:
        assert who(people, ANNA) == [anna]


WRONG = {
    "KVOTA_VAULT_REGION": "XX",
    "KVOTA_VAULT_STORE": "mysql://somewhere",
    "KVOTA_VAULT_MASTER_KEYS": "1:AAAA",
    "KVOTA_VAULT_MASTER_KEY_FILE": "/nowhere",
}


@pytest.mark.parametrize("variable", WRONG)
def test_what_the_environment_tells_wrongly_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, WRONG[variable])
    told = kvota("vault", "status", home=tmp_path)
    assert (told.code, told.out, len(told.err.splitlines())) == (2, "", 1)
    assert "somewhere" not in told.err


def test_a_database_that_does_not_answer_is_one_clear_line_without_its_password(tmp_path: Path) -> None:
    store = "postgresql://kvota:s3cret@127.0.0.1:9/vault"
    told = kvota("vault", "status", home=tmp_path, KVOTA_VAULT_STORE=store)
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert "s3cret" not in told.err
