"""What differs between live and history is named."""

from projections.fold import Counted, Folder
from projections.projection import load_projections
from services.history.archive import Archive
from services.history.verify import compare
from tests.events.examples.dates import TODAY
from tests.telling import ANNA, abandoned, answered, entered, facts, lying, raw, restated

PROJECTIONS = load_projections()
EVENTS = (answered(talk=60), abandoned(), entered("ready"))
RECORDS = lying([raw(event, number) for number, event in enumerate(EVENTS, start=1)])


def test_live_and_history_of_the_same_records_do_not_differ(archive: Archive) -> None:
    archive.ingest(RECORDS)
    live = Folder(PROJECTIONS).fold(map(Counted, facts(*EVENTS)))
    history = archive.cells_at(archive.positions(), PROJECTIONS)
    assert compare(live, history, PROJECTIONS) == []


def test_an_altered_row_of_a_relation_is_found(archive: Archive) -> None:
    archive.ingest(RECORDS)
    live = Folder(PROJECTIONS).fold(map(Counted, facts(*EVENTS)))
    with archive.cursor() as con:
        con.execute("UPDATE calls_rows SET talk_seconds = 61 WHERE talk_seconds = 60")
    differences = compare(live, archive.cells_at(archive.positions(), PROJECTIONS), PROJECTIONS)
    assert {difference.projection.name for difference in differences} == {"queue_handle", "rep_day", "rep_month"}
    assert compare(live, archive.evidence_at(archive.positions(), PROJECTIONS), PROJECTIONS) == []


def test_an_altered_record_is_found_and_named(archive: Archive) -> None:
    archive.ingest(RECORDS)
    live = Folder(PROJECTIONS).fold(map(Counted, facts(*EVENTS)))
    with archive.cursor() as con:
        altered = {"raw": raw(answered(talk=61), 1)}
        con.execute('UPDATE records SET raw = $raw WHERE "offset" = 0', altered)
    assert compare(live, archive.cells_at(archive.positions(), PROJECTIONS), PROJECTIONS) == []
    history = archive.evidence_at(archive.positions(), PROJECTIONS)
    differences = compare(live, history, PROJECTIONS)
    assert {difference.projection.name for difference in differences} == {"queue_handle", "rep_day", "rep_month"}
    [day] = [difference for difference in differences if difference.projection.name == "rep_day"]
    assert day.key == (ANNA, str(TODAY), None)
    assert str(day).startswith("rep_day rep=anna day=2026-11-24 currency=: live calls=1 answered=1 ")
    assert "talk_seconds=60" in str(day).partition(", history ")[0]
    assert "talk_seconds=61" in str(day).partition(", history ")[2]


def test_a_missing_row_is_found_and_named(archive: Archive) -> None:
    archive.ingest(RECORDS[1:])
    live = Folder(PROJECTIONS).fold(map(Counted, facts(*EVENTS)))
    history = archive.cells_at(archive.positions(), PROJECTIONS)
    rep_day = {"rep_day": PROJECTIONS["rep_day"]}
    [difference] = compare(live, history, rep_day)
    assert difference.history is None
    assert str(difference).endswith("history nothing")
    [other_way] = compare(history, live, rep_day)
    assert other_way.live is None


def test_a_cell_of_zeros_is_no_difference() -> None:
    first, second = answered(), abandoned()
    there_and_back = facts(first, restated(first, second), restated(second, first, revision=2))
    live = Folder(PROJECTIONS).fold(map(Counted, there_and_back))
    history = Folder(PROJECTIONS).fold(map(Counted, facts(first)))
    assert live != history
    assert compare(live, history, PROJECTIONS) == []
