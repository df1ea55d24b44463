"""Deliveries that were kept in files: the same facts as when they come in, and what cannot be read is parked."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.calls import CallEnded, CallRestated
from events.envelope import Envelope
from events.feeds import FeedCaughtUp
from services.feeds.callers.heard import Callers
from services.feeds.reading import Reading
from services.feeds.registry import WEBHOOKS, read_files
from services.feeds.webhooks.files import DeliveriesReader
from services.feeds.webhooks.seen import seen_in
from services.runtime.errors import ClearError
from tests.feeds.authenticity.delivered import HERE, by_mango, delivery
from tests.feeds.samples import MOSCOW, ended, events_of, facts, parked
from tests.feeds.test_asterisk_damage import check, pieces
from tests.feeds.webhooks.given import COMPANY, told
from tests.feeds.webhooks.test_adapter import as_it_stands
from tests.feeds.webhooks.test_amazon_connect_events import NEWER, OLDER, STORY
from tests.feeds.webhooks.test_any_delivery import SAMPLES, body_of, each_source

SECRET = "+79161230001"  # noqa: S105  # somebody's number


def bodies(source: str) -> list[bytes]:
    return [body_of(source, fields) for fields in SAMPLES[source]]


def read(source: str, *chunks: bytes) -> list[Envelope]:
    reader = DeliveriesReader(source, WEBHOOKS[source], COMPANY, COMPANY.zone)
    return list(Reading(reader, f"{source}.jsonl").read(chunks))


def lines(items: Sequence[bytes]) -> bytes:
    return b"".join(item + b"\n" for item in items)


def as_delivered(source: str, items: Sequence[bytes]) -> list[Envelope]:
    """What the door and the intake make of these bodies."""
    webhook = WEBHOOKS[source]
    deliveries = [delivery(item, f"{HERE}/{source}{webhook.path(item)}") for item in items]
    return told(*(seen for each in deliveries for seen in seen_in(webhook.read(each, COMPANY))))


def said(envelopes: Sequence[Envelope]) -> list[tuple[object, bytes]]:
    return [(fact.id, bytes(fact.data)) for fact in facts(envelopes)]


@each_source
def test_a_file_tells_what_the_deliveries_would_have_told(source: str) -> None:
    kept = read(source, lines(bodies(source)))
    assert said(kept) == said(as_delivered(source, bodies(source)))
    [summary] = events_of(FeedCaughtUp, kept)
    assert (summary.feed, summary.received, summary.parked) == (f"{source}/deliveries", len(bodies(source)), 0)
    assert summary.appended == len(facts(kept)) > 0


@each_source
@given(data=st.data())
def test_any_chunking_gives_the_same_records(source: str, data: st.DataObject) -> None:
    whole = lines(bodies(source))
    cuts = data.draw(st.lists(st.integers(0, len(whole)), max_size=20))
    assert said(read(source, *pieces(whole, cuts))) == said(read(source, whole))


@given(order=st.permutations([*STORY, OLDER, NEWER] * 2))
def test_in_any_order_and_twice_the_truth_is_the_same_in_the_end(order: list[dict[str, Any]]) -> None:
    kept = facts(read("amazon_connect", lines([json.dumps(item).encode() for item in order])))
    assert as_it_stands(kept) == as_it_stands(facts(read("amazon_connect", json.dumps(NEWER).encode())))


@each_source
@given(data=st.binary(max_size=200))
def test_no_bytes_make_the_reading_fail(source: str, data: bytes) -> None:
    check(read(source, data + b"\n" + lines(bodies(source)[:1])))


@each_source
def test_what_cannot_be_read_is_parked_and_costs_nothing_else(source: str) -> None:
    noise = b'{"x": ' + SECRET.encode()
    kept = read(source, lines([item for body in bodies(source) for item in (body, noise)]))
    assert said(kept) == said(read(source, lines(bodies(source))))
    assert len(parked(kept)) == len(bodies(source))
    assert not [record for record in kept if SECRET.encode() in bytes(record.data)]


@pytest.mark.parametrize("source", ["twilio", "bitrix24"])
def test_a_form_that_is_torn_is_parked(source: str) -> None:
    torn = read(source, bodies(source)[0])
    assert [each.reason for each in parked(torn)] == ["the delivery is torn: its end is missing"]
    assert not facts(torn)


def test_json_at_the_end_needs_no_end_of_line() -> None:
    assert said(read("aircall", bodies("aircall")[0])) == said(read("aircall", bodies("aircall")[0] + b"\r\n"))


def test_mango_knows_its_events_without_their_address() -> None:
    summary = {"entry_id": "E", "call_direction": 1, "create_time": 1, "end_time": 2, "entry_result": 1, "from": {}}
    assert ended(read("mango", by_mango("k:s", json.dumps(summary)).body + b"\n"))
    other = {"recording_id": "r"}
    assert WEBHOOKS["mango"].path(by_mango("k:s", json.dumps(other)).body) == ""


def test_who_is_on_the_line_is_looked_up_and_stands_in_what_is_restated_too() -> None:
    asked = list[str]()

    async def look_up(numbers: Mapping[str, str]) -> Mapping[str, str]:
        asked.extend(numbers.values())
        return dict.fromkeys(numbers, "p7")

    callers = Callers(look_up)
    reader = DeliveriesReader("amazon_connect", WEBHOOKS["amazon_connect"], replace(COMPANY, callers=callers), MOSCOW)
    told = facts(Reading(reader, "kept.jsonl").read([lines([json.dumps(item).encode() for item in [*STORY, OLDER]])]))
    known = asyncio.run(callers.identify(told))
    assert asked == ["+79160000001"]
    assert {event.person for event in events_of(CallEnded, known)} == {"p7"}
    restated = events_of(CallRestated, known)
    assert restated
    assert {getattr(side, "person", None) for each in restated for side in (each.was, each.now)} == {"p7"}


def test_files_are_read_by_the_registry_with_the_zone_of_the_source(tmp_path: Path) -> None:
    path = tmp_path / "uis.jsonl"
    path.write_bytes(lines(bodies("uis")))
    here, there = (
        events_of(CallEnded, read_files("uis", [path], zone=MOSCOW, source_zone=zone))
        for zone in (None, ZoneInfo("Asia/Yekaterinburg"))
    )
    assert {(first.ended_at - second.ended_at).total_seconds() for first, second in zip(here, there, strict=True)} == {
        7200
    }
    with pytest.raises(ClearError, match=r"^--system says nothing here"):
        list(read_files("uis", [path], zone=MOSCOW, system="hq"))
