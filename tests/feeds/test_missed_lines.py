"""Finding in a queue_log the lines of a stretch of time."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.envelope import Envelope
from events.feeds import FeedCaughtUp, FeedGapClosed
from services.feeds.asterisk.live.missed import MissedLines, lines, rotated
from services.feeds.asterisk.queue_log import QueueLogReader
from services.feeds.facts import Company, Teller
from tests.feeds.samples import LOG_FILE, MOSCOW, NOON, at, ended, events_of, log_capture, parked
from tests.feeds.samples import lines as written

FIRST, LAST = 1_795_533_127, 1_795_533_215


def second(line: bytes) -> int:
    return int(line.partition(b"|")[0])


@settings(deadline=None)
@given(st.integers(FIRST - 5, LAST + 5), st.integers(-5, 100))
def test_the_lines_of_the_seconds_asked_for_are_found_where_they_lie(begin: int, length: int) -> None:
    found = list(lines(LOG_FILE, begin, begin + length))
    whole = log_capture().splitlines()
    assert [frame.data for frame in found] == [line for line in whole if begin <= second(line) <= begin + length]
    for frame in found:
        assert log_capture()[frame.position : frame.position + frame.length] == frame.data


@pytest.mark.parametrize("begin", [0, 1, 777_777, 1_500_000, 1_999_999, 2_000_000])
def test_a_long_log_is_jumped_in(tmp_path: Path, begin: int) -> None:
    log = tmp_path / "queue_log"
    log.write_bytes(
        b"".join(b"%d|NONE|NONE|NONE|CONFIGRELOAD|\n" % (NOON + number) for number in range(0, 2_000_000, 4))
    )
    found = [second(frame.data or b"") for frame in lines(log, NOON + begin, NOON + begin + 7)]
    assert found == [NOON + number for number in range(0, 2_000_000, 4) if begin <= number <= begin + 7]


def test_a_line_that_is_still_being_written_is_none_yet(tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    log.write_bytes(written("+0|NONE|NONE|NONE|CONFIGRELOAD|") + b"1795597")
    assert len(list(lines(log, NOON, NOON + 9))) == 1


def test_a_log_that_was_rotated_meanwhile_is_read_on_where_it_went(tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    log.write_bytes(written("+20|NONE|NONE|NONE|CONFIGRELOAD|"))
    (tmp_path / "queue_log.1").write_bytes(written("+10|NONE|NONE|NONE|CONFIGRELOAD|"))
    (tmp_path / "queue_log.2.gz").write_bytes(bytes(range(200)))
    (tmp_path / "queue_log.3").write_bytes(written("+0|NONE|NONE|NONE|CONFIGRELOAD|"))
    assert [path.name for path in rotated(log, NOON + 12)] == ["queue_log.1", "queue_log"]
    assert [path.name for path in rotated(log, NOON - 9)] == ["queue_log.3", "queue_log.1", "queue_log"]


def missed(log: Path, after: float, before: float) -> list[Envelope] | None:
    reader = QueueLogReader(Teller("/asterisk/pbx1", Company(MOSCOW)))
    told = MissedLines(log, "/asterisk/pbx1")(reader, int((NOON + after) * 1e6), int((NOON + before) * 1e6))
    return list(told) if told is not None else None


def test_a_gap_that_was_filled_says_so_with_what_was_found(tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    log.write_bytes(
        written(
            "+0|pbx1-1.1|sales|NONE|ENTERQUEUE||x|1",
            "+9|pbx1-1.1|sales|NONE|ABANDON|1|1|9",
            "+10|pbx1-2.2|sales|NONE|ENTERQUEUE||x|0",
            "+30|pbx1-3.3|sales|NONE|ENTERQUEUE||x|1",
        )
    )
    told = missed(log, 5.5, 20.5) or []
    [caught_up] = events_of(FeedCaughtUp, told)
    assert (caught_up.feed, caught_up.starts_at, caught_up.ends_at) == ("/asterisk/pbx1", at(5.5), at(20.5))
    assert (caught_up.received, caught_up.appended, caught_up.parked) == (2, 1, 1)
    assert [call.wait_seconds for call in ended(told)] == [9]
    assert [(refused.origin, refused.position) for refused in parked(told)] == [("queue_log", 92)]


def test_a_gap_without_a_line_is_filled_too(tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    log.write_bytes(b"")
    [caught_up] = events_of(FeedCaughtUp, missed(log, 5, 20) or [])
    assert caught_up.received == 0


def test_a_log_that_begins_after_the_gap_closes_none(tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    log.write_bytes(written("+6|NONE|NONE|NONE|QUEUESTART|", "+9|pbx1-1.1|sales|NONE|ABANDON|1|1|9"))
    told = missed(log, 5, 20) or []
    assert len(events_of(FeedCaughtUp, told)) == 1
    assert not events_of(FeedGapClosed, told)
    [closed] = events_of(FeedGapClosed, missed(log, 6, 20) or [])
    assert (closed.feed, closed.read, closed.missing) == ("/asterisk/pbx1", "queue_log", None)


def test_where_there_is_no_log_nothing_is_filled(tmp_path: Path) -> None:
    assert missed(tmp_path / "queue_log", 5, 20) is None
