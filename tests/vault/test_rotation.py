"""Changing the master key, in both kinds of store."""

from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from services.vault.master import FILE_NAME, KeyFile, MasterKeyError
from services.vault.months import Months
from services.vault.people import People
from services.vault.rotation import keys_by_version, rewrap
from services.vault.settings import VaultSettings
from services.vault.texts import Text, open_texts, seal_texts
from services.vault.vault import open_people
from tests.vault.told import ANNA, OTHER_NUMBER, caller, who


def versions(people: People) -> dict[int, int]:
    with people.store.reading() as rows:
        return keys_by_version(rows)


def without(path: Path, version: int) -> None:
    """Take a key out of the file."""
    lines = path.read_text("ascii").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(f"{version} ")), "ascii")


def test_after_a_rotation_the_old_key_is_needed_for_nothing(
    people: People, settings: VaultSettings, tmp_path: Path
) -> None:
    [anna, *_] = who(people, ANNA, *(caller(f"+7916{1_000_000 + index}") for index in range(1_500)))
    [sealed] = seal_texts(people, [Text(anna, "Просит звонить утром.")])
    months = Months(people.store, people.masters).public_keys(date(2026, 11, 26))
    assert versions(people) == {1: 1_501 + len(months) + 1}
    KeyFile(tmp_path / FILE_NAME, may_be_made=False).add()
    assert rewrap(people.store, people.masters) == 1_501 + len(months) + 1
    without(tmp_path / FILE_NAME, 1)
    again = open_people(settings, tmp_path)
    with closing(again.store):
        assert who(again, caller()) == [anna] == list(again.details([anna]))
        assert open_texts(again, [Text(anna, sealed)]) == ["Просит звонить утром."]
        assert Months(again.store, again.masters).public_keys(date(2026, 11, 26)) == months
        assert versions(again) == {2: 1_501 + len(months) + 1}


def test_a_vault_that_serves_meanwhile_writes_by_the_new_key_and_reads_by_both(people: People, tmp_path: Path) -> None:
    [anna] = who(people, ANNA)
    KeyFile(tmp_path / FILE_NAME, may_be_made=False).add()
    who(people, caller(OTHER_NUMBER))
    assert people.details([anna])
    assert versions(people) == {1: 2, 2: 1}
    assert rewrap(people.store, people.masters) == 2
    assert rewrap(people.store, people.masters) == 0


def test_without_the_old_key_nothing_is_rewrapped_and_nothing_is_lost(people: People, tmp_path: Path) -> None:
    [anna] = who(people, ANNA)
    keys = (tmp_path / FILE_NAME).read_text("ascii")
    KeyFile(tmp_path / FILE_NAME, may_be_made=False).add()
    both = (tmp_path / FILE_NAME).read_text("ascii")
    without(tmp_path / FILE_NAME, 1)
    with pytest.raises(MasterKeyError, match="master key 1 is missing"):
        rewrap(people.store, people.masters)
    assert both.startswith(keys)
    (tmp_path / FILE_NAME).write_text(both, "ascii")
    assert people.details([anna])[anna].details["name"]
