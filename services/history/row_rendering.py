"""An explained row as text: one JSON object. Pure."""

import msgspec

from events.event import written_instant
from services.history.excluded import as_plain
from services.history.facts_behind import MOST, Fact, Part
from services.history.rendering import about, plain, zoned
from services.history.row_explained import RowExplained
from services.runtime.languages import Language


def row_json(found: RowExplained, language: Language) -> bytes:
    """The row, what a report says of itself, and what is behind it; decimals are text, as in a report."""
    report = found.report
    [row] = report.rows
    return msgspec.json.encode(
        {
            **about(report, language),
            "key": report.key,
            "row": dict(zip(report.columns, map(plain, row), strict=True)),
            "column": found.column,
            "last_day": found.last_day,
            "behind": [_part(each) for each in found.parts],
            "excluded": {
                "count": found.left_out.count,
                "most": MOST,
                "listed": [as_plain(each) for each in found.left_out.listed],
            },
        }
    )


def _part(part: Part) -> dict[str, object]:
    declared = part.behind
    return {
        "role": declared.role,
        "relation": declared.relation,
        "columns": declared.columns,
        "condition": declared.condition,
        "count": part.count,
        "most": MOST,
        "listed": [_fact(each) for each in part.listed],
    }


def _fact(each: Fact) -> dict[str, object]:
    return {
        "id": str(each.id),
        "type": each.type,
        "time": written_instant(zoned(each.time)),
        "position": f"{each.topic}/{each.partition}/{each.offset}",
        "weight": each.weight,
        "says": {name: plain(value) for name, value in each.says.items()},
    }
