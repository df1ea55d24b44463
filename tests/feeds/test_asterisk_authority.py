"""Files of all kinds read together: the better source is believed, the others add only what it has not told."""

from collections.abc import Mapping
from itertools import permutations
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from events.codec import encode
from events.envelope import Envelope
from events.feeds import FeedCaughtUp
from services.feeds.registry import read_files
from tests.feeds.samples import (
    AGENTS,
    AMI_FILE,
    CDR_FILE,
    CDR_JSON_FILE,
    CEL_FILE,
    LOG_FILE,
    MOSCOW,
    ended,
    events_of,
    facts,
)

ALL = (AMI_FILE, LOG_FILE, CEL_FILE, CDR_FILE, CDR_JSON_FILE)


def read(*files: Path) -> list[Envelope]:
    return list(read_files("asterisk", files, zone=MOSCOW, roster=AGENTS))


def told(records: list[Envelope]) -> Mapping[UUID, bytes]:
    """Give what counts of these records: the first with each id."""
    return {record.id: encode(record) for record in reversed(facts(records))}


def data(record: Envelope) -> dict[str, Any]:
    return dict(msgspec.json.decode(record.data))


BEST, LOG, CEL, CDR = told(read(AMI_FILE, LOG_FILE)), told(read(LOG_FILE)), read(CEL_FILE), read(CDR_FILE)


def test_each_file_is_what_its_content_says() -> None:
    caught_up = events_of(FeedCaughtUp, read(*ALL))
    assert [(feed.feed.rpartition("/")[2], feed.received, feed.appended) for feed in caught_up] == [
        ("queue_log", 165, 267),
        ("ami", 7584, 490),
        ("cel", 1039, 0),
        ("cdr", 100, 0),
        ("cdr", 100, 0),
    ]


@pytest.mark.parametrize("files", [ALL, ALL[::-1], (CDR_FILE, AMI_FILE, LOG_FILE), (CEL_FILE, LOG_FILE, AMI_FILE)])
def test_beside_ami_and_queue_log_the_others_say_nothing_again(files: tuple[Path, ...]) -> None:
    assert told(read(*files)) == BEST


def test_beside_queue_log_cel_adds_the_calls_that_met_no_queue_or_were_refused_and_no_other() -> None:
    both = told(read(CEL_FILE, LOG_FILE))
    assert {identity: both[identity] for identity in LOG} == LOG
    added = [record for record in facts(CEL) if record.id not in LOG]
    assert {identity: content for identity, content in both.items() if identity not in LOG} == told(added)
    calls = ended(added)
    assert len(calls) == 15
    assert sorted(call.outcome for call in calls if call.queue is not None) == ["join_empty", "join_empty"]


def test_beside_queue_log_cdr_adds_the_calls_that_are_not_there_whatever_it_takes_for_their_end() -> None:
    in_log = {call.call for call in ended(read(LOG_FILE))}
    both = ended(read(CDR_FILE, LOG_FILE))
    assert len({call.call for call in both}) == len(both) == 66
    added = [call for call in both if call.call not in in_log]
    assert added == [call for call in ended(CDR) if call.call not in in_log]
    assert len(added) == 15


def test_cel_is_believed_before_cdr() -> None:
    assert told(read(CDR_FILE, CEL_FILE)) == told(CEL)


def test_what_ami_did_not_hear_cel_and_cdr_add_and_nothing_else(tmp_path: Path) -> None:
    messages = AMI_FILE.read_bytes().split(b"\r\n\r\n")
    half = tmp_path / "half.txt"
    half.write_bytes(b"\r\n\r\n".join(messages[: len(messages) // 2]) + b"\r\n\r\n")
    heard = told(read(half))
    for better in (CEL_FILE, CDR_FILE):
        both = read(half, better)
        assert {identity: told(both)[identity] for identity in heard} == heard
        assert len({call.call for call in ended(both)}) == len(ended(both)) == 66


def test_the_order_in_which_files_are_named_changes_nothing() -> None:
    files = (LOG_FILE, CEL_FILE, CDR_FILE)
    first, *others = ([encode(record) for record in read(*order)] for order in permutations(files))
    assert all(other == first for other in others)


INSTANTS = {"enqueued_at", "answered_at", "ended_at"}
FIGURES = {"wait_seconds", "ring_seconds", "talk_seconds"}
UNKNOWN = {"campaign", "lead"}
OWN_NAME = {"source_agent"}
"""AMI calls an agent by name, CEL by the endpoint."""


def test_cel_alone_tells_the_calls_of_ami_under_the_same_ids_and_alike_but_for_a_second() -> None:
    ami = {record.id: record for record in facts(read(AMI_FILE)) if record.type.startswith("call.")}
    cel = {record.id: record for record in facts(CEL)}
    assert cel.keys() == ami.keys()
    assert len(cel) == 158
    for identity, record in cel.items():
        ours, theirs = data(record), data(ami[identity])
        if theirs.get("rep") == "agent108":  # AMI had not heard yet whose phone that is
            theirs["rep"] = AGENTS["agent108"]
        other = {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}
        assert other <= INSTANTS | FIGURES | UNKNOWN | OWN_NAME
        assert all(abs(ours.get(name, 0) - theirs.get(name, 0)) <= 1 for name in FIGURES)


def test_cdr_alone_tells_the_calls_of_ami_under_the_same_ids_where_it_knows_the_queue() -> None:
    ami = {record.id for record in facts(read(AMI_FILE)) if record.type == "call.ended"}
    others = [record for record in facts(CDR) if record.id not in ami]
    assert len(CDR) - 1 == len(ami) == 66
    assert [(data(record)["outcome"], data(record).get("queue")) for record in others] == [("closed", None)] * 8


def test_the_zone_of_the_phone_systems_clock_need_not_be_the_companys(tmp_path: Path) -> None:
    vladivostok = ZoneInfo("Asia/Vladivostok")
    elsewhere = read_files("asterisk", [CDR_FILE], zone=vladivostok, source_zone=MOSCOW, roster=AGENTS)
    moved = list(elsewhere)
    assert [record.time for record in facts(moved)] == [record.time for record in facts(CDR)]
    assert {str(record.day) for record in facts(moved)} == {"2026-11-25"}
    assert {str(record.day) for record in facts(CDR)} == {"2026-11-24"}
    assert not ended(read_files("asterisk", [CDR_FILE], zone=vladivostok))
    short = tmp_path / "Master.csv"
    short.write_bytes(CDR_FILE.read_bytes().splitlines(keepends=True)[0])
    assert {record.source for record in read_files("asterisk", [short], zone=MOSCOW)} == {"/asterisk/pbx1"}
