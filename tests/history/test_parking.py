"""What the projector parks, the archive sets aside too: whichever it hears of first, and after every restart."""

import random
from datetime import timedelta
from pathlib import Path

import pytest

from events.parked import RecordParked
from projections.cells import Boards
from projections.projection import load_projections
from services.history.archive import Archive
from services.history.errors import UnfoldableHistoryError
from services.history.judging import LogRecord
from tests.events.examples.dates import TODAY, when
from tests.recompute import recompute_log, recompute_logs
from tests.telling import CALLS, DECISIONS, answered, assigned, decided, lying, raw, relieved, unfoldable, won

PROJECTIONS = load_projections()
PARKED = "kvota.parked"
BAD, MENDED = raw(unfoldable(), 9), raw(relieved(5, assigned()), 9)
LOG = [raw(answered(), 1), BAD, BAD, MENDED, MENDED]
VERDICTS = ["counts", "parked", "parked", "counts", "repeated"]


def about(origin: str, position: int) -> RecordParked:
    return RecordParked(**when(10), origin=origin, position=position, length=1, sha256="x", reason="cannot take it")


def saying(*offsets: int, topic: str = CALLS) -> list[LogRecord]:
    """Give the parked topic as a projector writes it about records of a partition."""
    events = [about(f"{topic}/0", offset) for offset in offsets]
    return lying([raw(event, event.position) for event in events], PARKED)


def verdicts(archive: Archive, topic: str = CALLS) -> list[str]:
    with archive.cursor() as con:
        rows = con.execute('SELECT verdict FROM records WHERE topic = $topic ORDER BY "offset"', {"topic": topic})
        return [row[0] for row in rows.fetchall()]


def cells(archive: Archive) -> Boards:
    """Give what reports read, which is what the evidence says."""
    said = archive.cells_at(archive.positions(), PROJECTIONS)
    assert archive.evidence_at(archive.positions(), PROJECTIONS) == said
    return said


OLD = [raw(answered(day=TODAY - timedelta(days=back)), back) for back in (40, 45, 75, 76)]
OLD_LOG = [OLD[0], BAD, BAD, *OLD[1:], OLD[1], raw(answered(), 1), OLD[1]]
OLD_VERDICTS = ["counts", "parked", "parked", "counts", "counts", "expired", "repeated", "counts", "expired"]
"""What is parked brings the log to no day: others that had expired by it count."""
ORDERS = [
    *[(LOG, VERDICTS, [LOG[0], MENDED], seed) for seed in range(8)],
    *[(OLD_LOG, OLD_VERDICTS, [*OLD[:3], OLD_LOG[7]], seed) for seed in range(8)],
]


@pytest.mark.parametrize(("log", "said", "counted", "seed"), ORDERS)
def test_in_whatever_order_it_hears_of_it_the_same_counts(
    path: Path, log: list[bytes], said: list[str], counted: list[bytes], seed: int
) -> None:
    chance = random.Random(seed)
    topics = {"log": lying(log), "parked": saying(1, 2)}
    while any(topics.values()):
        name = chance.choice([name for name, records in topics.items() if records])
        some = chance.randint(1, len(topics[name]))
        with Archive(path, PROJECTIONS) as archive:
            archive.ingest(topics[name][:some])
        topics[name] = topics[name][some:]
    with Archive(path, PROJECTIONS) as archive:
        assert verdicts(archive) == said
        assert cells(archive) == recompute_log(counted)


def test_until_it_hears_of_it_others_have_expired(archive: Archive) -> None:
    archive.ingest(lying(OLD_LOG))
    assert verdicts(archive) == ["counts", "counts", "repeated", *["expired"] * 4, "counts", "expired"]


@pytest.mark.parametrize("parked_first", [True, False])
def test_in_one_batch_too(archive: Archive, parked_first: bool) -> None:  # noqa: FBT001  # a parameter of a test
    archive.ingest(saying(1, 2) + lying(LOG) if parked_first else lying(LOG) + saying(1, 2))
    assert verdicts(archive) == VERDICTS
    assert cells(archive) == recompute_log([LOG[0], MENDED])


def test_what_is_appended_again_afterwards_counts(archive: Archive) -> None:
    archive.ingest(lying(LOG[:2]))
    archive.ingest(saying(1))
    archive.ingest(lying([MENDED, MENDED], start=2))
    assert verdicts(archive) == ["counts", "parked", "counts", "repeated"]


def test_as_of_a_cut_before_it_was_appended_again_it_does_not_count_unless_the_cut_is_from_before_it_was_parked(
    archive: Archive,
) -> None:
    archive.ingest(lying([*LOG[:2], MENDED]) + saying(1))
    assert archive.cells_at({(CALLS, 0): 2}, PROJECTIONS) == recompute_log(LOG[:1])
    assert archive.cells_at({(CALLS, 0): 2, (PARKED, 0): 1}, PROJECTIONS) == recompute_log(LOG[:1])
    with pytest.raises(UnfoldableHistoryError, match="quota cannot be made"):
        archive.cells_at({(CALLS, 0): 2, (PARKED, 0): 0}, PROJECTIONS)
    assert archive.cells_at({(CALLS, 0): 3}, PROJECTIONS) == recompute_log([LOG[0], MENDED])


def test_a_record_that_was_parked_stays_so_when_it_could_be_folded_today(archive: Archive) -> None:
    archive.ingest(lying(LOG[:1]) + saying(0))
    assert verdicts(archive) == ["parked"]
    assert cells(archive) == {}


def test_a_decision_that_is_parked_keeps_its_version_and_adds_nothing(archive: Archive) -> None:
    log = [
        decided(unfoldable(), "quota/q1", 1),
        decided(relieved(5, assigned()), "quota/q1", 2),
        decided(won(7), "deal/d1", 1, **{"quota/q1": 2}),
    ]
    archive.ingest(lying(log[:1], DECISIONS))
    archive.ingest(saying(0, topic=DECISIONS))
    archive.ingest(lying(log[1:], DECISIONS, start=1))
    assert verdicts(archive, DECISIONS) == ["parked", "counts", "counts"]
    assert cells(archive) == recompute_logs([[raw(relieved(5, assigned()), 1)], [raw(won(7), 2)]])


def test_read_anew_by_another_catalogue_it_is_parked_again(path: Path) -> None:
    with Archive(path, PROJECTIONS) as archive:
        archive.ingest(lying(LOG) + saying(1, 2))
        with archive.cursor() as con:
            con.execute("UPDATE readings SET version = 0")
    with Archive(path, PROJECTIONS) as archive:
        assert verdicts(archive) == VERDICTS
        assert cells(archive) == recompute_log([LOG[0], MENDED])


def test_what_was_parked_of_a_file_says_nothing_of_the_log(archive: Archive) -> None:
    archive.ingest(lying(LOG[:1]))
    names = ("queue_log", "kvota.calls", "kvota.calls/x", "kvota.parked/0", "/0")
    files = [about(name, 0) for name in names]
    archive.ingest(lying([raw(event, number) for number, event in enumerate(files)], PARKED))
    assert verdicts(archive) == ["counts"]


def test_what_nobody_has_parked_yet_is_an_answer_in_one_line(archive: Archive) -> None:
    archive.ingest(lying(LOG))
    with pytest.raises(UnfoldableHistoryError, match="quota cannot be made of what is archived: Conversion Error"):
        cells(archive)
