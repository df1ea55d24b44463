"""The documents that are made from the code are as the code makes them."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError, validate

from events.catalogue import CATALOGUE, NOUNS
from events.codec import encode
from services.cli.catalogue_docs import documents, events_md, json_schema, main
from tests.events.examples import EXAMPLES

CHECKOUT = Path(__file__).resolve().parents[2]
DOCUMENTS = documents()


@pytest.mark.parametrize("path", sorted(DOCUMENTS))
def test_a_document_is_as_the_code_makes_it(path: str) -> None:
    assert (CHECKOUT / path).read_text(encoding="utf-8") == DOCUMENTS[path], "run `make docs`"


def test_every_event_and_every_noun_has_its_place_in_the_catalogue() -> None:
    lines = events_md().splitlines()
    assert {f"### {name}" for name in CATALOGUE} <= set(lines)
    assert {f"## {name}" for name in NOUNS} <= set(lines)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_a_schema_describes_the_data_of_a_record(name: str) -> None:
    schema = json_schema(CATALOGUE[name])
    Draft202012Validator.check_schema(schema)
    record = json.loads(encode(EXAMPLES[name].envelope))
    assert schema["$id"] == record["dataschema"]
    checker = Draft202012Validator.FORMAT_CHECKER
    validate(record["data"], schema, cls=Draft202012Validator, format_checker=checker)
    assert record["data"].keys() <= schema["properties"].keys()
    with pytest.raises(ValidationError, match="is a required property"):
        validate({}, schema, cls=Draft202012Validator)


def test_only_what_differs_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(tmp_path)
    assert set(capsys.readouterr().out.split()) == set(DOCUMENTS)
    (tmp_path / "docs/events.md").write_text("old", encoding="utf-8")
    main(tmp_path)
    assert capsys.readouterr().out.split() == ["docs/events.md"]
    assert (tmp_path / "docs/events.md").read_text(encoding="utf-8") == DOCUMENTS["docs/events.md"]
