"""Rollups and the rows that came since are the same cells as all rows, at every cut."""

import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb
import pytest

from projections.cells import Boards, as_rows, without_zeros
from projections.projection import Projection, load_projection, load_projections
from services.history import schema
from services.history.agreement import differences
from services.history.archive import Archive
from services.history.judging import LogRecord
from services.runtime.shards import Positions, Source
from tests.events.examples.dates import TODAY, at
from tests.history.test_parking import PICKY, saying
from tests.recompute import recompute_log, recompute_logs
from tests.telling import (
    AGENTS,
    ANNA,
    BORIS,
    CALLS,
    DECISIONS,
    FEEDS,
    abandoned,
    answered,
    beat,
    decided,
    entered,
    lying,
    raw,
    restated,
    won,
)

PROJECTIONS = load_projections()
FEW = 5
"""How many records the archive of a test rolls up together."""
TALKED = [raw(answered(talk=number), number) for number in range(40)]
LOGS: Mapping[Source, Sequence[bytes]] = {
    (CALLS, 0): [
        *TALKED[:20],
        TALKED[3],
        raw(abandoned(), 50),
        raw(restated(answered(talk=4), answered(talk=400)), 51),
        b"no event",
        *TALKED[20:],
    ],
    (AGENTS, 0): [raw(entered(("ready", "wrap")[number % 2]), 100 + number) for number in range(12)],
    (FEEDS, 0): [raw(beat(at(9, number)), 200 + number) for number in range(12)],
    (DECISIONS, 0): [decided(won(amount=number, deal=f"d{number}"), f"deal/d{number}", 1) for number in range(1, 15)],
}


def rolled_up_to(archive: Archive, cut: Positions | None = None) -> int | None:
    """Give the number of the latest stretch that an answer as of a cut takes from the rollups."""
    with archive.reading(cut) as reading:
        rows: list[tuple[int | None]] = reading.con.execute("SELECT getvariable('rolled_up')").fetchall()
        return rows[0][0]


def talked(archive: Archive, cut: Positions) -> list[tuple[int]]:
    """Give the seconds that the reports say were talked."""
    with archive.reading(cut) as reading:
        return reading.con.execute("SELECT talk_seconds FROM rep_day").fetchall()


def seen(archive: Archive, cut: Positions) -> dict[str, list[dict[str, object]]]:
    """Give what the views say, as reports read them, with keys as cells have them."""
    with archive.reading(cut) as reading:
        found = {name: reading.con.sql(each.written_sql(f'FROM "{name}"')) for name, each in PROJECTIONS.items()}
        return {
            name: in_order([dict(zip(rows.columns, row, strict=True)) for row in rows.fetchall()])
            for name, rows in found.items()
        }


def as_seen(boards: Boards) -> dict[str, list[dict[str, object]]]:
    """Give what views should say of these cells."""
    cells = {name: without_zeros(each, boards.get(name, {})) for name, each in PROJECTIONS.items()}
    return {name: in_order(as_rows(PROJECTIONS[name], of_name)) for name, of_name in cells.items()}


def in_order(rows: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    return sorted(map(dict, rows), key=repr)


def are_read_as_kept(archive: Archive) -> bool:
    """Say whether the cells of an answer as of now are read from what is rolled up, and from nothing else."""
    with archive.reading() as reading:
        [(path,)] = reading.con.execute("SELECT current_setting('search_path')").fetchall()
        return bool(path.startswith("rolled,"))


def stretches(archive: Archive) -> list[int]:
    with archive.cursor() as con:
        return [row[0] for row in con.execute("SELECT DISTINCT number FROM stretches ORDER BY ALL").fetchall()]


def in_turns(chance: random.Random) -> list[list[LogRecord]]:
    """Give the logs in batches, as they may come."""
    left = {source: lying(log, *source) for source, log in LOGS.items()}
    batches: list[list[LogRecord]] = []
    while left:
        source = chance.choice(sorted(left))
        some = chance.randint(1, 9)
        batches.append(left[source][:some])
        left[source] = left[source][some:]
        left = {each: records for each, records in left.items() if records}
    return batches


@pytest.mark.parametrize("seed", range(4))
def test_at_every_cut_the_cells_are_those_of_all_rows(path: Path, seed: int) -> None:
    chance, used = random.Random(seed), set[int | None]()
    with Archive(path, PROJECTIONS, stretch=chance.randint(FEW, 20)) as archive:
        for batch in in_turns(chance):
            archive.ingest(batch)
        assert len(stretches(archive)) > 1
        for _ in range(4):
            cut = {source: chance.randint(3 * before // 4, before) for source, before in archive.positions().items()}
            truth = recompute_logs([log[: cut[source]] for source, log in LOGS.items()])
            assert archive.rolled_up_at(cut, PROJECTIONS) == truth
            assert seen(archive, cut) == as_seen(truth)
            used.add(rolled_up_to(archive, cut))
        assert used - {None, stretches(archive)[-1]}
        assert archive.rolled_up_at(archive.positions(), PROJECTIONS) == recompute_logs(LOGS.values())


def test_what_is_all_rolled_up_is_read_as_it_is_kept(path: Path) -> None:
    told = [*LOGS[CALLS, 0]]
    with Archive(path, PROJECTIONS, stretch=FEW) as archive:
        for start in range(0, len(told), FEW):
            archive.ingest(lying(told[start : start + FEW], start=start))
            whole = min(start + FEW, len(told))
            assert are_read_as_kept(archive) == (whole % FEW == 0)
            assert seen(archive, archive.positions()) == as_seen(recompute_log(told[:whole]))


def test_a_cell_is_kept_once_for_each_stretch_that_changed_it(path: Path) -> None:
    said = "SELECT since_stretch, until_stretch, talk_seconds FROM rollups.rep_day WHERE rep = $rep ORDER BY ALL"
    with Archive(path, PROJECTIONS, stretch=FEW) as archive:
        archive.ingest(lying([raw(answered(talk=3), 1), *[raw(answered(rep=BORIS), 10 + each) for each in range(4)]]))
        archive.ingest(lying([raw(abandoned(), 20 + each) for each in range(FEW)], start=FEW))
        archive.ingest(lying([raw(answered(talk=4), 30 + each) for each in range(FEW)], start=2 * FEW))
        with archive.cursor() as con:
            [first, latest] = con.execute(said, {"rep": ANNA}).fetchall()
            assert (first[:2], first[2], latest[0], latest[2]) == ((1, 3), 3, 3, 3 + 4 * FEW)
            [(since, until, _)] = con.execute(said, {"rep": BORIS}).fetchall()
            assert (since, until) == (1, latest[1])


def test_an_answer_is_made_of_the_stretches_before_the_cut_and_of_the_rows_after_them(path: Path) -> None:
    with Archive(path, PROJECTIONS, stretch=FEW) as archive:
        for start in range(0, 18, 3):
            archive.ingest(lying(TALKED[start : start + 3], start=start))
        assert stretches(archive) == [1, 2, 3]
        assert [rolled_up_to(archive, {(CALLS, 0): before}) for before in (5, 6, 11, 12, 18)] == [None, 1, 1, 2, 3]
        assert rolled_up_to(archive) == 3
        with archive.cursor() as con:
            con.execute("UPDATE rollups.rep_day SET talk_seconds = talk_seconds + 1000 WHERE since_stretch = 2")
        told = {before: sum(range(before)) for before in (11, 12, 15)}
        told |= {before: told[before] + 1000 for before in (12, 15)}
        for before, talk in told.items():
            assert talked(archive, {(CALLS, 0): before}) == [(talk,)]


def test_a_report_reads_rollups_and_verify_finds_one_that_somebody_altered(path: Path) -> None:
    with Archive(path, PROJECTIONS, stretch=FEW) as archive:
        archive.ingest(lying([b"what no projector reads"], "kvota.records"))
        archive.ingest(lying(TALKED[:FEW]))
        cut: Positions = {(CALLS, 0): FEW}
        live = archive.cells_at(cut, PROJECTIONS)
        assert differences(archive, live, cut, PROJECTIONS) == []
        with archive.cursor() as con:
            con.execute("UPDATE rollups.rep_day SET talk_seconds = 99")
        [difference] = differences(archive, live, cut, PROJECTIONS)
        assert str(difference).startswith(f"rep_day rep={ANNA} day={TODAY} currency=: live calls=5 ")
        assert talked(archive, archive.positions()) == [(99,)]


class TestParking:
    def test_what_is_parked_leaves_the_rollups(self, path: Path) -> None:
        with Archive(path, PROJECTIONS, stretch=FEW) as archive:
            for start in range(0, 20, 5):
                archive.ingest(lying(TALKED[start : start + 5], start=start))
            assert stretches(archive) == [1, 2, 3, 4]
            archive.ingest(saying(7))
            assert stretches(archive) == [1, 5]
            left = [*TALKED[:7], *TALKED[8:20]]
            assert archive.rolled_up_at(archive.positions(), PROJECTIONS) == recompute_log(left)
            archive.ingest(lying(TALKED[20:25], start=20))
            assert stretches(archive) == [1, 5, 6]
            assert archive.rolled_up_at(archive.positions(), PROJECTIONS) == recompute_log([*left, *TALKED[20:25]])

    def test_as_of_a_cut_from_before_it_was_parked_it_counts(self, path: Path) -> None:
        with Archive(path, PROJECTIONS, stretch=FEW) as archive:
            archive.ingest(lying(TALKED[:8]))
            archive.ingest(saying(2))
            archive.ingest(lying(TALKED[8:20], start=8))
            now, then = archive.positions(), archive.positions() | {("kvota.parked", 0): 0}
            assert stretches(archive)
            assert rolled_up_to(archive, now) == max(stretches(archive))
            assert rolled_up_to(archive, then) is None
            assert archive.rolled_up_at(then, PROJECTIONS) == recompute_log(TALKED[:20])
            assert archive.rolled_up_at(now, PROJECTIONS) == recompute_log([*TALKED[:2], *TALKED[3:20]])

    def test_what_cannot_be_folded_is_not_rolled_up_and_is_archived_all_the_same(self, path: Path) -> None:
        picky = {"picky": load_projection("picky", PICKY)}
        with Archive(path, picky, stretch=FEW) as archive:
            archive.ingest(lying(TALKED[8:14]))
            assert stretches(archive) == []
            archive.ingest(saying(0, 1))
            assert stretches(archive) == [1]
            archive.ingest(lying(TALKED[14:20], start=6))
            assert stretches(archive) == [1, 2]
            assert archive.rolled_up_at(archive.positions(), picky) == {"picky": {(ANNA,): (10,)}}


def test_a_cut_that_names_a_place_far_off_takes_in_nothing_there(path: Path) -> None:
    with Archive(path, PROJECTIONS, stretch=FEW) as archive:
        archive.ingest(lying(TALKED[:FEW]))
        cut: Positions = {(CALLS, 0): 2, (CALLS, 10**18): 0, ("kvota.nothing", 10**18): 0}
        assert archive.rolled_up_at(cut, PROJECTIONS) == recompute_log(TALKED[:2])


class TestOpeningAgain:
    def test_what_is_defined_already_is_not_defined_again(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with Archive(path, PROJECTIONS, stretch=FEW) as archive:
            archive.ingest(lying(TALKED[:FEW]))
        monkeypatch.setattr(schema, "create_answers", None)
        with Archive(path, PROJECTIONS, stretch=FEW) as archive:
            assert rolled_up_to(archive) == 1
            assert archive.rolled_up_at(archive.positions(), PROJECTIONS) == recompute_log(TALKED[:FEW])

    def test_rows_that_are_made_anew_are_in_no_rollup(self, path: Path) -> None:
        with Archive(path, PROJECTIONS, stretch=FEW) as archive:
            archive.ingest(lying(TALKED[:FEW]))
        with duckdb.connect(path) as con:
            con.execute("UPDATE kept SET digest = 'of another release' WHERE noun = 'calls'; DROP VIEW fresh.defined")
        with Archive(path, PROJECTIONS, stretch=FEW) as archive:
            assert stretches(archive) == []
            assert archive.rolled_up_at(archive.positions(), PROJECTIONS) == recompute_log(TALKED[:FEW])

    def test_what_another_program_made_of_the_views_is_made_anew(self, path: Path) -> None:
        with Archive(path, PROJECTIONS, stretch=FEW) as archive:
            archive.ingest(lying(TALKED[:FEW]))
        with duckdb.connect(path) as con:
            for schema, view in con.execute(
                "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
            ).fetchall():
                con.execute(f"DROP VIEW {schema}.{view}")
        with Archive(path, PROJECTIONS, stretch=FEW) as archive:
            assert archive.rolled_up_at(archive.positions(), PROJECTIONS) == recompute_log(TALKED[:FEW])

    def test_it_goes_on_counting(self, path: Path) -> None:
        for start in range(0, 12, 4):
            with Archive(path, PROJECTIONS, stretch=FEW) as archive:
                archive.ingest(lying(TALKED[start : start + 4], start=start))
        with Archive(path, PROJECTIONS, stretch=FEW) as archive:
            assert stretches(archive) == [1]
            assert rolled_up_to(archive) == 1

    @pytest.mark.parametrize("of", ["rep_day", "queue_interval"])
    def test_by_another_definition_all_is_rolled_up_anew(self, path: Path, of: str) -> None:
        with Archive(path, PROJECTIONS, stretch=FEW) as archive:
            archive.ingest(lying(TALKED[:FEW]))
        changed: dict[str, Projection] = PROJECTIONS | {
            of: load_projection(of, PICKY.replace("talk_seconds < 10", "talk_seconds < 0"))
        }
        with Archive(path, changed, stretch=FEW) as archive:
            assert stretches(archive) == []
            assert archive.rolled_up_at(archive.positions(), changed)[of] == {(ANNA,): (5,)}
            archive.ingest(lying(TALKED[FEW : FEW + 1], start=FEW))
            assert stretches(archive) == [2]
            assert archive.rolled_up_at(archive.positions(), changed)[of] == {(ANNA,): (6,)}
