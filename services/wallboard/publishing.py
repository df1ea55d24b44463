"""Keeping the board up to date: a new one when its numbers change, the age of the old one in between."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from services.wallboard.board import Board, BoardMaker
from services.wallboard.following import LiveCells
from services.wallboard.freshness import Age, Freshness
from services.wallboard.hub import Hub
from services.wallboard.names import Names

TILES = ("queues", "leaderboard", "ticker", "feeds")
_JSON = msgspec.json.Encoder(decimal_format="number")


def wall_clock_ms() -> int:
    """What time it is, in epoch milliseconds."""
    return time.time_ns() // 1_000_000


class Publisher:
    """Follows live cells and gives the hub what they come to. For use inside one event loop."""

    def __init__(
        self,
        maker: BoardMaker,
        names: Names,
        hub: Hub,
        clock: Callable[[], int] = wall_clock_ms,
    ) -> None:
        """Show nothing before `show`."""
        self.ready = False
        self._live: LiveCells
        self._maker, self._names, self._hub, self._clock = maker, names, hub, clock
        self._freshness = Freshness()
        self._board = Board()
        self._shown_of: tuple[int | None, int | None, int] | None = None
        self._metrics = {tile: maker.metrics(tile) for tile in TILES}

    async def show(self, live: LiveCells, loaded: asyncio.Event | None = None) -> None:
        """Show boards of these cells, and of no others from now on, until cancelled; `loaded` is set after the first.

        One comes at once when something changed, and no more than one in a period.
        """
        self._live = live
        self._maker.tables.load(live.live)
        self._look(changed=True)
        self.ready = True
        if loaded is not None:
            loaded.set()
        while True:
            if self._look(changed=bool(self._maker.tables.take_in())):
                await asyncio.sleep(self._maker.settings.period_s)
            else:
                await live.moved()

    async def beat(self) -> None:
        """Tell the age of what is shown, again and again, until cancelled."""
        while True:
            await asyncio.sleep(self._maker.settings.heartbeat_s)
            self._hub.beat(_JSON.encode(self._ages()))

    def _look(self, *, changed: bool) -> bool:
        """Take in where the cells stand; whether there was a new board to show."""
        self._freshness.ticked(self._live.shards, self._live.ticked_ms)
        if changed:
            self._freshness.beaten(self._maker.beats(), self._clock())
        now_ms, log_s = self._freshness.now_ms, _second(self._freshness.log_ms)
        shown_of = (_second(now_ms), log_s, self._names.version)
        if not changed and shown_of == self._shown_of:
            return False
        self._shown_of = shown_of
        board = self._maker.board(now_ms, self._names, None if log_s is None else log_s * 1_000)
        if board == self._board and self.ready:
            return False
        self._board = board
        self._hub.show(self.snapshot())
        return True

    def snapshot(self) -> bytes:
        """The board as JSON, with its ages as they are now."""
        board, company = self._board, self._maker.company
        payload = self._ages() | {
            "business_day": board.business_day,
            "time_zone": company.time_zone,
            "currency": company.currency,
            "queues": board.queues,
            "leaderboard": board.leaderboard,
            "ticker": board.ticker,
            "feeds": board.feeds,
        }
        return _JSON.encode(payload)

    def _ages(self) -> dict[str, object]:
        now_ms = self._clock()
        calls, decisions = self._freshness.of_calls(now_ms), self._freshness.of_decisions(now_ms)
        ages = {"queues": calls, "leaderboard": decisions, "ticker": decisions, "feeds": decisions}
        silent = self._freshness.silent()
        return {
            "as_of": _instant(decisions.as_of_ms),
            "log_as_of": _instant(self._freshness.log_ms),
            "tiles": {tile: self._tile(tile, age) for tile, age in ages.items()},
            "completeness": {
                "complete": not silent,
                "silent_feeds": silent,
                "late_events": self._maker.tables.late_events(),
            },
        }

    def _tile(self, tile: str, age: Age) -> dict[str, object]:
        metrics = [{"id": metric.id, "version": metric.version} for metric in self._metrics[tile]]
        return {"as_of": _instant(age.as_of_ms), "age_ms": age.age_ms, "metrics": metrics}


def _second(epoch_ms: int | None) -> int | None:
    return None if epoch_ms is None else epoch_ms // 1_000


def _instant(epoch_ms: int | None) -> str | None:
    if epoch_ms is None:
        return None
    return datetime.fromtimestamp(epoch_ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
