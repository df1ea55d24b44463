"""Tiles: one SELECT a file in tiles/, over the live cells as tables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

_FOLDER = Path(__file__).parent / "tiles"
_PARAMETER = re.compile(r"\$(\w+)")

Row = dict[str, object]
"""One row of a tile, by column."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A question that the board answers: the first comment of its file asks it."""

    name: str
    sql: str

    @property
    def parameters(self) -> frozenset[str]:
        """The names of what it wants to be told."""
        return frozenset(_PARAMETER.findall(self.sql))

    def reads(self, table: str) -> bool:
        """Whether it asks a table."""
        return re.search(rf"\b{table}\b", self.sql) is not None

    def rows(self, con: duckdb.DuckDBPyConnection, given: Mapping[str, object]) -> list[Row]:
        """Answer it; raises KeyError when it is not told all that it wants to know."""
        result = con.execute(self.sql, {name: given[name] for name in self.parameters})
        columns = [column[0] for column in result.description]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def load_tiles(folder: Path = _FOLDER) -> dict[str, Tile]:
    """Every tile, by name."""
    return {path.stem: Tile(path.stem, path.read_text("utf-8")) for path in sorted(folder.glob("*.sql"))}
