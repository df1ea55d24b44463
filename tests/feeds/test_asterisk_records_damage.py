"""Damaged CEL and CDR: what cannot be read is parked, nothing else is lost, and nothing is told that is not so."""

import re
from collections.abc import Callable
from itertools import accumulate
from uuid import UUID

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from events.codec import encode
from events.envelope import Envelope
from events.feeds import FeedCaughtUp
from services.feeds.asterisk.cdr import CdrReader
from services.feeds.facts import Company, Teller
from services.feeds.reading import Reading
from tests.feeds.samples import (
    MOSCOW,
    cdr_capture,
    cdr_json_capture,
    cel_capture,
    contents,
    ended,
    events_of,
    facts,
    parked,
    read_cdr,
    read_cel,
)
from tests.feeds.test_asterisk_cdr import at_noon, row
from tests.feeds.test_asterisk_damage import check, pieces

Read = Callable[..., list[Envelope]]
Capture = Callable[[], bytes]
EACH = pytest.mark.parametrize(
    ("read", "capture"),
    [(read_cel, cel_capture), (read_cdr, cdr_capture), (read_cdr, cdr_json_capture)],
    ids=["cel", "cdr csv", "cdr json"],
)


@EACH
def test_the_captures_are_read_to_the_last_item(read: Read, capture: Capture) -> None:
    told = read(capture())
    [summary] = events_of(FeedCaughtUp, told)
    assert (summary.received, summary.parked) == (len(capture().splitlines()), 0)
    assert summary.appended == len(facts(told)) == {read_cel: 158, read_cdr: 66}[read]


@EACH
@settings(deadline=None, max_examples=20)
@given(cuts=st.lists(st.integers(min_value=0, max_value=600_000), max_size=30))
@example(cuts=list(range(3000, 9000, 7)))
def test_any_chunking_of_the_capture_gives_the_same_records(read: Read, capture: Capture, cuts: list[int]) -> None:
    assert contents(read(*pieces(capture(), cuts))) == contents(read(capture()))


@EACH
@settings(deadline=None)
@given(
    data=st.binary(max_size=300), head=st.sampled_from([b"", b"{", b'"', b'{"eventtype":"HANGUP","eventtime":"1"}\n'])
)
def test_no_bytes_make_a_reader_fail(read: Read, capture: Capture, data: bytes, head: bytes) -> None:
    del capture
    check(read(head + data + b"\n"))


TIMES = ("2026-11-24 18:12:12", "2026-11-24 18:12:17", "2026-11-24 18:15:00", "1999-01-01 00:00:00", "soon", "")
VALUES = {
    **dict.fromkeys(("start", "answer", "end"), TIMES),
    **dict.fromkeys(("duration", "billsec", "sequence"), (0, 1, 5, 168, "5", -1, None, 10**12)),
    **dict.fromkeys(("uniqueid", "linkedid"), ("pbx1-1795533132.0", "pbx1-1795533132.1", "made-up", "", "\x1f", 5)),
    **dict.fromkeys(("channel", "dstchannel"), ("PJSIP/agent101-00000001", "Local/200@internal-00000001;1", "x", "")),
    **dict.fromkeys(("src", "dst"), ("+79161230001", "101", "", "\x00", "٣")),
    "lastapp": ("Queue", "Dial", "Hangup", ""),
    "lastdata": ("sales,tc,,,60", "PJSIP/+79161230001@out,30", "", ",", "q" * 300, "PJSIP/a,٣,²"),
    "disposition": ("ANSWERED", "NO ANSWER", "BUSY", "FAILED", ""),
}
records = st.lists(st.fixed_dictionaries({}, optional={key: st.sampled_from(known) for key, known in VALUES.items()}))
"""Rows of which any column may be missing, or hold anything."""
whole_records = st.lists(
    st.fixed_dictionaries(
        {
            **{key: st.sampled_from(known[:3]) for key, known in VALUES.items()},
            "start": st.just(TIMES[0]),
            "end": st.just(TIMES[1]),
            "duration": st.just(5),
        }
    )
)
"""Rows that make sense one by one."""


@settings(deadline=None, max_examples=200)
@given(records | whole_records)
def test_no_rows_make_the_cdr_reader_fail_or_tell_what_cannot_be_read(rows: list[dict[str, object]]) -> None:
    check(read_cdr(b"".join(msgspec.json.encode(row) + b"\n" for row in rows)))


EVENTS = {
    "eventtype": (
        *("CHAN_START", "APP_START", "APP_END", "DTMF", "ANSWER", "BRIDGE_ENTER", "BLINDTRANSFER", "ATTENDEDTRANSFER"),
        *("HANGUP", "CHAN_END"),
    ),
    "eventtime": ("1795533132.964379", "1795533133.5", "1795533140", "4294967290", "1"),
    "uniqueid": ("pbx1-1.1", "pbx1-1.2", "pbx1-1.3"),
    "linkedid": ("pbx1-1.1", "pbx1-1.2"),
    "channame": ("PJSIP/trunk-00000001", "PJSIP/agent101-00000002", "Local/200@internal-00000001;1"),
    "peer": ("PJSIP/trunk-00000001", "PJSIP/agent101-00000002", ""),
    "appname": ("Queue", "Dial", "AppDial2", ""),
    "appdata": ("sales,n,,,60", "sales,,,,٣", "PJSIP/agent101&PJSIP/+79161230001@out,30", ""),
    "num": ("+79161230001", "101"),
    "exten": ("200", "s"),
    "eventextra": (
        '{"hangupsource":"PJSIP/trunk-00000001","dialstatus":"BUSY"}',
        '{"extension":"200","transferee_channel_uniqueid":"pbx1-1.1"}',
        '{"channel2_uniqueid":"pbx1-1.2","transfer_target_channel_name":"Local/200@internal-00000001;1"}',
        *("[]", "{", ""),
    ),
}
events = st.lists(st.fixed_dictionaries({key: st.sampled_from(known) for key, known in EVENTS.items()}), max_size=25)


@settings(deadline=None, max_examples=300)
@given(events)
def test_no_order_of_events_makes_the_cel_reader_fail_or_tell_what_cannot_be_read(told: list[dict[str, str]]) -> None:
    check(read_cel(b"".join(msgspec.json.encode(event) + b"\n" for event in told)))


@settings(deadline=None, max_examples=60)
@given(place=st.integers(min_value=1, max_value=518_000))
def test_cel_that_is_cut_off_anywhere_tells_the_beginning_and_parks_what_is_torn(place: int) -> None:
    data = cel_capture()[:place]
    told, all_told = read_cel(data), contents(facts(read_cel(cel_capture())))
    assert contents(facts(told)) == all_told[: len(facts(told))]
    assert len(told) == len(facts(told)) + len(parked(told)) + len(events_of(FeedCaughtUp, told))
    assert len(parked(told)) == (not data.endswith(b"\n"))


@pytest.mark.parametrize("capture", [cdr_capture, cdr_json_capture], ids=["csv", "json"])
@settings(deadline=None, max_examples=60)
@given(place=st.integers(min_value=1, max_value=50_000))
def test_cdr_that_is_cut_off_inside_a_row_tells_the_beginning_and_parks_the_row(capture: Capture, place: int) -> None:
    data = capture()[: 1 + place % (len(capture()) - 1)].rstrip(b"\n")
    told, all_told = read_cdr(data), contents(facts(read_cdr(capture())))
    assert contents(facts(told)) == all_told[: len(facts(told))]
    assert [refused.reason for refused in parked(told)] == ["the row is torn: its end is missing"]


def by_id(records: list[Envelope]) -> dict[UUID, bytes]:
    return {record.id: encode(record) for record in facts(records)}


def test_cdr_that_ends_between_two_rows_tells_all_calls_truly_but_one_whose_rows_it_parts() -> None:
    rows, whole = cdr_capture().splitlines(keepends=True), by_id(read_cdr(cdr_capture()))
    call_of = [match[1].decode() for match in re.finditer(rb'"([^"]+)",[0-9]+\n', cdr_capture())]
    for number, data in enumerate(accumulate(rows), start=1):
        parted = {*call_of[:number]} & {*call_of[number:]}
        told = [
            record for record in facts(read_cdr(data)) if (record.subject or "").removeprefix("call/") not in parted
        ]
        assert by_id(told).items() <= whole.items()
        assert len(told) == len({*call_of[:number]} - parted)


@EACH
def test_every_item_twice_gives_the_same_records(read: Read, capture: Capture) -> None:
    twice = b"".join(line * 2 for line in capture().splitlines(keepends=True))
    assert contents(facts(read(twice))) == contents(facts(read(capture())))


@EACH
def test_the_same_file_after_itself_gives_the_same_ids(read: Read, capture: Capture) -> None:
    assert by_id(read(capture() * 2)).keys() == by_id(read(capture())).keys()


@EACH
def test_a_line_that_cannot_be_read_costs_no_other(read: Read, capture: Capture) -> None:
    lines = capture().splitlines(keepends=True)
    told = read(b"".join(line + b"garbage +79161230001\n" for line in lines))
    assert contents(facts(told)) == contents(facts(read(capture())))
    assert len(parked(told)) == len(lines)


@EACH
def test_no_record_holds_a_number_or_a_name_of_a_caller(read: Read, capture: Capture) -> None:
    damaged = capture().replace(b'"ANSWERED"', b'"+79161230001').replace(b'"1795533', b'"Somebody 1795533')
    secret = re.compile(rb"\+?7(916|495)\d{7}|\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd|ACME|GmbH|O'Brien|Somebody|Ivan ")
    told = read(capture()) + read(damaged) + read(capture()[:-9])
    assert parked(told)
    assert not secret.search(b"\n".join(contents(told)))


def test_a_clock_that_was_wrong_for_a_row_holds_no_call_back() -> None:
    reader = CdrReader(Teller("/asterisk/pbx1", Company(MOSCOW)), MOSCOW)
    ahead = row(2_500_000_000, "2049-03-22 07:26:40", 9, "2049-03-22 07:26:49")
    later = row(1_795_597_800, "2026-11-25 12:10:00", 9, "2026-11-25 12:10:09")
    told = [list(reader.read(item[:-1], whole=True)) for item in (at_noon(), ahead, later)]
    assert [len(records) for records in told] == [0, 1, 1]


def test_legs_wait_for_their_call_and_the_call_for_no_leg() -> None:
    reader = CdrReader(Teller("/asterisk/pbx1", Company(MOSCOW)), MOSCOW)
    leg, call = at_noon(uniqueid="pbx1-1795597201.8", sequence=2), at_noon()
    other = row(1_795_600_800, "2026-11-25 13:00:00", 9, "2026-11-25 13:00:09")
    told = list(Reading(reader, "Master.csv").read([leg + other + call]))
    assert sorted(ending.call for ending in ended(told)) == ["pbx1-1795597200.7", "pbx1-1795600800.7"]
