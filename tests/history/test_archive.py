"""The archive: every record kept, each judged once, and answers as of any cut."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from events.law import Verdict
from projections.projection import load_projections
from services.history.archive import Archive
from services.history.errors import HistoryBehindError, HistoryBusyError, UnknownNameError
from services.runtime.parked import PARKED
from tests.events.examples.dates import TODAY, at
from tests.recompute import recompute_log, recompute_logs
from tests.telling import (
    AGENTS,
    ANNA,
    CALLS,
    DECISIONS,
    abandoned,
    amended,
    answered,
    decided,
    entered,
    lying,
    raw,
    restated,
    won,
)

PROJECTIONS = load_projections()
CALL_LOG = [
    raw(answered(talk=60), 1),
    raw(answered(talk=60), 1),
    b"no event",
    raw(abandoned(), 2),
    raw(restated(answered(talk=60), answered(talk=90)), 3),
]
DEAL_LOG = [
    decided(won(500), "deal/d1", 1),
    decided(won(700), "deal/d1", 1),
    decided(amended(won(500), won(600)), "deal/d1", 2),
    decided(won(10, deal="d2"), "deal/d2", 1, **{"deal/d1": 1}),
]


def fill(archive: Archive) -> None:
    archive.ingest([*lying(CALL_LOG), *lying(DEAL_LOG, DECISIONS)])


def verdicts(archive: Archive, topic: str) -> list[str]:
    with archive.cursor() as con:
        rows = con.execute('SELECT verdict FROM records WHERE topic = $topic ORDER BY "offset"', {"topic": topic})
        return [row[0] for row in rows.fetchall()]


class TestKeeping:
    def test_every_record_is_kept_with_its_verdict(self, archive: Archive) -> None:
        fill(archive)
        assert verdicts(archive, CALLS) == ["counts", "repeated", "unreadable", "counts", "counts"]
        assert verdicts(archive, DECISIONS) == ["counts", "overtaken", "counts", "expectation_broken"]
        with archive.cursor() as con:
            kept = con.execute('SELECT raw FROM records WHERE topic = $calls ORDER BY "offset"', {"calls": CALLS})
            assert [row[0] for row in kept.fetchall()] == CALL_LOG

    def test_an_unreadable_record_says_why(self, archive: Archive) -> None:
        archive.ingest(lying([b"no event", None]))
        with archive.cursor() as con:
            rows = con.execute('SELECT raw, reason, id FROM records ORDER BY "offset"').fetchall()
        assert [(row[0], row[2]) for row in rows] == [(b"no event", None), (None, None)]
        assert all(row[1].startswith("not a CloudEvent") for row in rows)

    def test_the_time_of_the_log_is_kept(self, archive: Archive) -> None:
        archive.ingest(lying([b"x"], since=at(9, 30)))
        with archive.cursor() as con:
            assert con.execute("SELECT appended_at FROM records").fetchall()[0][0] == at(9, 30).replace(tzinfo=None)

    def test_a_batch_read_again_is_skipped(self, archive: Archive) -> None:
        records = lying(CALL_LOG)
        assert archive.ingest(records[:3]) == 3
        assert archive.ingest(records) == 2
        assert archive.ingest(records) == 0
        assert archive.positions() == {(CALLS, 0): 5}
        assert verdicts(archive, CALLS) == ["counts", "repeated", "unreadable", "counts", "counts"]

    def test_a_type_of_tomorrow_is_kept_but_adds_nothing(self, archive: Archive) -> None:
        archive.ingest(lying([raw(answered()).replace(b'"call.ended"', b'"call.dreamt"')]))
        assert verdicts(archive, CALLS) == ["counts"]
        assert archive.cells_at(archive.positions(), PROJECTIONS) == {}

    def test_a_batch_that_fails_leaves_nothing_behind(self, archive: Archive) -> None:
        wrong = lying(CALL_LOG[:1], "kvota.agents") + lying(CALL_LOG[:1], partition=2**40)
        with pytest.raises(pa.ArrowInvalid):
            archive.ingest(wrong)
        assert archive.positions() == {}
        fill(archive)
        assert verdicts(archive, CALLS) == ["counts", "repeated", "unreadable", "counts", "counts"]


class TestTheLawOverRestarts:
    def test_ids_and_heads_are_remembered(self, path: Path) -> None:
        for start, record in enumerate(lying(CALL_LOG)):
            with Archive(path, PROJECTIONS) as archive:
                archive.ingest([record])
                archive.ingest(lying(DEAL_LOG, DECISIONS)[start : start + 1])
        with Archive(path, PROJECTIONS) as archive:
            assert verdicts(archive, CALLS) == ["counts", "repeated", "unreadable", "counts", "counts"]
            assert verdicts(archive, DECISIONS) == ["counts", "overtaken", "counts", "expectation_broken"]

    def test_a_duplicate_of_a_day_long_forgotten_is_recognised(self, archive: Archive) -> None:
        days = [raw(answered(day=TODAY + timedelta(days=day)), day) for day in range(20)]
        for place, value in enumerate([*days, *days]):
            archive.ingest(lying([value], start=place))
        assert verdicts(archive, CALLS) == ["counts"] * 20 + ["repeated"] * 20

    def test_partitions_do_not_know_of_each_other(self, archive: Archive) -> None:
        archive.ingest(lying(CALL_LOG[:1]) + lying(CALL_LOG[:1], partition=1) + lying(CALL_LOG[:1], AGENTS))
        with archive.cursor() as con:
            assert con.execute("SELECT DISTINCT verdict FROM records").fetchall() == [("counts",)]


class TestCells:
    def test_they_are_those_of_an_independent_computation(self, archive: Archive) -> None:
        fill(archive)
        assert archive.cells_at(archive.positions(), PROJECTIONS) == recompute_logs([CALL_LOG, DEAL_LOG])

    @pytest.mark.parametrize("calls", range(6))
    @pytest.mark.parametrize("deals", [0, 1, 4])
    def test_they_can_be_had_as_of_any_cut(self, archive: Archive, calls: int, deals: int) -> None:
        fill(archive)
        cut = {(CALLS, 0): calls, (DECISIONS, 0): deals}
        assert archive.cells_at(cut, PROJECTIONS) == recompute_logs([CALL_LOG[:calls], DEAL_LOG[:deals]])

    def test_what_a_cut_does_not_name_takes_no_part(self, archive: Archive) -> None:
        fill(archive)
        assert archive.cells_at({(CALLS, 0): 5}, PROJECTIONS) == recompute_log(CALL_LOG)
        assert archive.cells_at({}, PROJECTIONS) == {}

    def test_a_cut_that_is_not_archived_is_refused(self, archive: Archive) -> None:
        fill(archive)
        with pytest.raises(HistoryBehindError, match=r"kvota\.calls/0 to 5 of 6, kvota\.calls/1 to 0 of 1"):
            archive.cells_at({(CALLS, 0): 6, (CALLS, 1): 1, (DECISIONS, 0): 1}, PROJECTIONS)

    def test_only_the_projections_asked_for_are_made(self, archive: Archive) -> None:
        fill(archive)
        assert set(archive.cells_at(archive.positions(), {"rep_day": PROJECTIONS["rep_day"]})) == {"rep_day"}

    def test_an_unknown_projection_is_refused_with_those_there_are(self, archive: Archive) -> None:
        with pytest.raises(UnknownNameError, match=r"no projection 'rep_dya'.*rep_day"):
            archive.projection("rep_dya")


class TestKnownAt:
    def test_each_partition_is_cut_before_the_first_record_appended_later(self, archive: Archive) -> None:
        archive.ingest(lying(CALL_LOG, since=at(9)) + lying(DEAL_LOG, DECISIONS, since=at(9, 0, 2)))
        archive.note_ends(at(10), archive.positions())
        assert archive.known_at(at(8)) == {PARKED: 0}
        assert archive.known_at(at(9, 0, 2)) == {(CALLS, 0): 3, (DECISIONS, 0): 1, PARKED: 0}
        assert archive.known_at(at(10)) == archive.positions() | {PARKED: 0}

    def test_a_clock_that_went_back_hides_what_follows(self, archive: Archive) -> None:
        archive.ingest(lying(CALL_LOG[:1], since=at(11)) + lying(CALL_LOG[3:4], start=1, since=at(9)))
        assert archive.known_at(at(10)) == {PARKED: 0}

    def test_a_later_record_changes_no_earlier_answer(self, archive: Archive) -> None:
        archive.ingest(lying(CALL_LOG))
        cut = archive.known_at(at(9, 0, 3))
        before = archive.cells_at(cut, PROJECTIONS)
        archive.ingest(lying([raw(abandoned(wait=99), 9)], start=5, since=at(12)))
        assert archive.known_at(at(9, 0, 3)) == cut
        assert archive.cells_at(cut, PROJECTIONS) == before

    def test_a_moment_has_a_zone(self, archive: Archive) -> None:
        with pytest.raises(ValueError, match="time zone"):
            archive.known_at(at(9).replace(tzinfo=None))


class TestTheFileForAuditors:
    def test_relations_cells_and_contributions_can_be_read_with_nothing_of_ours(self, path: Path) -> None:
        with Archive(path, PROJECTIONS) as archive:
            fill(archive)
            archive.ingest(lying([raw(entered("ready"))], AGENTS))
        with duckdb.connect(path, read_only=True) as con:
            assert con.execute("SELECT sum(fact.weight) FROM calls").fetchall() == [(2,)]
            assert con.execute("SELECT won_minor FROM rep_day WHERE currency = 'RUB'").fetchall() == [(600,)]
            weights = "SELECT sum(fact.weight * won_minor) FROM rep_day_contributions"
            assert con.execute(weights).fetchall() == [(600,)]
            assert con.execute("SELECT rep, last_state FROM agent_now").fetchall() == [(ANNA, "ready")]
            con.execute("SET VARIABLE cut = MAP {'kvota.decisions': [1]}")
            assert con.execute("SELECT won_minor FROM rep_day").fetchall() == [(500,)]

    def test_a_cell_of_zeros_is_not_shown(self, archive: Archive) -> None:
        first, second = answered(), abandoned()
        archive.ingest(lying([raw(first, 1), raw(restated(first, second), 2)]))
        with archive.cursor() as con:
            assert con.execute("SELECT count(*) FROM rep_day").fetchall() == [(0,)]

    def test_a_projection_that_is_gone_leaves_no_view_and_a_new_one_needs_no_migration(self, path: Path) -> None:
        with Archive(path, {"rep_day": PROJECTIONS["rep_day"]}) as archive:
            fill(archive)
        with Archive(path, {"rep_month": PROJECTIONS["rep_month"]}) as archive, archive.cursor() as con:
            assert con.execute("SELECT won_minor FROM rep_month WHERE currency = 'RUB'").fetchall() == [(600,)]
            with pytest.raises(duckdb.CatalogException):
                con.execute("FROM rep_day")

    def test_a_reading_cannot_write(self, archive: Archive) -> None:
        with pytest.raises(duckdb.TransactionException), archive.reading() as reading:
            reading.con.execute("DELETE FROM records")


def test_a_file_in_use_is_named(path: Path) -> None:
    with Archive(path, PROJECTIONS):
        program = (
            "import sys, pathlib\nfrom services.history.archive import Archive\nArchive(pathlib.Path(sys.argv[1]), {})"
        )
        ran = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False)
    assert ran.returncode != 0
    assert f"{HistoryBusyError.__name__}: {path} is open in another process" in ran.stderr


def test_verdicts_are_those_of_the_law() -> None:
    assert {verdict.value for verdict in Verdict} >= {"counts", "repeated", "overtaken", "unreadable"}
