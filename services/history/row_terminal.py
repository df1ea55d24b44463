"""An explained row on a terminal: the row, a table for what is behind it, and one of what does not count. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec
from rich.table import Table

from services.history.cuts import written_cut
from services.history.rendering import as_text
from services.history.terminal import table

_MOST = 20
"""How many facts of a declaration are shown; the JSON has more."""
_FACT = ("time", "type", "position", "weight", "says")
_EXCLUDED = ("position", "type", "verdict", "reason")


def as_tables(line: bytes) -> list[Table]:
    """The row, or the one column of it that is explained; the facts of each declaration; what does not count."""
    read: Mapping[str, Any] = msgspec.json.decode(line)
    parts = [_part(part, _titles(read)) for part in read["behind"] if part["listed"]]
    excluded = read["excluded"]["listed"][:_MOST]
    left_out = table(
        _EXCLUDED, [[as_text(each[name]) for name in _EXCLUDED] for each in excluded], "What does not count"
    )
    return [_row(read), *parts, *([left_out] if excluded else [])]


def remarks(line: bytes) -> str:
    """The formulas by which the row was reckoned, the last business day of the log, and the cut, a line each."""
    read: Mapping[str, Any] = msgspec.json.decode(line)
    formulas = [f"{each['id']} v{each['version']}: {each['formula']}" for each in read["policies"]]
    return "\n".join([*formulas, f"last day: {as_text(read['last_day'])}", f"cut: {written_cut(read['as_of'])}"])


def _row(read: Mapping[str, Any]) -> Table:
    shown = [name for name in read["columns"] if read["column"] in {None, name} or name in read["key"]]
    titles = _titles(read)
    return table(
        ("column", "", ""), [[name, titles[name], as_text(read["row"][name])] for name in shown], read["question"]
    )


def _part(part: Mapping[str, Any], titles: Mapping[str, str]) -> Table:
    makes = ", ".join(titles[name] for name in part["columns"]) if len(part["columns"]) < len(titles) else "*"
    shown = part["listed"][:_MOST]
    about = f"{part['role']}: {part['relation']} ({len(shown)} of {part['count']}) -> {makes}"
    return table(_FACT, [[as_text(fact[name]) for name in _FACT] for fact in shown], about)


def _titles(read: Mapping[str, Any]) -> dict[str, str]:
    return {each["name"]: each["title"] for each in read["schema"]}
