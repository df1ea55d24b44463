"""Comparing what is live with what history makes of the same records: every difference, by name."""

from collections.abc import Mapping
from dataclasses import dataclass

from projections.cells import Boards, Cells, Key, Values, shown, without_zeros
from projections.projection import Projection


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell that is not the same on both sides; None where a side has no such cell."""

    projection: Projection
    key: Key
    live: Values | None
    history: Values | None

    def __str__(self) -> str:
        """One line for a person."""
        return self.beside("live")

    def beside(self, other: str) -> str:
        """The same where the other side is not what is live."""
        named = zip(self.projection.keys, self.key, strict=True)
        key = " ".join(f"{name}={'' if part is None else part}" for name, part in named)
        return f"{self.projection.name} {key}: {other} {self._said(self.live)}, history {self._said(self.history)}"

    def _said(self, values: Values | None) -> str:
        if values is None:
            return "nothing"
        names = [measure.name for measure in self.projection.measures]
        return " ".join(f"{name}={shown(value)}" for name, value in zip(names, values, strict=True))


def compare(live: Boards, history: Boards, projections: Mapping[str, Projection]) -> list[Difference]:
    """Where two boards, taken at one cut, differ; a cell of zeros is as good as none."""
    return [
        difference
        for projection in projections.values()
        for difference in _compare(projection, _side(projection, live), _side(projection, history))
    ]


def _side(projection: Projection, boards: Boards) -> Cells:
    return without_zeros(projection, boards.get(projection.name, {}))


def _compare(projection: Projection, live: Cells, history: Cells) -> list[Difference]:
    keys = dict.fromkeys([*live, *history])
    sides = ((key, live.get(key), history.get(key)) for key in keys)
    return [Difference(projection, key, ours, theirs) for key, ours, theirs in sides if ours != theirs]
