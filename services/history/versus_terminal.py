"""How a report differs from another answer, on a terminal: line by line, and the events behind it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from rich.table import Table

from services.history.cuts import written_cut
from services.history.rendering import as_text
from services.history.terminal import remarks as remarks_of
from services.history.terminal import shown, table

_MOST_EVENTS = 20
"""How many events are shown; the JSON has more."""
_NUMBERS = ("was", "now", "difference")
_EVENT = ("time", "type", "position", "appended_at", "was", "now", "reason")


def as_tables(line: bytes) -> list[Table]:
    """A table of what differs, a line for each column of a row; and one of the events, where there are any."""
    read: Mapping[str, Any] = msgspec.json.decode(line)
    differs = [cells for row in read["rows"] for cells in _lines(row)]
    events = read["events"]["listed"][:_MOST_EVENTS]
    told = table(_EVENT, [[as_text(event[name]) for name in _EVENT] for event in events], "The events behind it")
    return [table([*read["key"], "", "column", *_NUMBERS], differs, read["question"]), *([told] if events else [])]


def remarks(line: bytes) -> str:
    """How much differs, and how many events there are; then what a report says, and with what it is compared."""
    read: Mapping[str, Any] = msgspec.json.decode(line)
    count, days = read["events"]["count"], read["last_day"]
    said = [f"{len(read['rows'])} rows differ; {count} events count in one of the answers only"]
    if count > _MOST_EVENTS:
        said.append(f"shown are the first {_MOST_EVENTS}; with --json the first {read['events']['most']}")
    if days["was"] != days["now"]:
        said.append(f"the last business day was {as_text(days['was'])}, and is {as_text(days['now'])} now")
    return "\n".join([*said, remarks_of(shown(line)), f"versus: {written_cut(read['versus'])}"])


def _lines(row: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    key = [as_text(value) for value in row["key"].values()]
    was, now = row["was"] or {}, row["now"] or {}
    for name in row["differ"]:
        values = was.get(name), now.get(name), row["difference"].get(name)
        yield [*key, row["change"], name, *map(as_text, values)]
