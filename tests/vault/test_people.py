"""People in the store, the same in SQLite and in PostgreSQL: met once, sealed, and erased for good."""

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from events.window import DAYS
from services.vault.look_up import Found
from services.vault.people import ErasedError, People, Person, UnknownPersonError, bury
from services.vault.settings import VaultSettings
from services.vault.texts import Text, open_texts, seal_texts
from services.vault.vault import open_people
from tests.vault.postgres import Postgres
from tests.vault.told import ANNA, EMAIL, NAME, NOW, NUMBER, OTHER_NUMBER, TODAY, caller, holding, in_plain, tokens, who


def test_whoever_is_told_by_a_number_or_an_address_again_is_the_same_person(people: People) -> None:
    [anna] = who(people, ANNA)
    assert who(people, caller(), caller(None, email=EMAIL), caller(OTHER_NUMBER))[:2] == [anna, anna]
    assert anna not in who(people, caller(OTHER_NUMBER), caller(None, email="other@example.org"))


def test_ids_are_random(people: People, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = open_people(VaultSettings(), tmp_path / "other")
    with closing(other.store):
        assert who(people, ANNA) != who(other, ANNA)


def test_in_one_batch_one_person_is_met_once(people: People) -> None:
    first, second = people.look_up([ANNA, caller(name="Somebody Else")], TODAY)
    assert (first.new, second) == (True, Found(first.person))
    assert people.details([first.person]) == {
        first.person: Person("caller", {"email": EMAIL, "name": NAME, "number": NUMBER})
    }


def test_what_is_told_later_is_added_and_what_was_told_first_stays(people: People) -> None:
    [anna] = who(people, caller())
    who(people, ANNA)
    who(people, caller(name="Somebody Else"))
    assert people.details([anna])[anna].details == {"email": EMAIL, "name": NAME, "number": NUMBER}


def test_a_number_and_an_address_of_two_people_are_said_to_be(people: People) -> None:
    [anna, boris] = who(people, caller(), caller(None, email=EMAIL))
    assert people.look_up([ANNA], TODAY) == [Found(anna, other=boris)]


def test_what_belongs_to_somebody_else_is_not_kept_with_whoever_is_meant(people: People) -> None:
    [anna, boris] = who(people, caller(ref="lead/1"), caller(OTHER_NUMBER))
    assert who(people, caller(OTHER_NUMBER, name="Борис", ref="lead/1")) == [anna]
    assert who(people, caller(email="b@example.org"), caller(OTHER_NUMBER, email="b@example.org")) == [anna, boris]
    assert people.details([anna])[anna].details == {"number": NUMBER, "email": "b@example.org"}
    assert people.details([boris])[boris].details == {"number": OTHER_NUMBER}


def test_a_repeat_of_what_somebody_was_mentioned_in_means_the_same_person(people: People) -> None:
    [anna] = who(people, caller(ref="lead/1"))
    assert who(people, caller(OTHER_NUMBER, ref="lead/1"), caller(None, ref="lead/1")) == [anna, anna]
    assert who(people, caller(OTHER_NUMBER)) == [anna]


def test_mentions_are_forgotten_after_the_window(people: People) -> None:
    [anna] = who(people, caller(None, ref="lead/1"))
    people.forget_mentions(TODAY + timedelta(days=DAYS))
    assert who(people, caller(None, ref="lead/1")) == [anna]
    people.forget_mentions(TODAY + timedelta(days=DAYS + 1))
    assert who(people, caller(None, ref="lead/1")) != [anna]


def test_an_erased_person_is_gone_and_does_not_come_back_by_a_repeat(people: People) -> None:
    anna_again = caller(name=NAME, email=EMAIL, ref="lead/1")
    [anna, boris] = who(people, anna_again, caller(OTHER_NUMBER))
    sealed = seal_texts(people, [Text(anna, "Prefers mornings.")])
    erasure = people.erase(anna, NOW)
    assert (erasure.held, erasure.lookups, erasure.repeated) == (("email", "name", "number"), 2, False)
    assert people.look_up([anna_again], TODAY) == [Found(anna, erased=True)]
    assert people.details([anna, boris]).keys() == {boris}
    assert open_texts(people, [Text(anna, *sealed)]) == [None]
    with pytest.raises(ErasedError):
        people.put_name(anna, NAME, "rep", replace=True)
    with pytest.raises(ErasedError):
        seal_texts(people, [Text(anna, "Prefers mornings.")])
    again = people.erase(anna, NOW + timedelta(days=1))
    assert (again.erased_at, again.repeated) == (NOW, True)


def test_who_calls_anew_after_an_erasure_is_somebody_new(people: People) -> None:
    [anna] = who(people, ANNA)
    people.erase(anna, NOW)
    [found] = people.look_up([caller(ref="call/2")], TODAY)
    assert found.new
    assert found.person != anna


def test_a_name_is_taken_back_of_whom_nothing_else_is_known(people: People) -> None:
    people.put_name("rep-1", NAME, "rep", replace=False)
    assert people.take_back("rep-1")
    assert not people.take_back("rep-1")
    assert people.names([]) == {}
    assert people.put_name("rep-1", "Somebody Else", "rep", replace=False), "it is as if nobody had been told of"
    [anna] = who(people, ANNA)
    assert not people.take_back(anna)
    assert people.details([anna])


def test_nobody_is_erased_who_is_not_there(people: People) -> None:
    with pytest.raises(UnknownPersonError):
        people.erase("nobody", NOW)


def test_a_text_is_sealed_for_its_person_alone(people: People) -> None:
    [anna, boris] = who(people, caller(), caller(OTHER_NUMBER))
    [sealed] = seal_texts(people, [Text(anna, "Просит звонить утром.")])
    assert "утром" not in sealed
    asked = [Text(anna, sealed), Text(boris, sealed), Text(anna, "no text"), Text("nobody", sealed)]
    assert open_texts(people, asked) == ["Просит звонить утром.", None, None, None]
    with pytest.raises(UnknownPersonError):
        seal_texts(people, [Text("nobody", "…")])


def files_of(settings: VaultSettings, home: Path, postgres: Postgres) -> Path:
    """Give the folder in which the tables of a store lie, all of it on the disk."""
    if settings.store is None:
        return home
    postgres.run("CHECKPOINT")
    return postgres.tables(settings.store.get_secret_value())


def test_no_file_of_a_store_holds_anything_in_plain(
    people: People, settings: VaultSettings, tmp_path: Path, postgres: Postgres
) -> None:
    [anna] = who(people, ANNA)
    people.put_name("rep-1", "Борис Вежливцев", "rep", replace=False)
    wanted = [*in_plain(), "Вежливцев".encode()]
    folder = files_of(settings, tmp_path, postgres)
    assert holding(folder, [anna.encode()])
    assert not holding(folder, wanted)
    assert not holding(postgres.folder / "data", wanted)


def test_no_file_of_a_store_holds_what_was_erased(
    people: People, settings: VaultSettings, tmp_path: Path, postgres: Postgres
) -> None:
    many = [caller(f"+7916{1_000_000 + index}", name=f"Somebody {index}") for index in range(2_000)]
    some = who(people, ANNA, *many)
    gone = some[:2_000:20]
    with people.store.reading() as rows:
        about = [{"person": person} for person in gone]
        kept = [bytes(key) for (key,) in rows.ask("SELECT wrapped FROM person_keys WHERE person = :person", about)]
        kept += [sealed for (sealed,) in rows.ask("SELECT sealed FROM details WHERE person = :person", about)]
        kept += [token.encode() for (token,) in rows.ask("SELECT token FROM lookups WHERE person = :person", about)]
    assert count_in(files_of(settings, tmp_path, postgres), kept) == len(kept) == 4 * 100 + 2
    with people.store.writing() as rows:
        for person in gone[1:]:
            bury(rows, person, NOW)
    people.erase(gone[0], NOW)
    assert count_in(files_of(settings, tmp_path, postgres), [*kept, *tokens(people)]) == 0
    assert len(people.details(some)) == 1_901


def count_in(folder: Path, wanted: list[bytes]) -> int:
    """Count which of these some file under a folder holds."""
    held = b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return sum(each in held for each in wanted)


RACE = """
import json, sys
from pathlib import Path
from services.vault.settings import VaultSettings
from services.vault.vault import open_people
from tests.vault.told import caller, who
people = open_people(VaultSettings(), Path(sys.argv[1]))
sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
numbers = [f"+7916{1_000_000 + number}" for number in range(400)]
numbers = numbers if sys.argv[2] == "up" else numbers[::-1]
found = {}
for start in range(0, len(numbers), 20):
    some = numbers[start:start + 20]
    found |= dict(zip(some, who(people, *map(caller, some))))
json.dump(found, sys.stdout)
"""


def test_two_processes_that_meet_the_same_people_at_once_agree_who_they_are(
    people: People, settings: VaultSettings, tmp_path: Path
) -> None:
    environment = {"PATH": "", "PYTHONPATH": str(Path(__file__).parents[2])}
    if settings.store is not None:
        environment["KVOTA_VAULT_STORE"] = settings.store.get_secret_value()

    def racer(way: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", RACE, str(tmp_path), way]
        return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    with racer("up") as up, racer("up") as down:
        for each in (up, down):
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        answers: list[Mapping[str, str]] = []
        for each in (up, down):
            assert each.stdin is not None
            each.stdin.write("go\n")
            each.stdin.flush()
        for each in (up, down):
            assert each.stdout is not None
            answers.append(json.loads(each.stdout.read()))
    assert answers[0] == answers[1]
    assert len(set(answers[0].values())) == 400
    assert people.details(answers[0].values()).keys() == set(answers[0].values())
