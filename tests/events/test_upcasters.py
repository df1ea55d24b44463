"""Old versions of events come up to today's one step at a time, and no step may be missing or lead nowhere."""

import json
from typing import Literal

import pytest

from events import codec, upcasters
from events.catalogue import CATALOGUE, EventType
from events.codec import UnreadableError, decode, encode
from events.deals import DealAmended
from events.event import Event
from events.upcasters import UPCASTERS, BrokenChainError, Data, check_chains
from tests.events.examples import EXAMPLES
from tests.events.examples.dates import when
from tests.events.examples.record import fact


class GongStruck(Event):
    """The gong of the sales floor was struck; first without a word on how often, then with it, then by whom."""

    type: Literal["gong.struck"] = "gong.struck"
    version: Literal[3] = 3
    strokes: int
    by: str


GONG = EventType("gong.struck", 3, GongStruck, "deals")


def count_strokes(data: Data) -> Data:
    return {"strokes": data["loudness"] * 2}


def name_the_striker(data: Data) -> Data:
    return data | {"by": "unknown"}


@pytest.fixture(autouse=True)
def _the_gong_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "CATALOGUE", {**CATALOGUE, "gong.struck": GONG})
    monkeypatch.setitem(UPCASTERS, ("gong.struck", 1), count_strokes)
    monkeypatch.setitem(UPCASTERS, ("gong.struck", 2), name_the_striker)


def _gong(version: int, data: Data) -> bytes:
    record = json.loads(encode(EXAMPLES["deal.won"].envelope))
    changed = {"type": "gong.struck", "dataschema": f"urn:kvota:gong.struck:{version}", "data": data}
    return json.dumps(record | changed | {"traceparent": "00-1"}).encode()


def _struck(strokes: int, by: str) -> GongStruck:
    won = EXAMPLES["deal.won"].event
    return GongStruck(occurred_at=won.occurred_at, day=won.day, strokes=strokes, by=by)


@pytest.mark.parametrize(
    ("version", "data", "event"),
    [
        (1, {"loudness": 3}, _struck(6, "unknown")),
        (2, {"strokes": 6}, _struck(6, "unknown")),
        (3, {"strokes": 6, "by": "rep-009"}, _struck(6, "rep-009")),
    ],
)
def test_every_version_is_read_as_todays(version: int, data: Data, event: GongStruck) -> None:
    assert decode(_gong(version, data)).event == event


def test_the_record_is_given_as_today_would_write_it_with_all_that_is_not_known() -> None:
    record = json.loads(decode(_gong(1, {"loudness": 3})).json)
    assert record["data"] == {"strokes": 6, "by": "unknown"}
    assert record["dataschema"] == "urn:kvota:gong.struck:3"
    assert record["traceparent"] == "00-1"
    assert decode(json.dumps(record).encode()).event == _struck(6, "unknown")


def test_a_record_of_today_is_given_as_it_was_written() -> None:
    raw = _gong(3, {"strokes": 6, "by": "rep-009"})
    assert decode(raw).json is raw


def test_a_record_that_does_not_fit_its_version_is_unreadable() -> None:
    with pytest.raises(UnreadableError, match=r"^gong\.struck version 1 cannot be brought to version 3: KeyError$"):
        decode(_gong(1, {"+79161234567": 3}))


def test_an_old_event_inside_a_correction_comes_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    example = EXAMPLES["deal.amended"]
    assert isinstance(example.event, DealAmended)
    won = CATALOGUE["deal.won"]
    monkeypatch.setitem(UPCASTERS, ("deal.won", 0), lambda data: {**data, "tactic": "cold call"})
    record = json.loads(encode(example.envelope))
    record["data"]["was"]["version"] = 0
    decoded = decode(json.dumps(record).encode())
    assert isinstance(decoded.event, DealAmended)
    assert (decoded.event.was.tactic, decoded.event.now) == ("cold call", example.event.now)
    assert json.loads(decoded.json)["data"]["was"]["version"] == won.version


def test_a_missing_step_is_named() -> None:
    with pytest.raises(BrokenChainError, match=r"from gong\.struck version 2 to the next"):
        check_chains({"gong.struck": 3}, [("gong.struck", 1)])


def test_a_step_from_the_current_version_leads_nowhere() -> None:
    with pytest.raises(BrokenChainError, match=r"from gong\.struck version 3, which is no older version"):
        check_chains({"gong.struck": 3}, [("gong.struck", 1), ("gong.struck", 2), ("gong.struck", 3)])


def test_a_step_of_an_unknown_event_leads_nowhere() -> None:
    with pytest.raises(BrokenChainError, match=r"from bell\.rung version 1"):
        check_chains({}, [("bell.rung", 1)])


def test_whole_chains_are_in_order() -> None:
    check_chains({"gong.struck": 3, "deal.won": 1}, [("gong.struck", 1), ("gong.struck", 2)])


def test_a_step_does_not_change_what_it_was_given() -> None:
    data = {"strokes": 6}
    assert upcasters.upcast("gong.struck", 2, 3, data) == {"strokes": 6, "by": "unknown"}
    assert data == {"strokes": 6}


def test_the_example_is_written_with_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("events.catalogue._BY_MODEL", {GongStruck: GONG})
    envelope = fact(GongStruck(**when(12), strokes=1, by="rep-009"), "/test", "gong", 1).envelope
    assert envelope.dataschema == "urn:kvota:gong.struck:3"
