"""Every record that was ever written can be read, by Kvota and by those who know nothing of it but CloudEvents."""

import json
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from events.catalogue import CATALOGUE
from events.codec import Decoded, decode, encode, event_data
from events.event import Event
from tests.events.examples import EXAMPLES
from tests.events.write_golden import GOLDEN, golden_path

FILES = sorted(GOLDEN.glob("*.json"))
COMMON = {"specversion", "id", "source", "type", "time", "subject", "datacontenttype", "dataschema", "data"}

every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
every_type = pytest.mark.parametrize("name", sorted(CATALOGUE))


@every_type
def test_every_event_has_an_example(name: str) -> None:
    assert EXAMPLES[name].entry == CATALOGUE[name]


@every_type
def test_the_current_version_has_a_golden_file_which_is_the_example(name: str) -> None:
    example = EXAMPLES[name]
    decoded = decode(golden_path(example).read_bytes())
    assert decoded.event == example.event
    assert decoded.envelope.id == example.envelope.id
    assert _attributes(encode(decoded.envelope)) == _attributes(encode(example.envelope))


@every_file
def test_every_golden_file_is_an_event_of_today(path: Path) -> None:
    decoded = decode(path.read_bytes())
    assert type(decoded.event) is CATALOGUE[decoded.envelope.type].model


@every_file
def test_what_is_written_again_holds_the_same_data(path: Path) -> None:
    decoded = decode(path.read_bytes())
    assert _data(event_data(_event(decoded))) == _data(decoded.envelope.data)


@every_file
def test_another_reader_of_cloudevents_sees_the_same_attributes(path: Path) -> None:
    raw = path.read_bytes()
    ours = decode(raw).envelope
    theirs = JSONFormat().read(CloudEvent, raw)
    assert theirs.get_id() == str(ours.id)
    assert theirs.get_source() == ours.source
    assert theirs.get_type() == ours.type
    assert theirs.get_time() == ours.time
    assert theirs.get_subject() == ours.subject
    assert theirs.get_datacontenttype() in (None, ours.datacontenttype)  # JSON is what is meant when nothing is said.
    assert theirs.get_dataschema() == ours.dataschema
    assert theirs.get_data() == _data(ours.data)
    recorded = theirs.get_extension("recordedtime")
    assert datetime.fromisoformat(recorded) == ours.recordedtime
    extensions = {name: theirs.get_extension(name) for name in _attributes(raw).keys() - COMMON - {"recordedtime"}}
    assert extensions == {name: _scalar(getattr(ours, name)) for name in extensions}


@every_file
def test_another_writer_of_cloudevents_writes_what_we_can_read(path: Path) -> None:
    ours = decode(path.read_bytes())
    theirs = JSONFormat().write(JSONFormat().read(CloudEvent, path.read_bytes()))
    assert decode(theirs).event == ours.event


@every_file
def test_names_of_attributes_are_those_that_cloudevents_allows(path: Path) -> None:
    assert all(name.isascii() and name.isalnum() and name == name.lower() for name in _attributes(path.read_bytes()))


@every_file
def test_a_decision_says_its_stream_and_a_fact_its_place_in_the_source(path: Path) -> None:
    envelope = decode(path.read_bytes()).envelope
    decision = (envelope.stream, envelope.streamversion, envelope.commandid, envelope.authid)
    if envelope.sequence is None:
        assert None not in decision
    else:
        assert decision == (None, None, None, None)


def _attributes(raw: bytes) -> dict[str, object]:
    attributes: dict[str, object] = json.loads(raw)
    return attributes


def _data(raw: msgspec.Raw) -> dict[str, object]:
    data: dict[str, object] = json.loads(bytes(raw))
    return data


def _event(decoded: Decoded) -> Event:
    assert decoded.event is not None
    return decoded.event


def _scalar(value: object) -> object:
    return value if isinstance(value, int) else str(value)
