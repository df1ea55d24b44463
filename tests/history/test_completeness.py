"""The report on completeness: gaps are open until their feed fills them or a later reading covers them."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.event import Event
from events.feeds import FeedCaughtUp, FeedGapClosed, FeedGapFound
from projections.projection import load_projections
from services.history.archive import Archive
from services.history.report import run_report
from tests.events.examples.dates import TODAY, at
from tests.telling import FEEDS, PBX, beat, caught_up, closed, delivered, gap, lying, raw

PROJECTIONS = load_projections()
LOG = "asterisk/pbx1/queue_log"
TOMORROW = TODAY + timedelta(days=1)


def ask(archive: Archive, events: Sequence[Event], /, **given: object) -> list[dict[str, Any]]:
    """Archive what feeds told, a second after one another from nine o'clock on, and ask."""
    archive.ingest(lying([raw(event, number) for number, event in enumerate(events, start=1)], FEEDS))
    report = run_report(archive, "completeness", {name: str(value) for name, value in given.items()})
    return [dict(zip(report.columns, row, strict=True)) for row in report.rows]


def test_a_day_of_a_feed_is_told_with_all_that_is_known_of_it(archive: Archive) -> None:
    told: list[Event] = [gap(at(7), missing=17), gap(at(8), missing=5), gap(at(8, 30))]
    told += [closed(gap(at(8), missing=5), 2), beat(at(9, 0, 43)), beat(at(9, 0, 44), parked=2), beat(at(9, 0, 59))]
    assert ask(archive, told) == [
        {
            "feed": PBX,
            "day": TODAY,
            "received": 0,
            "appended": 0,
            "parked": 2,
            "gaps": 3,
            "gaps_closed": 1,
            "gaps_open": 2,
            "missing": 22,
            "missing_open": 17,
            "unknown_open": 1,
            "beats": 3,
            "first_beat_at": at(9, 0, 43).replace(tzinfo=None),
            "last_beat_at": at(9, 0, 59).replace(tzinfo=None),
            "longest_silence_s": 15,
            "clock_ahead_ms": 53_000,
        }
    ]


def test_a_reading_of_the_same_source_closes_the_gaps_that_it_covers(archive: Archive) -> None:
    ends = at(8, 30)
    told = [
        gap(ends),
        gap(ends + timedelta(seconds=1), 41),
        gap(ends, 41),
        caught_up(ends - timedelta(seconds=40), ends),
    ]
    reading, feed = sorted(ask(archive, told), key=lambda row: str(row["feed"]), reverse=True)
    assert (feed["gaps"], feed["gaps_closed"], feed["gaps_open"], feed["unknown_open"]) == (3, 1, 2, 2)
    assert (reading["feed"], reading["received"], reading["appended"], reading["parked"]) == (LOG, 100, 30, 2)


def test_a_feed_that_has_read_around_its_own_gap_has_not_closed_it(archive: Archive) -> None:
    """A kept connection that broke in between is read as one file; a queue_log may begin in the middle of a gap."""
    ends = at(8, 30)
    [row] = ask(archive, [gap(ends, missing=40), caught_up(at(8), at(9), feed=PBX)])
    assert (row["gaps"], row["gaps_closed"], row["gaps_open"], row["missing_open"]) == (1, 0, 1, 40)


def test_a_source_that_calls_us_says_itself_how_far_ahead_its_clock_is(archive: Archive) -> None:
    [row] = ask(archive, [delivered(at(9), ahead_ms=39_000), delivered(at(9, 1), ahead_ms=40_000)])
    assert (row["clock_ahead_ms"], row["longest_silence_s"]) == (40_000, 60)


def test_days_and_feeds_can_be_chosen(archive: Archive) -> None:
    told = [beat(), beat(at(9, day=TOMORROW), day=TOMORROW), beat(feed="/other")]
    assert [(row["feed"], row["day"]) for row in ask(archive, told)] == [
        (PBX, TODAY),
        ("/other", TODAY),
        (PBX, TOMORROW),
    ]
    assert [row["feed"] for row in ask(archive, (), day=TODAY, feed="/other")] == ["/other"]
    assert [row["day"] for row in ask(archive, (), **{"from": TOMORROW})] == [TOMORROW]
    assert len(ask(archive, (), to=TOMORROW)) == 2


feeds = st.sampled_from([PBX, "/asterisk/pbx1/second"])
days = st.sampled_from([TODAY, TOMORROW])
moments = st.integers(0, 120).map(lambda seconds: at(8) + timedelta(seconds=seconds))
gaps = st.builds(
    gap, ends=moments, seconds=st.integers(0, 40), feed=feeds, day=days, missing=st.none() | st.integers(0, 99)
)
readings = st.tuples(moments, moments).map(lambda ends: caught_up(min(ends), max(ends)))


@st.composite
def told_of_gaps(draw: st.DrawFn) -> list[Event]:
    """Draw gaps, of which some are closed at once, and readings, of which some come to cover some of them."""
    told: list[Event] = []
    for _ in range(draw(st.integers(0, 30))):
        told.append(draw(gaps | readings))
        if isinstance(found := told[-1], FeedGapFound) and draw(st.booleans()):
            told.append(closed(found, len(told)))
    return told


def expected(told: Sequence[Event]) -> dict[tuple[str, date], tuple[int, int, int, int]]:
    """Reckon of each feed and day the gaps, the open ones, what is missing of them, and of how many that is unknown."""
    by_feed = {event.gap for event in told if isinstance(event, FeedGapClosed)}
    read = [(event.starts_at, event.ends_at) for event in told if isinstance(event, FeedCaughtUp)]
    found: Counter[tuple[str, date]] = Counter()
    left: dict[tuple[str, date], list[int | None]] = {}
    for number, event in enumerate(told, start=1):
        if isinstance(event, FeedGapFound):
            cell = event.feed, event.day
            found[cell] += 1
            first, last = event.starts_at, event.ends_at
            assert first is not None
            assert last is not None
            covered = any(starts <= first and last <= ends for starts, ends in read)
            if not covered and closed(event, number).gap not in by_feed:
                left.setdefault(cell, []).append(event.missing)
    return {
        cell: (
            count,
            len(left.get(cell, [])),
            sum(missing or 0 for missing in left.get(cell, [])),
            sum(missing is None for missing in left.get(cell, [])),
        )
        for cell, count in found.items()
    }


@settings(deadline=None, max_examples=10)
@given(told_of_gaps())
def test_what_is_open_is_what_a_person_reckons(told: list[Event]) -> None:
    with TemporaryDirectory() as folder, Archive(Path(folder) / "history.duckdb", PROJECTIONS) as archive:
        rows = ask(archive, told)
    measures = ("gaps", "gaps_open", "missing_open", "unknown_open")
    assert {
        (row["feed"], row["day"]): tuple(row[measure] for measure in measures) for row in rows if row["gaps"]
    } == expected(told)
    assert all(row["gaps"] == row["gaps_closed"] + row["gaps_open"] for row in rows)
