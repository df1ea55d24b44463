"""Copies of the vault: whole, sealed, of no kind of database, and nobody comes back with them."""

import errno
import os
import stat
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copy

import pytest
from pydantic import SecretStr

from services.runtime.sealing import seal_payload
from services.vault.backup import BackupError, back_up, erase_again, restore
from services.vault.master import FILE_NAME, KeyFile, MasterKeyError
from services.vault.months import Months
from services.vault.people import ErasedError, People
from services.vault.rotation import rewrap
from services.vault.settings import VaultSettings
from services.vault.store import TABLES
from services.vault.texts import Text, open_texts, seal_texts
from services.vault.vault import open_people
from tests.vault.postgres import Postgres
from tests.vault.told import ANNA, NOW, OTHER_NUMBER, TODAY, caller, in_plain, tokens, who


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest) -> VaultSettings:
    """Settings of another vault, of each kind."""
    if request.param == "sqlite":
        return VaultSettings()
    server: Postgres = request.getfixturevalue("postgres")
    return VaultSettings(store=SecretStr(server.new_database()))


@contextmanager
def opened(settings: VaultSettings, home: Path, *, keys_of: Path | None = None) -> Generator[People]:
    """Open a vault in a home, with the master keys of another home if one is named."""
    home.mkdir(exist_ok=True)
    if keys_of is not None:
        copy(keys_of / FILE_NAME, home)
    found = open_people(settings, home)
    with closing(found.store):
        yield found


def rows_of(people: People) -> dict[str, list[tuple[object, ...]]]:
    with people.store.reading() as rows:
        return {
            table: sorted(rows.ask(f"SELECT {', '.join(columns)} FROM {table}")) for table, columns in TABLES.items()
        }


def test_a_backup_restores_all_of_it_into_a_store_of_any_kind(
    people: People, elsewhere: VaultSettings, tmp_path: Path
) -> None:
    [anna, boris] = who(people, ANNA, caller(OTHER_NUMBER, ref="call/1"))
    people.put_name("rep-1", "Борис Вежливцев", "rep", replace=False)
    people.erase(boris, NOW)
    Months(people.store, people.masters).public_keys(TODAY)
    [sealed] = seal_texts(people, [Text(anna, "Просит звонить утром.")])
    file, before = tmp_path / "backup", rows_of(people)
    assert back_up(people.store, file) == sum(map(len, before.values()))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not [each for each in in_plain() if each in file.read_bytes()]
    with opened(elsewhere, tmp_path / "other", keys_of=tmp_path) as other:
        assert restore(other, file, []) == 0
        assert rows_of(other) == before
        assert who(other, caller(), caller(None, ref="call/1")) == [anna, boris]
        assert open_texts(other, [Text(anna, sealed)]) == ["Просит звонить утром."]
        assert other.names([]) == {"rep-1": "Борис Вежливцев"}


def test_a_restore_keeps_the_keys_that_payloads_were_sealed_under_meanwhile(
    people: People, elsewhere: VaultSettings, tmp_path: Path
) -> None:
    file, before = tmp_path / "backup", Months(people.store, people.masters).public_keys(TODAY)
    back_up(people.store, file)
    with opened(elsewhere, tmp_path / "other", keys_of=tmp_path) as other:
        months = Months(other.store, other.masters)
        public = months.public_keys(TODAY)
        sealed = [seal_payload(keys, text, TODAY) or "" for keys, text in ((before, b"before"), (public, b"since"))]
        restore(other, file, [])
        assert months.public_keys(TODAY) == public != before
        assert months.opened(sealed) == [b"before", b"since"]
        KeyFile(tmp_path / "other" / FILE_NAME, may_be_made=False).add()
        assert rewrap(other.store, other.masters) == 5
        assert months.opened(sealed) == [b"before", b"since"]
        months.forget(TODAY.replace(year=2027), 90)
        assert months.opened(sealed) == [None, None]


def test_whoever_was_erased_since_does_not_come_back(people: People, elsewhere: VaultSettings, tmp_path: Path) -> None:
    [anna, boris] = who(people, caller(name="Анна", ref="lead/1"), caller(OTHER_NUMBER))
    wanted, file = tokens(people)[:2], tmp_path / "backup"
    back_up(people.store, file)
    erasures = [(anna, people.erase(anna, NOW).erased_at), ("nobody", NOW)]
    assert [each for each in wanted if each in file.read_bytes()]
    with opened(elsewhere, tmp_path / "other", keys_of=tmp_path) as other:
        assert restore(other, file, erasures) == 1
        assert other.details([anna, boris]).keys() == {boris}
        assert other.look_up([caller(ref="lead/1")], TODAY)[0].erased
        assert other.erase(anna, NOW).repeated
        with pytest.raises(ErasedError):
            other.put_name("nobody", "Кто-то", "rep", replace=True)
        assert erase_again(other, [*erasures, (boris, NOW)]) == 1
        assert not other.details([boris])


def test_a_restore_needs_an_empty_store_and_the_stores_own_master_key(people: People, tmp_path: Path) -> None:
    who(people, ANNA)
    file = tmp_path / "backup"
    back_up(people.store, file)
    with pytest.raises(BackupError, match="the vault is not empty"):
        restore(people, file, [])
    with opened(VaultSettings(), tmp_path / "other") as other:
        before = rows_of(other)
        with pytest.raises(MasterKeyError, match="is not the one"):
            restore(other, file, [])
        assert rows_of(other) == before


def test_a_backup_is_not_overwritten(people: People, tmp_path: Path) -> None:
    (tmp_path / "backup").write_text("kept")
    with pytest.raises(BackupError, match="is there already"):
        back_up(people.store, tmp_path / "backup")
    assert (tmp_path / "backup").read_text() == "kept"
    assert not list(tmp_path.glob("*.part"))


def test_a_backup_that_fails_leaves_nothing_behind(
    people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    who(people, ANNA)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space"):
            back_up(people.store, tmp_path / "backup")
    assert not list(tmp_path.glob("backup*"))
    (tmp_path / "backup.part").touch()
    with pytest.raises(BackupError, match=r"backup.part is there: .* delete it"):
        back_up(people.store, tmp_path / "backup")


DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut short": (lambda held: held[: len(held) // 2], "is damaged, or not whole"),
    "without its last line": (lambda held: held[: held.rindex(b"\n", 0, -1) + 1], "is damaged, or not whole"),
    "one letter changed": (lambda held: held.replace(b"caller", b"called", 1), "is damaged, or not whole"),
    "one line left out": (lambda held: b"\n".join(held.split(b"\n")[:1] + held.split(b"\n")[2:]), "is damaged"),
    "of a later version": (lambda held: held.replace(b",1]", b",2]", 1), "is no backup of a vault"),
    "something else": (lambda _: b"hello\n", "is no backup of a vault"),
    "nothing": (lambda _: b"", "is damaged, or not whole"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_a_damaged_backup_is_refused_before_anything_is_changed(people: People, tmp_path: Path, case: str) -> None:
    change, said = DAMAGE[case]
    who(people, ANNA)
    file = tmp_path / "backup"
    back_up(people.store, file)
    file.write_bytes(change(file.read_bytes()))
    with opened(VaultSettings(), tmp_path / "other", keys_of=tmp_path) as other:
        before = rows_of(other)
        with pytest.raises(BackupError, match=said):
            restore(other, file, [])
        assert rows_of(other) == before
