"""API keys: shown once, kept as a hash, good until they are revoked."""

import os
from pathlib import Path

import pytest

from services.runtime.auth.api_keys import ApiKeys, NoSuchKeyError, NotPrivateError


def test_a_key_stands_for_what_it_was_made_for(tmp_path: Path) -> None:
    kept, key = ApiKeys(tmp_path).add("the PBX", "feed")
    caller = ApiKeys(tmp_path).caller(key)
    assert caller is not None
    assert (caller.role, caller.subject) == ("feed", f"key/{kept.id}")


def test_neither_a_key_nor_a_part_of_its_secret_is_kept(tmp_path: Path) -> None:
    _, key = ApiKeys(tmp_path).add("the PBX", "feed")
    secret = key.split("_", 2)[2]
    assert len(secret) == 43
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir()).decode()
    assert not any(secret[start : start + 8] in kept for start in range(len(secret) - 8))
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def test_a_key_that_is_wrong_stands_for_nobody(tmp_path: Path) -> None:
    keys = ApiKeys(tmp_path)
    (_, one), (_, other) = keys.add("one", "feed"), keys.add("other", "screen")
    mixed = "_".join([*one.split("_", 2)[:2], other.split("_", 2)[2]])
    for wrong in (mixed, one[:-1], one + "a", "kvota_", "kvota__", "kvota_nobody_secret", "", one.upper()):
        assert keys.caller(wrong) is None


def test_a_key_that_is_revoked_elsewhere_is_refused_at_once_and_the_others_stay(tmp_path: Path) -> None:
    serving, managing = ApiKeys(tmp_path), ApiKeys(tmp_path)
    (one, key), (_, other) = managing.add("one", "feed"), managing.add("other", "screen")
    assert serving.caller(key) is not None
    managing.revoke(one.id)
    assert serving.caller(key) is None
    assert serving.caller(other) is not None
    [first, _] = serving.all()
    assert first.revoked_at is not None
    managing.revoke(one.id)
    assert serving.all()[0].revoked_at == first.revoked_at


def test_what_is_not_there_cannot_be_revoked(tmp_path: Path) -> None:
    with pytest.raises(NoSuchKeyError):
        ApiKeys(tmp_path).revoke("nobody")


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    keys = ApiKeys(tmp_path)
    _, key = keys.add("one", "feed")
    (tmp_path / "api-keys.json").chmod(0o640)
    with pytest.raises(NotPrivateError, match="chmod 600"):
        keys.caller(key)
    (tmp_path / "api-keys.json").chmod(0o600)
    assert keys.caller(key) is not None


def test_a_power_cut_takes_no_key_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced, sync = list[str](), os.fsync

    def spied(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", spied)
    ApiKeys(tmp_path).add("one", "feed")
    [file, folder] = synced
    assert (Path(file).parent, folder) == (tmp_path, str(tmp_path))
