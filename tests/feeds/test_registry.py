"""Files given to the registry: told apart by content, put in order by time, read as one phone system."""

from pathlib import Path

import pytest

from events.feeds import FeedCaughtUp
from services.feeds.files import UnknownContentError
from services.feeds.registry import UnknownSourceError, read_files
from services.feeds.three_cx.fields import ORDER
from services.runtime.errors import ClearError
from tests.feeds.samples import AMI_FILE, LOG_FILE, MOSCOW, ended, events_of, facts, lines, message
from tests.feeds.three_cx.given import row

CALL = "pbx1-1795597199.7"
JOINS = f"+0|{CALL}|sales|NONE|ENTERQUEUE||x|1"
LEAVES = f"+9|{CALL}|sales|NONE|ABANDON|1|1|9"


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_a_file_is_what_its_content_says() -> None:
    feeds = [event.feed for event in events_of(FeedCaughtUp, read_files("asterisk", [AMI_FILE, LOG_FILE], zone=MOSCOW))]
    assert feeds == ["asterisk/pbx1/queue_log", "asterisk/pbx1/ami"]


def test_the_captures_are_counted_item_by_item() -> None:
    log, ami = events_of(FeedCaughtUp, read_files("asterisk", [AMI_FILE, LOG_FILE], zone=MOSCOW))
    assert (log.received, log.appended, log.parked) == (165, 267, 0)
    assert (ami.received, ami.appended, ami.parked) == (7584, 490, 0)


def test_rotated_logs_are_one_log_in_whatever_order_they_are_named(tmp_path: Path) -> None:
    newer, older = written(tmp_path, "queue_log", lines(LEAVES)), written(tmp_path, "queue_log.1", lines(JOINS))
    whole = written(tmp_path, "whole", lines(JOINS, LEAVES))
    rotated = facts(read_files("asterisk", [newer, older], zone=MOSCOW))
    assert rotated == facts(read_files("asterisk", [whole], zone=MOSCOW))


def test_the_same_file_read_again_says_the_very_same() -> None:
    first, second = (list(read_files("asterisk", [LOG_FILE], zone=MOSCOW)) for _ in range(2))
    assert first == second


def test_a_log_too_short_to_name_its_phone_system_takes_the_name_from_another_file_or_from_the_caller(
    tmp_path: Path,
) -> None:
    short = written(tmp_path, "short", lines("+0|NONE|sales|Anna|PAUSE|Lunch"))
    other = written(tmp_path, "ami", message("Hangup", 1, Uniqueid="pbx1-1.1"))
    assert {record.source for record in read_files("asterisk", [short], zone=MOSCOW)} == {"/asterisk"}
    assert {record.source for record in read_files("asterisk", [short, other], zone=MOSCOW)} == {"/asterisk/pbx1"}
    assert {record.source for record in read_files("asterisk", [short], zone=MOSCOW, system="b")} == {"/asterisk/b"}


def test_a_log_that_begins_torn_is_still_a_log(tmp_path: Path) -> None:
    torn = written(tmp_path, "torn", b"9.7|sales|NONE|ABANDON|1|1|9\n" + lines(JOINS, LEAVES))
    assert [call.outcome for call in ended(read_files("asterisk", [torn], zone=MOSCOW))] == ["abandoned"]


def test_an_empty_log_says_nothing(tmp_path: Path) -> None:
    assert not list(read_files("asterisk", [written(tmp_path, "queue_log", b"")], zone=MOSCOW))


def test_another_file_is_refused_before_any_is_read(tmp_path: Path) -> None:
    other = written(tmp_path, "holiday.jpg", bytes(range(256)))
    with pytest.raises(UnknownContentError, match=r"^holiday.jpg is neither a queue_log nor an AMI stream"):
        read_files("asterisk", [LOG_FILE, other], zone=MOSCOW)


def test_a_3cx_is_read_by_the_columns_that_are_told(tmp_path: Path) -> None:
    order = ",".join(reversed(ORDER))
    path = written(tmp_path, "cdr.log", row(tuple(reversed(ORDER))))
    [told] = facts(read_files("3cx", [path], zone=MOSCOW, system="hq", fields=order))
    assert (told.source, told.type) == ("/3cx/hq", "call.ended")
    with pytest.raises(ClearError, match=r"^--fields is for 3cx"):
        read_files("asterisk", [path], zone=MOSCOW, fields=order)


def test_an_unknown_source_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownSourceError, match="no source avaya: known are 3cx, aircall"):
        read_files("avaya", [], zone=MOSCOW)


def test_what_is_too_long_for_a_name_is_none(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    path.write_text(f"1795533127|{'x' * 101}-1795533127.1|sales|NONE|ENTERQUEUE||+79161230001|1\n")
    assert {record.source for record in read_files("asterisk", [path], zone=MOSCOW)} == {"/asterisk"}
    with pytest.raises(ClearError, match="at most 100 characters"):
        list(read_files("asterisk", [path], zone=MOSCOW, system="x" * 101))
