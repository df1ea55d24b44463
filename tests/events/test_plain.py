"""Plain records are read as the careful way reads them, and whatever is not plain goes the careful way."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.catalogue import CATALOGUE
from events.codec import Decoded, UnreadableError, decode, encode
from events.envelope import Envelope
from events.plain import PlainRecord, Read, read_all
from events.shapes import SHAPES
from tests.events.examples import EXAMPLES
from tests.events.examples.record import fact
from tests.events.spoiling import TOKENS, spoiled
from tests.events.strategies import events

PLAIN = {shape.event.name: shape for shape in SHAPES.values()}

records = st.sampled_from(sorted(CATALOGUE)).flatmap(
    lambda name: events(CATALOGUE[name].model).map(lambda event: fact(event, "/pbx", "call/1", 1).envelope)
)
"""Facts of every type, also of those that only decisions have."""

spoiled_records = records.flatmap(spoiled)


def carefully(raw: bytes) -> Decoded | str:
    try:
        return decode(raw)
    except UnreadableError as error:
        return str(error)


def agree(raw: bytes, read: Read) -> bool:
    """Whether a record was read as the careful way reads it."""
    careful = carefully(raw)
    if isinstance(read, UnreadableError):
        return str(read) == careful
    if isinstance(read, Decoded):
        return read == careful
    return isinstance(careful, Decoded) and meant(read) == dict(said(careful))


def meant(read: PlainRecord) -> dict[str, Any]:
    """What a plain record says, with the values that its texts stand for and what is left out filled in."""
    model = CATALOGUE[read.shape.event.name].model
    attributes = {name: value for name, value in msgspec.structs.asdict(read.record).items() if name != "data"}
    fields = msgspec.structs.asdict(read.record.data)
    values = {name: value for name, value in attributes.items() if value is not None}
    values |= {f"data.{name}": value for name, value in fields.items() if value is not None}
    left_out = {name: model.model_fields[name].default for name, value in fields.items() if value is None}
    instants = {"time", "recordedtime", *(f"data.{name}" for name in read.shape.instants)}
    values |= {name: datetime.fromisoformat(values[name]) for name in instants & values.keys()}
    values |= {f"data.{name}": value for name, value in left_out.items() if value is not None}
    return values | {"id": UUID(values["id"]), "day": read.told[1], "type": model.model_fields["type"].default}


def said(decoded: Decoded) -> Iterator[tuple[str, Any]]:
    """What a record says, read carefully."""
    written = msgspec.json.decode(decoded.json)
    for name in Envelope.__struct_fields__:
        value = getattr(decoded.envelope, name)
        if name != "data" and name in written and value is not None:
            yield name, value
    for name, value in (decoded.event.__dict__ if decoded.event else {}).items():
        if name not in ("type", "version", "occurred_at", "day") and value is not None:
            yield f"data.{name}", value


@given(records)
def test_every_fact_is_read_as_the_careful_way_reads_it(envelope: Envelope) -> None:
    [read] = read_all([encode(envelope)])
    assert agree(encode(envelope), read)
    assert isinstance(read, PlainRecord) == (envelope.type in PLAIN)


@given(spoiled_records)
def test_a_record_that_was_spoiled_is_read_or_refused_as_the_careful_way_does(raw: bytes) -> None:
    [read] = read_all([raw])
    assert agree(raw, read)


@given(st.lists(spoiled_records | records.map(encode), max_size=6))
def test_a_record_is_read_alike_whatever_others_are_read_with_it(raws: list[bytes]) -> None:
    together = read_all(raws)
    assert len(together) == len(raws)
    assert all(map(agree, raws, together))
    alone = [read for raw in raws for read in read_all([raw])]
    assert [type(read) for read in together] == [type(read) for read in alone]


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_golden_facts_are_plain(name: str) -> None:
    envelope = EXAMPLES[name].envelope
    plain = [isinstance(read, PlainRecord) for read in read_all([encode(envelope)])]
    assert plain == [envelope.stream is None]


def test_what_telephones_tell_is_plain_but_for_what_they_rarely_do() -> None:
    told = {name for name, known in CATALOGUE.items() if known.noun in ("calls", "agents", "feeds")}
    assert told - PLAIN.keys() == {"agent.restated", "call.restated", "feed.gap_closed"}


def test_a_decision_is_never_plain() -> None:
    envelope = msgspec.structs.replace(EXAMPLES["call.ended"].envelope, stream="call/1", streamversion=1)
    [read] = read_all([encode(envelope)])
    assert isinstance(read, Decoded)


@pytest.mark.parametrize("place", ["id", "time", "day", "recordedtime", "source", "ended_at", "call", "talk_seconds"])
def test_every_way_to_write_a_value_is_read_or_refused_as_the_careful_way_does(place: str) -> None:
    raw = encode(EXAMPLES["call.ended"].envelope)
    written = re.compile(rb'"%s":("[^"]*"|[0-9]+)' % place.encode())
    parts = written.split(raw, maxsplit=1)
    told = [parts[0] + f'"{place}":{token}'.encode() + parts[-1] for token in TOKENS]
    assert len(parts) > 1, "the value is there to be replaced"
    assert [agree(*each) for each in zip(told, read_all(told), strict=True)] == [True] * len(told)


@pytest.mark.parametrize("token", ["1", "null", '"x"', "[]"])
def test_whatever_stands_twice_or_besides_makes_a_record_not_plain(token: str) -> None:
    raw = encode(EXAMPLES["call.ended"].envelope)
    names = [*re.findall(rb'"(\w+)":', raw), b"x"]
    more = [raw.replace(b"{", b'{"%s":%s,' % (name, token.encode()), times) for name in names for times in (1, 2)]
    more += [each.replace(b',"talk_seconds":231', b"") for each in more]
    read = read_all(more)
    assert not any(isinstance(each, PlainRecord) for each in read)
    assert all(map(agree, more, read))
