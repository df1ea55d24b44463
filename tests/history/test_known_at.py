"""What was known at a moment: asked later, or of a file made anew, the answer is the same bytes."""

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from projections.projection import load_projections
from services.history.answers import Answers
from services.history.archive import FILE_NAME, Archive
from services.history.archiver import Archiver
from services.history.errors import HistoryError, NotClosedError
from services.history.judging import LogRecord
from services.history.questions import load_questions
from services.runtime.parked import PARKED
from services.runtime.settings import KafkaSettings
from services.runtime.shards import Source
from tests.cli.commands import kvota
from tests.events.examples.dates import TODAY, at
from tests.history.test_parking import about
from tests.projector.workers import append_to, make_topics
from tests.recompute import recompute_log
from tests.telling import AGENTS, CALLS, DECISIONS, answered, assigned, decided, entered, lying, raw, relieved, won

PROJECTIONS = load_projections()
LOG, CALLED = (CALLS, 0), [raw(answered(10, 60), 1), raw(answered(10, 30), 2), raw(answered(10, 5), 2)]


def known(archive: Archive, moment: datetime, report: str = "rep_day") -> bytes:
    """Give the bytes of a report as known at a moment."""
    return Answers(archive, "RU").report(report, {}, moment)


def calls(answer: bytes) -> int:
    """Give how many calls a report of days speaks of."""
    return sum(row["calls"] for row in msgspec.json.decode(answer)["rows"])


def parking(offset: int, since: datetime, start: int = 0) -> list[LogRecord]:
    """Give the record that sets another aside, as the parked topic has it."""
    return lying([raw(about(f"{CALLS}/0", offset), 90 + offset)], *PARKED, start=start, since=since)


class TestParkedLater:
    def test_what_was_set_aside_later_counted_then(self, archive: Archive) -> None:
        archive.ingest(lying(CALLED[:2]))
        archive.note_ends(at(10), [LOG])
        before = known(archive, at(10))
        archive.ingest(parking(0, at(11)))
        archive.note_ends(at(12), [LOG, PARKED])
        assert calls(before) == 2
        assert known(archive, at(10)) == before
        assert calls(known(archive, at(12))) == 1

    def test_what_was_told_a_second_time_counted_in_its_place_only_afterwards(self, archive: Archive) -> None:
        archive.ingest(lying(CALLED))
        archive.ingest(parking(1, at(11)))
        archive.note_ends(at(12), [LOG, PARKED])
        earlier, later = archive.known_at(at(10)), archive.known_at(at(12))
        for cut, log in ((earlier, CALLED[:2]), (later, [CALLED[0], CALLED[2]])):
            assert archive.cells_at(cut, PROJECTIONS) == recompute_log(log)
            assert archive.evidence_at(cut, PROJECTIONS) == recompute_log(log)

    def test_what_had_expired_only_by_the_day_of_what_is_parked_was_expired_then(self, archive: Archive) -> None:
        late = raw(answered(day=TODAY - timedelta(days=36)), 3)
        archive.ingest(lying([CALLED[0], late]))
        archive.ingest(parking(0, at(11)))
        archive.note_ends(at(12), [LOG, PARKED])
        assert archive.cells_at(archive.known_at(at(10)), PROJECTIONS) == recompute_log(CALLED[:1])
        assert archive.cells_at(archive.known_at(at(12)), PROJECTIONS) == recompute_log([late])
        assert archive.days_at(archive.known_at(at(10))) == {LOG: TODAY}

    def test_a_decision_that_is_parked_counted_then(self, archive: Archive) -> None:
        log = [decided(assigned(), "quota/q", 1), decided(relieved(5, assigned()), "quota/q", 2)]
        archive.ingest(lying(log, DECISIONS))
        archive.ingest(lying([raw(about(f"{DECISIONS}/0", 1), 1)], *PARKED, since=at(11)))
        archive.note_ends(at(12), [(DECISIONS, 0), PARKED])
        cells = [archive.cells_at(archive.known_at(moment), PROJECTIONS)["quota"] for moment in (at(10), at(12))]
        assert [sorted(values) for values in map(dict.values, cells)] == [[(0, 5), (1_000, 0)], [(1_000, 0)]]

    def test_a_cut_that_does_not_name_the_parked_topic_knows_of_all_that_is_parked(self, archive: Archive) -> None:
        archive.ingest(lying(CALLED) + parking(0, at(11)))
        assert archive.cells_at({LOG: 1}, PROJECTIONS) == {}
        assert archive.cells_at({LOG: 1, PARKED: 0}, PROJECTIONS) == recompute_log(CALLED[:1])
        assert archive.cells_at({LOG: 1, PARKED: 1}, PROJECTIONS) == {}


class TestClosing:
    def test_nothing_is_closed_where_nothing_was_read(self, archive: Archive) -> None:
        with pytest.raises(NotClosedError, match="no moment can be asked for yet"):
            archive.known_at(at(9))

    def test_a_moment_is_closed_once_every_partition_has_a_later_record(self, archive: Archive) -> None:
        archive.ingest(lying(CALLED[:2]) + lying([raw(entered("ready"))], AGENTS, since=at(9, 0, 1)))
        assert archive.closed_until() == at(9, 0, 1) - timedelta(milliseconds=1)
        assert archive.known_at(at(9)) == {LOG: 1, PARKED: 0}
        with pytest.raises(
            NotClosedError, match=r"known at 2026-11-24T10:00:00Z is not .* now is 2026-11-24T09:00:00\.9"
        ):
            archive.known_at(at(10))

    def test_or_had_been_read_to_its_end(self, archive: Archive) -> None:
        archive.ingest(lying(CALLED[:2]))
        archive.note_ends(at(10), [LOG, PARKED])
        archive.note_ends(at(9, 30), [LOG, PARKED])
        assert archive.closed_until() == at(10)
        assert archive.known_at(at(10)) == {LOG: 2, PARKED: 0}

    def test_what_comes_later_with_an_earlier_time_was_not_known_then(self, path: Path) -> None:
        with Archive(path, PROJECTIONS) as archive:
            archive.ingest(lying(CALLED[:1]))
            archive.note_ends(at(10), [LOG])
            before = known(archive, at(10))
            archive.ingest(lying(CALLED[1:2], start=1, since=at(9, 30)))
            archive.ingest(lying(CALLED[2:], start=2, since=at(11)))
            archive.note_ends(at(11, 30), [LOG])
            assert archive.known_at(at(11, 30))[LOG] == 3
        with Archive(path, PROJECTIONS) as archive:
            assert known(archive, at(10)) == before

    def test_a_partition_found_later_held_nothing_known_until_then(self, archive: Archive) -> None:
        archive.ingest(lying(CALLED))
        archive.note_ends(at(10), [LOG])
        before = known(archive, at(10))
        archive.note_new([LOG, (CALLS, 1)])
        archive.ingest(lying([raw(answered(), 7)], partition=1, since=at(9, 59)))
        archive.note_ends(at(11), [LOG, (CALLS, 1)])
        assert known(archive, at(10)) == before
        assert archive.known_at(at(11)) == {LOG: 3, (CALLS, 1): 1, PARKED: 0}

    def test_a_partition_that_is_not_read_yet_keeps_every_moment_open(self, archive: Archive) -> None:
        both = [LOG, (CALLS, 1)]
        archive.note_new(both)
        archive.ingest(lying(CALLED, since=at(9)))
        archive.note_new(both)  # as whoever looks for topics does, also before all is read
        with pytest.raises(NotClosedError, match="no moment can be asked for yet"):
            archive.known_at(at(9))
        archive.ingest(lying([raw(answered(), 7), raw(answered(), 8)], partition=1, since=at(8)))
        archive.note_ends(at(10), both)
        assert archive.known_at(at(9)) == {LOG: 1, (CALLS, 1): 2, PARKED: 0}

    def test_nothing_is_kept_of_what_the_times_of_the_records_say(self, archive: Archive) -> None:
        for place, value in enumerate(CALLED):
            archive.ingest(lying([value], start=place, since=at(9 + place)))
            archive.note_ends(at(9 + place, 30), [LOG])
        with archive.cursor() as con:
            kept = con.execute("SELECT before, moment FROM closings").fetchall()
        assert kept == [(3, at(11, 30).replace(tzinfo=None))]
        assert archive.known_at(at(10)) == {LOG: 2, PARKED: 0}

    def test_a_file_of_an_earlier_release_is_closed_by_its_records(self, path: Path) -> None:
        with Archive(path, PROJECTIONS) as archive:
            archive.ingest(lying(CALLED))
            with archive.cursor() as con:
                con.execute("ALTER TABLE progress DROP COLUMN latest")
        with Archive(path, PROJECTIONS) as archive:
            assert archive.closed_until() == at(9, 0, 2) - timedelta(milliseconds=1)


@dataclass(frozen=True)
class Step:
    """One record appended: what it is, about what, and how long after the one before."""

    kind: str
    number: int
    after_ms: int


steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(["call", "call", "late", "sale", "state", "park", "park", "retry"]),
        st.integers(0, 3),
        st.sampled_from([0, 1, 700]),
    ),
    min_size=2,
    max_size=16,
)
REPORTS, EXPLAINED = sorted(load_questions()), ["agent_now", "queue_handle", "rep_day", "rep_month"]
questions = st.lists(st.sampled_from([*REPORTS, *EXPLAINED]), min_size=2, max_size=3, unique=True)
PARKED_AND_RETRIED = [
    Step("call", 0, 0),
    Step("call", 0, 700),
    Step("late", 1, 700),
    Step("park", 0, 700),
    Step("retry", 0, 700),
]


def appended(told: Sequence[Step]) -> list[LogRecord]:
    """Give the records of a log as they were appended, in this order, to the partitions of all topics."""
    log: list[LogRecord] = []
    moment = int(at(9).timestamp() * 1_000)
    for step in told:
        moment += step.after_ms
        source, value = _told(step, log)
        offset = sum(record.source == source for record in log)
        log.append(LogRecord(*source, offset, moment, value))
    return log


def _told(step: Step, log: Sequence[LogRecord]) -> tuple[Source, bytes]:
    of_calls = [record for record in log if record.topic == CALLS]
    aside = [record for record in log if record.source == PARKED]
    match step.kind:
        case "park" if step.number < len(of_calls):
            record = of_calls[step.number]
            return PARKED, raw(about(f"{CALLS}/{record.partition}", record.offset), 10 * step.number + record.partition)
        case "retry" if aside and step.number < len(of_calls):
            return of_calls[step.number].source, of_calls[step.number].raw or b""
        case "late":
            return (CALLS, 0), raw(answered(day=TODAY - timedelta(days=36), talk=len(log)), 10 + step.number)
        case "sale":
            version = sum(record.topic == DECISIONS for record in log) + 1
            return (DECISIONS, 0), decided(won(100 + len(log)), "deal/d1", version)
        case "state":
            return (AGENTS, 0), raw(entered(["ready", "paused"][step.number % 2]), 20 + step.number)
        case _:
            return (CALLS, step.number % 2), raw(answered(talk=len(log)), step.number)


@contextmanager
def opened() -> Generator[Archive]:
    """Open an archive in a file of its own."""
    with TemporaryDirectory() as folder, Archive(Path(folder) / FILE_NAME, PROJECTIONS) as archive:
        yield archive


def ask(archive: Archive, names: Sequence[str], moment: datetime | None) -> list[bytes]:
    """Ask reports, and what projections are made of; a refusal is an answer too."""
    answers = Answers(archive, "RU")
    asked = [partial(answers.report if name in REPORTS else answers.explain, name, {}) for name in names]
    given: list[bytes] = []
    for each in asked:
        try:
            given.append(each(known_at=moment))
        except HistoryError as error:
            given.append(str(error).encode())
    return given


def told(answer: bytes) -> object:
    """Give what an answer says, but for how far the archive had got."""
    return {name: said for name, said in msgspec.json.decode(answer).items() if name != "as_of"}


@settings(max_examples=8, deadline=None)
@given(steps, st.integers(0, 15), questions)
@example(PARKED_AND_RETRIED, 0, ["rep_day"])
@example(PARKED_AND_RETRIED, 1, ["rep_day"])
@example(PARKED_AND_RETRIED, 2, ["rep_day", "rep_month"])
@example(PARKED_AND_RETRIED, 3, ["rep_day"])
def test_the_same_moment_asked_later_gives_the_same_bytes(log: list[Step], place: int, names: list[str]) -> None:
    """And so does a file that is made anew, which hears of what is parked first; and both what was the newest then."""
    records = appended(log)
    last = records[min(place, len(records) - 1)].appended_ms
    moment, sources = datetime.fromtimestamp(last / 1_000, UTC), sorted({record.source for record in records})
    then = [record for record in records if record.appended_ms <= last]
    with opened() as archive:
        archive.ingest(then)
        newest = ask(archive, names, None)
        archive.note_ends(moment, sources)
        first = ask(archive, names, moment)
        for record in records[len(then) :]:
            archive.ingest([record])
        archive.note_ends(moment + timedelta(minutes=1), sources)
        assert ask(archive, names, moment) == first
    assert list(map(told, first)) == list(map(told, newest))
    with opened() as anew:
        anew.ingest(sorted(records, key=lambda record: record.source, reverse=True))
        anew.note_ends(moment + timedelta(minutes=1), sources)
        assert ask(anew, names, moment) == first


def test_the_command_says_what_can_be_asked_of_a_file(tmp_path: Path) -> None:
    with Archive(tmp_path / FILE_NAME, PROJECTIONS) as archive:
        archive.ingest(lying(CALLED))
        archive.note_ends(at(10), [LOG])
    asked = [
        kvota("report", "rep_day", "--json", "--known-at", when, home=tmp_path)
        for when in ("2026-11-24T10:00:00Z", "2026-11-24T10:00:01Z")
    ]
    assert [ran.code for ran in asked] == [0, 2]
    assert calls(asked[0].out.encode()) == 2
    assert "the latest that can be asked for now is 2026-11-24T10:00:00Z" in asked[1].err


@pytest.mark.kafka
@pytest.mark.timeout(240)
async def test_over_a_real_log_that_goes_on(fresh_bootstrap: str, tmp_path: Path) -> None:
    await make_topics(fresh_bootstrap)
    await append_to(fresh_bootstrap, [(LOG, value) for value in CALLED])
    kafka, stop = KafkaSettings(bootstrap_servers=fresh_bootstrap, client_id="test"), asyncio.Event()
    with Archive(tmp_path / FILE_NAME, PROJECTIONS) as archive:
        archiver = Archiver(kafka, archive)
        running = asyncio.create_task(archiver.run(stop))
        await archiver.reached({LOG: 3}, 60)
        moment = datetime.now(UTC)
        await archiver.closed(moment, 60)
        before = known(archive, moment)
        await append_to(fresh_bootstrap, [(PARKED, raw(about(f"{CALLS}/0", 0), 9)), (LOG, raw(answered(), 3))])
        await archiver.reached({LOG: 4, PARKED: 1}, 60)
        assert known(archive, moment) == before
        later = datetime.now(UTC)
        await archiver.closed(later, 60)
        afterwards = known(archive, later)
        with pytest.raises(NotClosedError):
            await asyncio.wait_for(archiver.closed(later + timedelta(hours=1), 60), 5)
        stop.set()
        await asyncio.wait_for(running, 20)
    assert msgspec.json.decode(before)["as_of"] == {"kvota.calls/0": 3, "kvota.parked/0": 0}
    assert msgspec.json.decode(afterwards)["as_of"] == {"kvota.calls/0": 4, "kvota.parked/0": 1}
    assert (calls(before), calls(afterwards)) == (2, 2)
    with Archive(tmp_path / "anew" / FILE_NAME, PROJECTIONS) as anew:
        await Archiver(kafka, anew).catch_up()
        assert (known(anew, moment), known(anew, later)) == (before, afterwards)
