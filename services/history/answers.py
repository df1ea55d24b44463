"""What history is asked, and its answers as JSON: the same from the file at hand and through the service's door."""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from services.history.agreement import Agreement
from services.history.archive import Archive
from services.history.excluded import Excluded
from services.history.explain import Contribution, Explanation, explain
from services.history.rendering import as_json, written_positions
from services.history.replaying import Replay, replay
from services.history.report import run_report
from services.runtime.shards import Positions


class Answers:
    """Answers from an open archive. For use by any thread."""

    def __init__(self, archive: Archive, country: str) -> None:
        """Answer by the calendar of the company's country."""
        self._archive, self._country = archive, country

    def report(self, name: str, given: Mapping[str, str], known_at: datetime | None = None) -> bytes:
        """A report; raises HistoryError, which says what is wrong with the question."""
        return as_json(run_report(self._archive, name, given, self._cut(known_at), country=self._country))

    def explain(
        self, projection: str, key: Mapping[str, str], measure: str | None = None, known_at: datetime | None = None
    ) -> bytes:
        """The events behind a number; raises HistoryError."""
        found = explain(self._archive, projection, key, measure=measure, cut=self._cut(known_at))
        return msgspec.json.encode(_explanation(found))

    def replay(self, known_at: datetime) -> bytes:
        """Whether the raw records of what was known at a moment, folded anew, come to the same; raises HistoryError."""
        return _replay_json(replay(self._archive, known_at))

    def _cut(self, known_at: datetime | None) -> Positions | None:
        return None if known_at is None else self._archive.known_at(known_at)


def agreement_json(found: Agreement) -> bytes:
    """Whether both ends agree; where they do not, each difference as a line."""
    differences = [str(difference) for difference in found.differences]
    about = {
        "agree": not differences,
        "version": found.version,
        "cells": found.cells,
        "as_of": written_positions(found.cut),
    }
    return msgspec.json.encode({**about, "differences": differences})


def _replay_json(done: Replay) -> bytes:
    about = {
        "agree": not done.differences,
        "known_at": done.known_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "as_of": written_positions(done.cut),
        "cells": done.cells,
    }
    return msgspec.json.encode({**about, "differences": [each.beside("replayed") for each in done.differences]})


def _explanation(found: Explanation) -> dict[str, object]:
    return {
        "projection": found.projection,
        "question": found.question,
        "key": found.key,
        "as_of": written_positions(found.as_of),
        "contributions": [_contribution(each) for each in found.contributions],
        "sum": found.total,
        "excluded": [_left_out(each) for each in found.excluded],
    }


def _left_out(each: Excluded) -> dict[str, object]:
    return {
        "id": None if each.id is None else str(each.id),
        "type": each.type,
        "position": f"{each.topic}/{each.partition}/{each.offset}",
        "verdict": each.verdict,
        "reason": each.reason,
    }


def _contribution(each: Contribution) -> dict[str, object]:
    return {
        "id": str(each.id),
        "type": each.type,
        "time": each.time.isoformat(),
        "position": f"{each.topic}/{each.partition}/{each.offset}",
        "weight": each.weight,
        **each.measures,
    }
