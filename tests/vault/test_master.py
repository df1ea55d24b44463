"""The master keys: in a file of their own, for their owner's eyes, or told by the environment."""

import base64
import os
import stat
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.runtime.errors import ClearError
from services.vault.cipher import NotOpenedError, new_key, seal, token, unseal
from services.vault.master import FILE_NAME, KeyFile, MasterKeyError, MasterKeys, ToldKeys, Wrapped
from services.vault.settings import VaultSettings
from services.vault.vault import open_people

KEY = base64.b64encode(b"k" * 32).decode()
OTHER = base64.b64encode(b"o" * 32).decode()


def test_what_is_sealed_opens_with_its_key_and_about_its_subject_alone() -> None:
    key = new_key()
    sealed = seal(key, "Анна".encode(), "p1\x1fname")
    assert unseal(key, sealed, "p1\x1fname").decode() == "Анна"
    assert sealed != seal(key, "Анна".encode(), "p1\x1fname")
    for other_key, found, about in (
        (new_key(), sealed, "p1\x1fname"),
        (key, sealed, "p2\x1fname"),
        (key, sealed[:-1] + bytes([sealed[-1] ^ 1]), "p1\x1fname"),
        (key, b"", "p1\x1fname"),
    ):
        with pytest.raises(NotOpenedError):
            unseal(other_key, found, about)


def test_a_token_is_of_a_key_a_kind_and_a_value() -> None:
    told = {token(key, kind, value) for key in (b"1", b"2") for kind in ("number", "email") for value in ("a", "b")}
    assert len(told) == 8
    assert token(b"1", "number", "a") in told


def test_a_first_key_is_made_for_its_owner_alone_and_stays(tmp_path: Path) -> None:
    first = VaultSettings().masters(tmp_path)
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    wrapped = first.wrap(b"secret", "p1")
    assert VaultSettings().masters(tmp_path).unwrap(wrapped, "p1") == b"secret"
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_power_cut_leaves_the_file_where_it_was_put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced, sync = list[str](), os.fsync

    def spied(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", spied)
    VaultSettings().masters(tmp_path)
    assert synced[-1] == str(tmp_path)
    synced.clear()
    KeyFile(tmp_path / FILE_NAME, may_be_made=False).add()
    assert synced[-1] == str(tmp_path)


def test_a_file_that_is_told_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyError, match="there is no file of master keys at"):
        VaultSettings(master_key_file=tmp_path / "keys").masters(tmp_path)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    VaultSettings().masters(tmp_path)
    (tmp_path / FILE_NAME).chmod(0o640)
    with pytest.raises(MasterKeyError, match="chmod 600"):
        VaultSettings().masters(tmp_path)


@pytest.mark.parametrize("told", ["", "1", f"0:{KEY}", "1:AAAA", f"one:{KEY}", f"1:{KEY}x", f"1:{KEY}:2"])
def test_what_is_no_key_is_refused_without_being_repeated(told: str) -> None:
    with pytest.raises(MasterKeyError) as refused:
        ToldKeys(told)
    assert KEY not in str(refused.value)


def test_the_environment_tells_keys_of_several_versions(tmp_path: Path) -> None:
    before = MasterKeys(ToldKeys(f"1:{KEY}")).wrap(b"secret", "p1")
    masters = VaultSettings(master_keys=SecretStr(f"2:{OTHER},1:{KEY}")).masters(tmp_path)
    assert masters.newest == 2
    assert masters.unwrap(before, "p1") == b"secret"
    assert masters.wrap(b"secret", "p1").master == 2
    with pytest.raises(MasterKeyError, match="master key 3 is missing"):
        masters.unwrap(Wrapped(before.sealed, 3), "p1")


def test_a_key_that_is_added_is_seen_by_whoever_has_the_file_open(tmp_path: Path) -> None:
    served = VaultSettings().masters(tmp_path)
    wrapped = served.wrap(b"secret", "p1")
    assert KeyFile(tmp_path / FILE_NAME, may_be_made=False).add() == 2
    assert (served.newest, served.wrap(b"other", "p2").master) == (2, 2)
    assert served.unwrap(wrapped, "p1") == b"secret"
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_a_store_does_not_open_with_another_stores_key(settings: VaultSettings, tmp_path: Path) -> None:
    with closing(open_people(settings, tmp_path).store):
        (tmp_path / FILE_NAME).unlink()
        with pytest.raises(ClearError, match="master key 1 is not the one that this store was sealed under"):
            open_people(settings, tmp_path)
