"""The board: what every screen shows, made of the tiles. Reads no clock: whoever asks says what time it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from projections.calendar import working_dates
from projections.metrics import Policy, policies_of
from services.runtime.settings import CompanySettings
from services.wallboard.freshness import QUIET_MS, SILENT_MS
from services.wallboard.names import Names
from services.wallboard.settings import WallboardSettings
from services.wallboard.tables import Tables
from services.wallboard.tiles import Row, Tile, load_tiles

_SERVICE_LEVEL = "service_level_"
_MS = 1_000


@dataclass(frozen=True, slots=True)
class Board:
    """What the tiles answer; two boards are equal when a screen would show the same numbers."""

    business_day: date | None = None
    queues: Sequence[Row] = ()
    leaderboard: Sequence[Row] = ()
    ticker: Sequence[Row] = ()
    feeds: Sequence[Row] = ()


@dataclass(slots=True)
class BoardMaker:
    """Makes boards of tables."""

    settings: WallboardSettings
    company: CompanySettings
    tables: Tables
    tiles: Mapping[str, Tile] = field(default_factory=load_tiles)
    _answers: dict[str, tuple[object, list[Row]]] = field(default_factory=dict)
    """What each tile answered last, and to what question."""

    def beats(self) -> dict[str, int]:
        """The last beat of each feed, in epoch milliseconds of its source's clock."""
        return {str(row["feed"]): int(str(row["beat_ms"])) for row in self._rows("beats", {})}

    def board(self, now_ms: int | None, names: Names, log_ms: int | None = None) -> Board:
        """The board as of a moment of the business, in epoch milliseconds; an empty one before there is any.

        `log_ms` is the moment by the log's own clock, where that is another.
        """
        if now_ms is None:
            return Board()
        given = self._given(now_ms) | {"log_ms": now_ms if log_ms is None else log_ms}
        return Board(
            business_day=self._day(now_ms),
            queues=self._rows("queues", given),
            leaderboard=[row | {"name": names.of(str(row["rep"]))} for row in self._rows("leaderboard", given)],
            ticker=[_named(row, names) for row in self._rows("ticker", given)],
            feeds=self._rows("feeds", given),
        )

    def metrics(self, tile: str) -> list[Policy]:
        """The formulas by which a tile's numbers are reckoned; of the service level's the one that is in force."""
        used = policies_of(self.tiles[tile].sql, self.tables.con)
        own = _SERVICE_LEVEL + self.settings.policy
        return [policy for policy in used if policy.id == own or not policy.id.startswith(_SERVICE_LEVEL)]

    def _rows(self, name: str, given: Mapping[str, object]) -> list[Row]:
        """The answer of a tile; it is not asked again while neither its tables nor what it is told have changed."""
        tile, laid = self.tiles[name], self.tables.laid
        told = {parameter: given[parameter] for parameter in tile.parameters}
        asked = told, {table: times for table, times in laid.items() if tile.reads(table)}
        if name not in self._answers or self._answers[name][0] != asked:
            self._answers[name] = asked, tile.rows(self.tables.con, told)
        return self._answers[name][1]

    def _day(self, now_ms: int) -> date:
        return datetime.fromtimestamp(now_ms / _MS, ZoneInfo(self.company.time_zone)).date()

    def _given(self, now_ms: int) -> dict[str, object]:
        day = self._day(now_ms)
        month_starts = day.replace(day=1)
        month_ends = (month_starts + timedelta(days=31)).replace(day=1)
        working = working_dates(self.company.country, month_starts, month_ends)
        settings = self.settings
        return {
            "now_ms": now_ms,
            "day": day.isoformat(),
            "month": f"{day:%Y-%m}",
            "day_starts": self._midnight(day),
            "day_ends": self._midnight(day + timedelta(days=1)),
            "month_starts": month_starts.isoformat(),
            "month_ends": month_ends.isoformat(),
            "working_dates": [each.isoformat() for each in working],
            "currency": self.company.currency,
            "policy": settings.policy,
            "target_s": settings.target_s,
            "short_s": settings.short_s,
            "goal_percent": settings.goal_percent,
            "wait_alarm_s": settings.wait_alarm_s,
            "rows": settings.rows,
            "deals": settings.deals,
            "silent_ms": SILENT_MS,
            "quiet_ms": QUIET_MS,
        }

    def _midnight(self, day: date) -> str:
        """When a business day begins, as cells write instants."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.company.time_zone))
        return midnight.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _named(row: Row, names: Names) -> Row:
    reps = row["reps"]
    assert isinstance(reps, list)  # noqa: S101  # the tile's SQL says so
    return row | {"names": [names.of(rep) for rep in reps]}
