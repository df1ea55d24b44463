"""A newer program reads an older archive by its own catalogue."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from events.catalogue import CATALOGUE, EventType
from projections.projection import load_projections
from services.history import judging, rereading
from services.history.archive import Archive
from tests.events.examples.dates import TODAY
from tests.recompute import recompute_log
from tests.telling import ANNA, CALLS, answered, entered, lying, raw

PROJECTIONS = load_projections()
LOG = [raw(answered(talk=60), 1), raw(answered(talk=60), 1), b"no event", raw(answered(talk=5), 2)]


def yesterdays(
    monkeypatch: pytest.MonkeyPatch, path: Path, catalogue: Mapping[str, EventType], log: list[bytes]
) -> None:
    """Archive a log with the program of yesterday, which knew other events."""
    with monkeypatch.context() as yesterday:
        for module in (rereading, judging):
            yesterday.setattr(module, "CATALOGUE", catalogue)
        yesterday.setattr("events.codec.CATALOGUE", catalogue)
        with Archive(path, PROJECTIONS) as archive:
            archive.ingest(lying(log))


def test_a_type_that_has_become_known_counts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {name: entry for name, entry in CATALOGUE.items() if name != "call.ended"}
    yesterdays(monkeypatch, path, known, LOG)
    with Archive(path, PROJECTIONS) as archive:
        assert archive.positions() == {(CALLS, 0): 4}
        assert archive.cells_at(archive.positions(), PROJECTIONS) == recompute_log(LOG)
        assert archive.cells_at({(CALLS, 0): 1}, PROJECTIONS)["rep_day"][ANNA, str(TODAY), None][0] == 1
        archive.ingest(lying([LOG[0], raw(answered(talk=1), 9)], start=4))
        assert archive.cells_at(archive.positions(), PROJECTIONS)["rep_day"][ANNA, str(TODAY), None][0] == 3


def test_records_of_other_types_are_left_as_they_are(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {name: entry for name, entry in CATALOGUE.items() if name != "call.ended"}
    yesterdays(monkeypatch, path, known, [raw(entered("ready"))])
    monkeypatch.setattr(rereading, "_reread", None)
    with Archive(path, PROJECTIONS) as archive:
        assert archive.positions() == {(CALLS, 0): 1}


def test_an_unchanged_catalogue_costs_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Archive(path, PROJECTIONS) as archive:
        archive.ingest(lying(LOG))
    monkeypatch.setattr(rereading, "_reread", None)
    with Archive(path, PROJECTIONS) as archive:
        assert archive.positions() == {(CALLS, 0): 4}
