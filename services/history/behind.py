"""Which facts are behind a row of a report, as the report declares it. Pure.

`-- behind: calls of calls..talk_seconds where rep = $row_rep AND day = $row_day`: the facts of this relation, a noun or
a projection's contributions, of which the SQL condition is true make these columns of the row; without `of` all of
them. `a..c` are the columns from one to another. The condition knows the columns of the relation, the parameters of the
report, and the columns of the row as `$row_` and their names. `-- context:` declares in the same way what a row is read
with, such as who worked where: one of these facts can be left out and the row stay as it is. What several conditions of
a report read is declared once, by `-- with: name AS (SELECT ...)`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from services.history.columns import Column

Role = Literal["behind", "context"]
ROLES: tuple[Role, ...] = get_args(Role)
ROW = "row_"
"""What the name of a column begins with where it stands in a condition."""

_LINE = re.compile(r"(\w+)(?: of ([\w., ]+?))? where (.+)")
_ASKED = re.compile(r"\$(\w+)")
_TO = ".."


@dataclass(frozen=True, slots=True)
class Behind:
    """Facts of one relation, and which columns of a row they make."""

    role: Role
    relation: str
    columns: tuple[str, ...]
    condition: str
    beside: tuple[str, ...] = ()
    """The relations that the report declares for its conditions, as SQL writes them after WITH."""

    @property
    def asked(self) -> frozenset[str]:
        """The names of the parameters and of the row's columns, as `$row_`, that the condition asks for."""
        return frozenset(_ASKED.findall(" ".join((*self.beside, self.condition))))


def read_behind(
    declared: Mapping[Role, Sequence[str]], beside: Sequence[str], columns: Sequence[Column], parameters: Iterable[str]
) -> tuple[Behind, ...]:
    """Read what a report declares, and what beside that; raises ValueError for what is not well formed."""
    names = [column.name for column in columns]
    allowed = {*parameters, *(ROW + name for name in names)}
    return tuple(
        _behind(role, line, tuple(beside), names, allowed) for role in ROLES for line in declared.get(role, ())
    )


def _behind(role: Role, line: str, beside: tuple[str, ...], names: Sequence[str], allowed: Iterable[str]) -> Behind:
    found = _LINE.fullmatch(" ".join(line.split()))
    if found is None:
        message = f"`-- {role}: relation of column, first..last where CONDITION`, not {line.strip()!r}"
        raise ValueError(message)
    behind = Behind(role, found[1], _columns(found[2], names), found[3], beside)
    if unknown := sorted(behind.asked.difference(allowed)):
        message = f"{role}: {found[1]} asks for ${', $'.join(unknown)}; there are: ${', $'.join(sorted(allowed))}"
        raise ValueError(message)
    return behind


def _columns(said: str | None, names: Sequence[str]) -> tuple[str, ...]:
    if said is None:
        return tuple(names)
    return tuple(name for part in said.split(",") for name in _range(part.strip(), names))


def _range(part: str, names: Sequence[str]) -> Sequence[str]:
    first, _, last = part.partition(_TO)
    if unknown := [name for name in (first, last or first) if name not in names]:
        message = f"no column is called {unknown[0]!r}; there are: {', '.join(names)}"
        raise ValueError(message)
    return names[names.index(first) : names.index(last or first) + 1]
