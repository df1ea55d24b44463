"""What is deleted is gone from the store's files, or whoever deleted it is told that it is not yet."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from services.vault import postgres as postgresql
from services.vault import sqlite
from services.vault.people import leave_tombstone
from services.vault.postgres import PostgresStore
from services.vault.settings import VaultSettings
from services.vault.store import NotScrubbedError
from services.vault.vault import open_people
from tests.vault.postgres import Postgres
from tests.vault.told import ANNA, NOW, holding, tokens, who
from tests.waiting import eventually

_WAITING = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def test_an_erasure_whose_file_cannot_be_scrubbed_says_that_it_has_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "WAIT_S", 0.1)
    people = open_people(VaultSettings(), tmp_path)
    with closing(people.store), closing(sqlite3.connect(tmp_path / "vault.sqlite")) as reader:
        [anna] = who(people, ANNA)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM details").fetchall()
        with pytest.raises(NotScrubbedError, match=r"^it is deleted, but .*kvota vault erase-again"):
            people.erase(anna, NOW)
        assert people.details([anna]) == {}
        reader.execute("ROLLBACK")
        assert people.erase(anna, NOW).repeated


def test_an_older_transaction_of_postgresql_keeps_what_was_deleted_and_that_is_said(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "OLDER_WAIT_S", 0.1)
    url = postgres.new_database()
    people = open_people(VaultSettings(store=SecretStr(url)), tmp_path)
    with closing(people.store), psycopg.connect(url) as older:
        [anna] = who(people, ANNA)
        wanted = tokens(people)
        older.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        older.execute("SELECT 1 FROM months")  # a backup that has come no further, say
        with pytest.raises(NotScrubbedError, match="began before still reads"):
            people.erase(anna, NOW)
        older.rollback()
        assert people.erase(anna, NOW).repeated
        postgres.run("CHECKPOINT")
        assert holding(postgres.tables(url), wanted) == []


def test_whoever_waited_to_write_sees_what_was_written_meanwhile(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.new_database()
    postgres.run(f"ALTER DATABASE {url.rsplit('/', 1)[1]} SET default_transaction_isolation = 'repeatable read'")
    first = open_people(VaultSettings(store=SecretStr(url)), tmp_path)
    with closing(first.store), closing(PostgresStore(url)) as second, psycopg.connect(url, autocommit=True) as looking:
        seen = list[tuple[object, ...]]()

        def write() -> None:
            with second.writing() as rows:
                seen.extend(rows.ask("SELECT person FROM tombstones"))

        with first.store.writing() as rows:
            waiting = threading.Thread(target=write)
            waiting.start()
            assert eventually(lambda: looking.execute(_WAITING).fetchone() is not None)
            leave_tombstone(rows, "p1", NOW)
        waiting.join()
    assert seen == [("p1",)]
