"""Folding a file: no Kafka, the law and the fold alone."""

import pytest

from projections.fold_file import ParkedLine, fold_file
from projections.projection import load_projections
from tests.events.examples.dates import TODAY
from tests.telling import ANNA, abandoned, answered, raw

REP_DAY = load_projections()["rep_day"]
CELL = (ANNA, str(TODAY), None)


def test_what_cannot_be_read_is_named_by_its_line() -> None:
    lines = [raw(answered(), 1) + b"\n", b"\n", b"no event\n", raw(answered(), 2) + b"\r\n", b"{}"]
    cells, parked = fold_file(lines, REP_DAY)
    assert cells[CELL][0] == 2
    assert [line.line for line in parked] == [3, 5]
    assert all(line.reason.startswith("not a CloudEvent") for line in parked)


def test_a_file_of_nothing_comes_to_nothing() -> None:
    assert fold_file([], REP_DAY) == ({}, [])


def test_events_of_other_nouns_add_nothing() -> None:
    assert fold_file([raw(abandoned())], REP_DAY) == ({}, [])


def test_the_law_reads_the_lines_in_order_however_they_are_shuffled() -> None:
    lines = [raw(answered(talk=10), 1), raw(answered(talk=999), 1), raw(answered(talk=5), 2)]
    for seed in range(5):
        cells, _ = fold_file(lines, REP_DAY, batch=1, shuffle=seed)
        assert cells[CELL][5] == 15


def test_a_batch_has_a_record() -> None:
    with pytest.raises(ValueError, match="at least one record"):
        fold_file([], REP_DAY, batch=0)


def test_a_parked_line_says_why() -> None:
    assert fold_file([b"\xff"], REP_DAY).parked == [ParkedLine(1, "not UTF-8 at byte 0")]
