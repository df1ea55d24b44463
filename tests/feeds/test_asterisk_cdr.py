"""CDR rows in their traps: wall time, several rows a call, and what a row does not say."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.feeds.samples import contents, ended, facts, parked, read_cdr

BERLIN = ZoneInfo("Europe/Berlin")
BERLIN_BACK = int(datetime(2026, 10, 25, 1, 0, tzinfo=UTC).timestamp())
"""When clocks in Berlin went from 03:00 back to 02:00."""


def row(began: int, wall: str, seconds: int, end: str, **fields: object) -> bytes:
    """Write a row as JSON: of a channel that began then, from one wall time to another."""
    given = {
        "src": "+79160000001",
        "dst": "+74950000001",
        "channel": "PJSIP/trunk-00000001",
        "dstchannel": "PJSIP/agent101-00000002",
        "lastapp": "Dial",
        "lastdata": "PJSIP/agent101,30",
        "start": wall,
        "answer": wall,
        "end": end,
        "duration": seconds,
        "billsec": seconds,
        "disposition": "ANSWERED",
        "uniqueid": f"pbx1-{began}.7",
        "linkedid": f"pbx1-{began}.7",
        "sequence": 1,
    }
    return json.dumps(given | fields).encode() + b"\n"


NOON = 1_795_597_200


def at_noon(**fields: object) -> bytes:
    """Write a row of a call that began at noon in Moscow and took nine seconds."""
    return row(NOON, **{"wall": "2026-11-25 12:00:00", "seconds": 9, "end": "2026-11-25 12:00:09", **fields})  # type: ignore[arg-type]  # fields of a row


@pytest.mark.parametrize(
    ("began", "wall", "end", "seconds"),
    [
        (BERLIN_BACK - 1800, "2026-10-25 02:30:00", "2026-10-25 02:40:00", 600),
        (BERLIN_BACK + 1800, "2026-10-25 02:30:00", "2026-10-25 02:40:00", 600),
        (BERLIN_BACK - 600, "2026-10-25 02:50:00", "2026-10-25 02:10:00", 1200),
        (BERLIN_BACK - 600, "2026-10-25 02:50:00", "2026-10-25 03:10:00", 4800),
    ],
    ids=["the first time", "the second time", "over the change", "through the hour that came twice"],
)
def test_an_hour_that_the_clocks_showed_twice_is_told_apart(began: int, wall: str, end: str, seconds: int) -> None:
    [call] = ended(read_cdr(row(began, wall, seconds, end), zone=BERLIN))
    assert call.answered_at is not None
    assert (call.answered_at.timestamp(), call.ended_at.timestamp()) == (began, began + seconds)
    assert (call.wait_seconds, call.talk_seconds) == (0, seconds)


def test_calls_of_the_hour_that_came_twice_are_in_their_real_order() -> None:
    first = row(BERLIN_BACK - 1500, "2026-10-25 02:35:00", 60, "2026-10-25 02:36:00")
    second = row(BERLIN_BACK + 600, "2026-10-25 02:10:00", 60, "2026-10-25 02:11:00")
    calls = ended(read_cdr(first + second, zone=BERLIN))
    assert [call.ended_at.timestamp() - BERLIN_BACK for call in calls] == [-1440, 660]


def test_clocks_that_are_put_forward_take_nothing_from_a_duration() -> None:
    began = int(datetime(2026, 3, 29, 0, 59, tzinfo=UTC).timestamp())
    [call] = ended(read_cdr(row(began, "2026-03-29 01:59:00", 120, "2026-03-29 03:01:00"), zone=BERLIN))
    assert (call.talk_seconds, call.ended_at.timestamp()) == (120, began + 120)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (
            row(BERLIN_BACK, "2026-03-29 02:30:00", 5, "2026-03-29 02:30:05"),
            "start is a time that the clocks never showed",
        ),
        (
            row(BERLIN_BACK, "2026-10-25 02:30:00", 5, "2026-10-25 02:30:05", uniqueid="x", linkedid="x"),
            "start is an hour that the clocks showed twice, and the unique id does not tell which",
        ),
        (at_noon(), "the call begins long after its own channel: the phone system's time zone must be another"),
        (
            row(NOON, "2026-11-25 09:00:00", 9, "2026-11-25 09:00:09"),
            "start lies before its own channel: the phone system's time zone must be another",
        ),
        (
            row(NOON, "2026-11-25 10:00:00", 9, "2026-11-25 11:00:09"),
            "the end is not where the start and the duration put it: the time zone must be another",
        ),
        (at_noon(wall="soon"), "start is no date and time of our days"),
        (at_noon(wall="2026-02-30 12:00:00"), "start is no date and time of our days"),
        (at_noon(wall="0001-01-01 00:00:00"), "start is no date and time of our days"),
        (at_noon(wall=""), "start is missing"),
        (at_noon(duration="-5"), "duration is negative"),
        (at_noon(uniqueid=""), "uniqueid is missing"),
        (b'{"uniqueid": "+79161112233"}\n', "the line is no JSON object of a call"),
        (b'"a","b"\n', "the row has 2 columns, and must have 21"),
        (b'"a"b","+79161112233\n', "the line is no row of CSV in UTF-8"),
        (b"\xcf\xf0\n", "the line is no row of CSV in UTF-8"),
    ],
)
def test_a_row_that_cannot_be_read_is_parked_and_nothing_of_it_is_quoted(item: bytes, reason: str) -> None:
    [refused] = parked(read_cdr(item, zone=BERLIN))
    assert refused.reason.startswith(reason)
    assert "79161112233" not in refused.reason


def test_a_row_of_cdr_csv_without_userfield_is_read() -> None:
    head = '"","+79160000001","+74950000001","in","","PJSIP/trunk-00000001","PJSIP/agent101-00000002","Dial",'
    times = '"PJSIP/agent101,30","2026-11-25 12:00:00","2026-11-25 12:00:02","2026-11-25 12:00:09",9,7,"ANSWERED",'
    tail = f'"DOCUMENTATION","pbx1-{NOON}.7","","pbx1-{NOON}.7",0\n'
    [call] = ended(read_cdr((head + times + tail).encode()))
    assert (call.outcome, call.wait_seconds, call.talk_seconds) == ("answered", 2, 7)


Fields = Mapping[str, object]
IN_SALES: Fields = {"lastapp": "Queue", "lastdata": "sales,t"}
HANGS_UP: Fields = {"lastapp": "Hangup", "lastdata": "", "dstchannel": "", "sequence": 2}

AFTERWARDS: Fields = {"wall": "2026-11-25 12:00:09", "end": "2026-11-25 12:00:12", "seconds": 3}


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        ([{**IN_SALES, "disposition": "NO ANSWER"}], "abandoned"),
        ([{**IN_SALES, "disposition": "NO ANSWER"}, HANGS_UP], "timed_out"),
        ([{**IN_SALES, "disposition": "NO ANSWER"}, {**HANGS_UP, "dst": "1"}], "key_exit"),
        ([IN_SALES], "answered"),
        ([{**IN_SALES, "lastdata": "sales,tc"}, {**HANGS_UP, **AFTERWARDS}], "answered"),
        ([IN_SALES, {"sequence": 2, **AFTERWARDS}], "transferred_blind"),
        ([HANGS_UP], "closed"),
        ([{**HANGS_UP, "lastapp": "Background"}], "abandoned"),
        ([{"disposition": "NO ANSWER"}], "abandoned"),
        ([{"disposition": "NO ANSWER", "lastdata": "PJSIP/agent101,9"}], "no_answer"),
        ([{"disposition": "BUSY"}, HANGS_UP], "busy"),
        ([{"disposition": "FAILED"}], "failed"),
        ([{"disposition": "CONGESTION"}, HANGS_UP], "failed"),
        ([{"lastdata": "PJSIP/+79990000009@trunk"}], "diverted"),
    ],
)
def test_the_rows_of_a_call_are_one_call(rows: list[Fields], outcome: str) -> None:
    item = b"".join(at_noon(**fields) for fields in rows)
    [call] = ended(read_cdr(item))
    assert (call.direction, call.outcome) == ("inbound", outcome)


@pytest.mark.parametrize(
    ("fields", "direction", "rep"),
    [
        ({"src": "101", "dst": "102", "lastdata": "PJSIP/agent102,30"}, "internal", "Anna Ivanova"),
        ({"src": "101", "dst": "89990000009", "lastdata": "PJSIP/+79990000009@t"}, "outbound", "agent110"),
        ({"src": "+74950000000", "dst": "+79990000009", "lastdata": "PJSIP/+79990000009@t"}, "outbound", "agent110"),
        ({"src": "", "dst": "+74950000001"}, "inbound", "Anna Ivanova"),
    ],
)
def test_who_calls_whom_is_known_by_what_was_dialled(fields: Fields, direction: str, rep: str) -> None:
    channel = "PJSIP/trunk-00000001" if direction == "inbound" else "PJSIP/agent110-00000001"
    [call] = ended(read_cdr(at_noon(**{"channel": channel, **fields})))
    assert (call.direction, call.rep) == (direction, rep)


def test_a_colleague_who_dials_a_service_of_the_house_makes_no_call() -> None:
    assert not ended(read_cdr(at_noon(src="101", dst="*46", lastapp="Hangup", lastdata="", dstchannel="")))


def test_rows_of_other_channels_are_legs_and_no_calls() -> None:
    leg = at_noon(uniqueid=f"pbx1-{NOON}.8", sequence=2)
    assert ended(read_cdr(at_noon() + leg)) == ended(read_cdr(leg + at_noon())) == ended(read_cdr(at_noon()))
    assert not ended(read_cdr(leg))


def test_a_row_that_is_written_twice_is_one_and_one_that_comes_late_changes_nothing() -> None:
    busy, again = at_noon(disposition="BUSY"), at_noon(sequence=2)
    other = row(NOON + 600, "2026-11-25 12:10:00", 5, "2026-11-25 12:10:05")
    once = contents(facts(read_cdr(busy + other)))
    assert contents(facts(read_cdr(busy + busy + other + busy + again))) == once


def test_a_number_that_was_called_is_nobodys_name() -> None:
    outside = at_noon(src="101", dst="89990000009", channel="PJSIP/+79990000009-00000001")
    assert b"9990000009" not in b"".join(contents(read_cdr(outside)))
