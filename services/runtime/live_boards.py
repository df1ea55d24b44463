"""The live cells of one shard, or of several added up: those that are within their horizon, and say something. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from projections.cells import Boards, Cells, Key, Values, merge, still_live
from projections.horizon import is_past
from projections.projection import Projection
from services.runtime.ticks import LATE

Part = str | int | None

_SHARED_PARTS = 100_000
"""So many parts of keys are shared at most: ids of calls are among them, and each is new."""


@dataclass(slots=True)
class LiveBoards:
    """The cells of some projections, and the business day that their log has come to.

    A cell that is past its horizon on that day is not there, and what is added to it later neither: a part of it would
    be shown for the whole. A cell of sums that are all zero is not there. The day of several shards is the latest of
    theirs: whatever one of them has dropped is past that.
    """

    projections: Mapping[str, Projection]
    boards: Boards = field(default_factory=dict[str, Cells])
    day: date | None = None
    touched: set[str] = field(default_factory=set[str])
    """The projections of which cells have changed since they were last taken."""
    _first: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    """Where in a key it is said when, and the first that is live."""
    _parts: dict[Part, Part] = field(default_factory=dict[Part, Part])
    """The parts of keys: many keys have one in common, and share it."""
    _only: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    """Where in a key, and what, the cells that are asked for say."""

    def __post_init__(self) -> None:
        """Note which cells are asked for."""
        for name, projection in self.projections.items():
            if projection.only is not None:
                column, said = projection.only
                self._only[name] = projection.keys.index(column), said

    def live(self, name: str, cells: Mapping[Key, Values]) -> Mapping[Key, Values]:
        """Those of some cells that are asked for, and within their horizon."""
        if name in self._only:
            place, said = self._only[name]
            cells = {key: values for key, values in cells.items() if key[place] == said}
        if name not in self._first:
            return cells
        place, first = self._first[name]
        return {key: values for key, values in cells.items() if not is_past(key, place, first)}

    def add(self, name: str, deltas: Mapping[Key, Values]) -> None:
        """Add to cells; those that are past their horizon take no part."""
        projection, board = self.projections[name], self.boards.setdefault(name, {})
        merge(projection, board, deltas)
        if projection.sums_up:
            for key in deltas:
                if not any(board[key]):
                    del board[key]
        self._put(name, board)

    def shared(self, key: Key) -> Key:
        """The same key, of the parts that other keys have."""
        parts = self._parts
        if len(parts) > _SHARED_PARTS:
            parts.clear()
        return tuple(map(parts.setdefault, key, key))

    def come_to(self, day: date) -> Mapping[str, list[Key]]:
        """Let the log have come to a day; the cells that are past their horizon by that, and gone."""
        if self.day is not None and day <= self.day:
            return {}
        self.day = day
        return {name: self._drop(projection, day) for name, projection in self.projections.items()}

    def _drop(self, projection: Projection, day: date) -> list[Key]:
        if projection.live is None or projection.place is None:
            return []
        self._first[projection.name] = projection.place, projection.live.first(day)
        board = self.boards.get(projection.name, {})
        left = still_live(projection, board, day)
        gone = [key for key in board if key not in left] if len(left) < len(board) else []
        if gone:
            self._put(projection.name, left)
        return gone

    def _put(self, name: str, board: Cells) -> None:
        self.touched.add(name)
        if board:
            self.boards[name] = board
        else:
            self.boards.pop(name, None)

    def take_touched(self) -> set[str]:
        """The projections of which cells have changed since this was last asked."""
        touched, self.touched = self.touched, set()
        return touched

    def late_events(self) -> int:
        """How many events have come for closed days, on the days that are live."""
        counts = (values[0] for values in self.boards.get(LATE.name, {}).values())
        return sum(count for count in counts if isinstance(count, int))
