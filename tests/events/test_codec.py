"""What cannot be read is refused with a word on what is wrong; what is not known yet is kept."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.calls import CallEnded, CallRestated
from events.codec import UnreadableError, decode, encode
from events.envelope import read_expects, write_expects
from tests.events.examples import EXAMPLES
from tests.events.examples.calls import PBX, ended, ended_example
from tests.events.examples.dates import when
from tests.events.examples.record import fact

CONTENT = "+79161234567"
"""Content that no message may repeat."""

Record = dict[str, Any]
Change = Callable[[Record], Any]


def test_unknown_attributes_and_fields_are_kept_in_the_record_and_ignored_in_the_event() -> None:
    raw = _changed("call.ended", lambda record: record.update(traceparent="00-1") or record["data"].update(mood="calm"))
    decoded = decode(raw)
    assert decoded.event == EXAMPLES["call.ended"].event
    assert decoded.json == raw


def test_an_event_of_an_unknown_type_is_kept_unread() -> None:
    raw = _changed("call.ended", lambda record: record.update(type="planet.aligned", dataschema="urn:elsewhere:1"))
    decoded = decode(raw)
    assert (decoded.event, decoded.envelope.type, decoded.json) == (None, "planet.aligned", raw)


def test_an_event_of_a_newer_version_is_kept_unread() -> None:
    raw = _changed("call.ended", lambda record: record.update(dataschema="urn:kvota:call.ended:7"))
    assert decode(raw).event is None


def test_a_correction_that_holds_an_event_of_a_newer_version_is_kept_unread() -> None:
    raw = _changed("deal.amended", lambda record: record["data"]["now"].update(version=7))
    assert decode(raw).event is None


def test_a_record_without_a_schema_is_of_the_first_version() -> None:
    raw = _changed("call.ended", lambda record: record.pop("dataschema"))
    assert decode(raw).event == ended


def test_data_may_be_empty_where_nothing_is_required() -> None:
    with pytest.raises(UnreadableError, match=r"^call\.ended: call: Field required$"):
        decode(_changed("call.ended", lambda record: record.update(data={})))


def test_the_envelope_says_when_it_happened_whatever_the_data_says() -> None:
    raw = _changed(
        "call.ended", lambda record: record["data"].update(occurred_at="2020-01-01T00:00:00Z", day="2020-01-01")
    )
    assert decode(raw).event == ended


def test_an_instant_of_another_zone_is_the_same_instant() -> None:
    raw = _changed("call.ended", lambda record: record.update(time="2026-11-24T12:04:05+03:00"))
    assert decode(raw).event == ended


def test_a_restatement_is_told_apart_by_the_type_inside_it() -> None:
    event = decode(encode(EXAMPLES["call.restated"].envelope)).event
    assert isinstance(event, CallRestated)
    assert isinstance(event.was, CallEnded)


def test_an_event_cannot_be_both_what_was_and_another_type() -> None:
    restated = CallRestated(**when(10), of=ended_example.envelope.id, revision=2, reason="", was=ended, now=ended)
    record = json.loads(encode(fact(restated, PBX, "call/1", 2).envelope))
    record["data"]["was"]["type"] = CONTENT
    assert CONTENT not in _refusal(_bytes(record))


DATA_REFUSED: list[tuple[str, Change, str]] = [
    ("negative seconds", lambda data: data.update(talk_seconds=-1), "talk_seconds"),
    ("a fraction for a whole number", lambda data: data.update(talk_seconds=1.7), "talk_seconds"),
    ("a text for a whole number", lambda data: data.update(talk_seconds="5"), "talk_seconds"),
    ("a truth for a whole number", lambda data: data.update(talk_seconds=True), "talk_seconds"),
    ("a number beyond 64 bits", lambda data: data.update(talk_seconds=2**63), "talk_seconds"),
    ("a number of 400 digits", lambda data: data.update(talk_seconds=10**400), "talk_seconds"),
    ("a number for a text", lambda data: data.update(call=5), "call"),
    ("an object for a text", lambda data: data.update(call={CONTENT: 1}), "call"),
    ("an empty name", lambda data: data.update(call=""), "call"),
    ("a name too long", lambda data: data.update(call=CONTENT * 50), "call"),
    ("an unknown word", lambda data: data.update(outcome=CONTENT), "outcome"),
    ("a missing field", lambda data: data.pop("ended_at"), "ended_at"),
    ("null for a required field", lambda data: data.update(ended_at=None), "ended_at"),
    ("an instant without a zone", lambda data: data.update(ended_at="2026-11-24T09:04:05"), "ended_at"),
    ("an instant as a number", lambda data: data.update(ended_at=1795507445), "ended_at"),
    ("an instant as a number in a text", lambda data: data.update(ended_at="1795507445"), "ended_at"),
    ("an instant outside of the calendar", lambda data: data.update(ended_at="0001-01-01T00:00:00+03:00"), "ended_at"),
    ("an instant that does not exist", lambda data: data.update(ended_at="2026-02-30T00:00:00Z"), "ended_at"),
    ("another type in the data", lambda data: data.update(type="call.offered"), "type"),
]


@pytest.mark.parametrize(("change", "field"), [row[1:] for row in DATA_REFUSED], ids=[row[0] for row in DATA_REFUSED])
def test_a_field_that_is_wrong_is_named_and_not_quoted(change: Change, field: str) -> None:
    message = _refusal(_changed("call.ended", lambda record: change(record["data"])))
    assert message.startswith(f"call.ended: {field}: ")
    assert CONTENT not in message


RECORD_REFUSED: list[tuple[str, Change, str]] = [
    ("no id", lambda record: record.pop("id"), "`id`"),
    ("an id that is none", lambda record: record.update(id=CONTENT), "$.id"),
    ("no source", lambda record: record.pop("source"), "`source`"),
    ("an empty source", lambda record: record.update(source=""), "$.source"),
    ("no type", lambda record: record.pop("type"), "`type`"),
    ("no time", lambda record: record.pop("time"), "`time`"),
    ("a time without a zone", lambda record: record.update(time="2026-11-24T09:04:05"), "time"),
    ("a time outside of the calendar", lambda record: record.update(time="0001-01-01T00:00:00+03:00"), "time"),
    ("no day", lambda record: record.pop("day"), "`day`"),
    ("an instant for a day", lambda record: record.update(day="2026-11-24T00:00:00Z"), "$.day"),
    ("no data", lambda record: record.pop("data"), "`data`"),
    ("an array of data", lambda record: record.update(data=[CONTENT]), "data"),
    ("another specversion", lambda record: record.update(specversion=CONTENT), "specversion"),
    ("a schema without a version", lambda record: record.update(dataschema=f"urn:{CONTENT}:x"), "dataschema"),
    ("a version in other digits", lambda record: record.update(dataschema="urn:kvota:call.ended:١"), "dataschema"),
    ("a version zero", lambda record: record.update(dataschema="urn:kvota:call.ended:0"), "version 0"),
    ("a stream without a version", lambda record: record.update(stream="call/1"), "streamversion"),
    ("a version without a stream", lambda record: record.update(streamversion=1), "streamversion"),
    ("a stream version zero", lambda record: record.update(stream="call/1", streamversion=0), "$.streamversion"),
    ("a stream version in a text", lambda record: record.update(stream="call/1", streamversion="1"), "$.streamversion"),
    ("a stream version beyond 31 bits", lambda record: record.update(stream="a", streamversion=2**31), "streamversion"),
]


@pytest.mark.parametrize(
    ("change", "field"), [row[1:] for row in RECORD_REFUSED], ids=[row[0] for row in RECORD_REFUSED]
)
def test_an_attribute_that_is_wrong_is_named_and_not_quoted(change: Change, field: str) -> None:
    message = _refusal(_changed("call.ended", change))
    assert field in message
    assert CONTENT not in message


HEADS_REFUSED = ["a", "a@", "@1", "a@-1", "a@1_0", "a@01", "a@1  b@2", "", " ", "a@1 a@2", "a@1\tb@2", "a@99999999999"]


@pytest.mark.parametrize("text", HEADS_REFUSED)
def test_heads_written_in_any_other_way_are_refused(text: str) -> None:
    refusal = _refusal(_changed("deal.won", lambda record: record.update(expects=text)))
    assert refusal.startswith("expects must be")


@pytest.mark.parametrize("stream", ["", "rep/Anna P.", "a\tb"])
def test_a_head_that_could_not_be_read_back_is_not_written(stream: str) -> None:
    with pytest.raises(ValueError, match="the name of a stream"):
        write_expects({stream: 1})


@given(st.dictionaries(st.from_regex(r"\S+", fullmatch=True), st.integers(0, 2**31 - 1)))
def test_heads_are_read_as_they_were_written(heads: dict[str, int]) -> None:
    assert read_expects(write_expects(heads)) == heads


WHOLE = encode(ended_example.envelope)

BYTES_REFUSED = [
    ("nothing", b"", "JSON"),
    ("half a record", WHOLE[: len(WHOLE) // 2], "JSON"),
    ("more than a record", WHOLE + b"{}", "JSON"),
    ("two records", WHOLE + b"\n" + WHOLE, "JSON"),
    ("not an object", b"[1]", "object"),
    ("invalid UTF-8", WHOLE.replace("осень".encode(), b"\xd0"), "UTF-8"),
    ("a byte order mark", b"\xef\xbb\xbf" + WHOLE, "JSON"),
    ("NaN", WHOLE.replace(b'"talk_seconds":231', b'"talk_seconds":NaN'), "JSON"),
    ("a name twice", WHOLE.replace(b'"talk_seconds":231', b'"talk_seconds":231,"talk_seconds":1'), "twice"),
    ("a type twice", WHOLE.replace(b'"type":', b'"type":"call.offered","type":', 1), "twice"),
    ("nanoseconds", re.sub(rb'"time":"[^"]*"', b'"time":"2026-11-24T09:00:00.9999999Z"', WHOLE), "time should"),
    ("a small zone", re.sub(rb'"time":"[^"]*"', b'"time":"2026-11-24T09:00:00z"', WHOLE), "time should"),
    ("a lone surrogate", WHOLE.replace(b'"call":"', b'"call":"\\ud800'), "JSON"),
    (
        "arrays 100,000 deep",
        WHOLE.replace(b'"data":{', b'"data":{"x":' + b"[" * 100_000 + b"]" * 100_000 + b","),
        "recursion",
    ),
    ("arrays 250 deep", WHOLE.replace(b'"data":{', b'"data":{"x":' + b"[" * 250 + b"]" * 250 + b","), "recursion"),
]


@pytest.mark.parametrize(("raw", "word"), [row[1:] for row in BYTES_REFUSED], ids=[row[0] for row in BYTES_REFUSED])
def test_bytes_that_are_no_record_are_refused(raw: bytes, word: str) -> None:
    assert word in _refusal(raw)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with pytest.raises(UnreadableError):
        decode(raw)


@given(st.sampled_from(sorted(EXAMPLES)), st.data())
def test_a_record_with_a_torn_byte_is_read_or_refused(name: str, data: st.DataObject) -> None:
    raw = bytearray(encode(EXAMPLES[name].envelope))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with suppress(UnreadableError):
        assert decode(bytes(raw)).envelope.specversion == "1.0"


def _changed(name: str, change: Change) -> bytes:
    record = json.loads(encode(EXAMPLES[name].envelope))
    change(record)
    return _bytes(record)


def _bytes(record: Record) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode()


def _refusal(raw: bytes) -> str:
    with pytest.raises(UnreadableError) as caught:
        decode(raw)
    return str(caught.value)
