"""How a report differs from what it was as of another cut, and which events are behind it."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from events.event import written_instant
from services.history.archive import Archive
from services.history.causes import MOST, Cause, Causes, causes
from services.history.differing import By, Differing, differing
from services.history.limits import NO_LIMITS, Limits
from services.history.questions import Question, Value
from services.history.rendering import about, plain, written_positions
from services.history.report import Field, Report, answer_bound
from services.runtime.languages import Language
from services.runtime.shards import Positions


@dataclass(frozen=True, slots=True)
class Versus:
    """A report beside the same one as of another cut."""

    was: Report
    now: Report
    key: tuple[str, ...]
    rows: tuple[Differing, ...]
    causes: Causes


def versus(  # noqa: PLR0913, PLR0917  # a question, and two cuts
    archive: Archive,
    question: Question,
    parameters: Mapping[str, Value],
    now: Positions,
    then: Positions,
    limits: Limits = NO_LIMITS,
) -> Versus:
    """Answer a report as of two cuts, and compare; raises HistoryError."""
    was, is_now = (answer_bound(archive, question, parameters, cut, limits) for cut in (then, now))
    rows = differing(was, is_now, question.key)
    return Versus(was, is_now, question.key, rows, causes(archive, question.sql, then, now, limits))


def versus_json(found: Versus, language: Language) -> bytes:
    """The difference as one JSON object; decimals are text, as in a report."""
    first_day, last_day = found.causes.last_days
    return msgspec.json.encode(
        {
            **about(found.now, language),
            "versus": written_positions(found.was.as_of),
            "key": found.key,
            "rows": [_row(each) for each in found.rows],
            "last_day": {"was": first_day, "now": last_day},
            "events": {
                "count": found.causes.count,
                "most": MOST,
                "listed": [_event(each) for each in found.causes.listed],
            },
        }
    )


def _row(each: Differing) -> dict[str, object]:
    return {
        "change": each.change,
        "key": _plain(each.key),
        "was": None if each.was is None else _plain(each.was),
        "now": None if each.now is None else _plain(each.now),
        "differ": each.differ,
        "difference": _plain(each.difference),
    }


def _plain(row: Mapping[str, Field] | Mapping[str, By]) -> dict[str, object]:
    return {name: plain(value) for name, value in row.items()}


def _event(each: Cause) -> dict[str, object]:
    return {
        "id": str(each.id),
        "type": each.type,
        "time": written_instant(each.time),
        "position": f"{each.topic}/{each.partition}/{each.offset}",
        "appended_at": written_instant(each.appended_at),
        "was": each.was,
        "now": each.now,
        "reason": each.reason,
    }
