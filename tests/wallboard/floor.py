"""A sales floor for tests of the board: live cells that a test puts in by hand, made of events, and a board of them."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from events.calls import CallOffered
from events.deals import Credit, DealWon
from events.event import Event
from events.goals import PeriodTarget, QuotaAssigned
from projections.cells import Boards
from projections.fold import Folder
from projections.projection import load_projections
from services.runtime.auth.guard import Knowing
from services.runtime.live_boards import LiveBoards
from services.runtime.serving import Address, serve
from services.runtime.settings import CompanySettings
from services.runtime.shard_cells import ShardCells
from services.runtime.ticks import LATE, NEVER, Tick, decode_tick, encode_tick, wire
from services.wallboard.__main__ import shown
from services.wallboard.app import wallboard_app
from services.wallboard.board import Board, BoardMaker
from services.wallboard.hub import Hub
from services.wallboard.names import Ids, Names
from services.wallboard.page import Page
from services.wallboard.publishing import Publisher, wall_clock_ms
from services.wallboard.screens import Everybody
from services.wallboard.settings import WallboardSettings
from services.wallboard.stream import CuttableProtocol
from services.wallboard.tables import Tables
from services.wallboard.vendor import Vendor
from tests.events.examples.dates import TODAY, at
from tests.telling import counted

PROJECTIONS = shown(load_projections())
COMPANY = CompanySettings(time_zone="Europe/Moscow", country="RU", currency="RUB")
SETTINGS = WallboardSettings(port=0, period_s=0.02, heartbeat_s=0.05)
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
FOLDER = Folder(PROJECTIONS)


class Floor:
    """Live cells of a company of two shards: a test tells what happens, and the cells follow."""

    def __init__(self) -> None:
        self.live = LiveBoards({**PROJECTIONS, LATE.name: LATE})
        self.shards = {shard: ShardCells(PROJECTIONS, live=self.live) for shard in range(2)}
        self.ticked_ms: dict[int, int] = {}
        self._moved = asyncio.Condition()
        self._offset = NEVER
        self._later_ms = 0

    def now_ms(self) -> int:
        """What time it is here: a test can let time pass."""
        return wall_clock_ms() + self._later_ms

    async def later(self, milliseconds: int) -> None:
        """Let time pass, in which the projector ticks and nothing happens."""
        self._later_ms += milliseconds
        await self.happens()

    def tell(self, *events: Event, shard: int = 0) -> None:
        """Let the projector have told of these events."""
        self.add(FOLDER.fold(counted(*events)), shard=shard)

    def add(self, boards: Boards, shard: int = 0) -> None:
        """Put in a tick with these cells; every shard ticks, now."""
        for number, cells in self.shards.items():
            self._offset += 1
            added = wire(boards) if number == shard else {}
            cells.apply(self._offset, decode_tick(encode_tick(Tick(prev=cells.last, cells=added))))
        self.ticked_ms = dict.fromkeys(self.shards, self.now_ms())

    async def moved(self) -> None:
        """Wait for the next tick, or a moment: as the reader does, who looks again and again."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0.05), self._moved:
                await self._moved.wait()

    async def happens(self, *events: Event, shard: int = 0) -> None:
        """Tell of events, and let whoever waits know."""
        self.tell(*events, shard=shard)
        async with self._moved:
            self._moved.notify_all()

    async def ages(self, milliseconds: int) -> None:
        """Let the last ticks lie back so far."""
        self.ticked_ms = dict.fromkeys(self.shards, self.now_ms() - milliseconds)
        async with self._moved:
            self._moved.notify_all()


@asynccontextmanager
async def ticking(floor: Floor) -> AsyncGenerator[None]:
    """Have the projector tick for a block, so that what the floor shows stays fresh however slow the machine is."""
    stop = asyncio.Event()

    async def tick() -> None:
        while not stop.is_set():
            await floor.happens()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 0.5)

    async with asyncio.TaskGroup() as group:
        group.create_task(tick())
        try:
            yield
        finally:
            stop.set()


@dataclass(slots=True)
class Told:
    """Names that a test gives."""

    names: dict[str, str] = field(default_factory=dict)
    version: int = 0

    def of(self, person: str) -> str:
        """The name, or the id."""
        return self.names.get(person, person)


def board_of(
    *events: Event,
    settings: WallboardSettings = SETTINGS,
    now: datetime = at(9, 30),
    log: datetime | None = None,
) -> Board:
    """Give the board that these events come to; `log` is the moment by the log's clock, where that is another."""
    floor = Floor()
    floor.tell(*events)
    with Tables(PROJECTIONS) as tables:
        tables.load(floor.live)
        return BoardMaker(settings, COMPANY, tables).board(epoch_ms(now), Ids(), None if log is None else epoch_ms(log))


async def soon(holds: Callable[[], bool], within_s: float = 10.0) -> bool:
    """Look until `holds`, while the loop goes on; tell whether it did."""
    deadline = asyncio.get_running_loop().time() + within_s
    while not holds():
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.01)  # the loop works meanwhile: tests.waiting would stop it
    return True


def epoch_ms(moment: datetime) -> int:
    """Give an instant in epoch milliseconds."""
    return int(moment.timestamp() * 1_000)


@dataclass(slots=True)
class Shown:
    """A wallboard that serves over a real socket."""

    floor: Floor
    hub: Hub
    stop: asyncio.Event
    serving: asyncio.Task[None]
    app: FastAPI

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.app.state.port)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def showing(  # noqa: PLR0913  # of each a test may want another
    floor: Floor,
    *,
    names: Names | None = None,
    settings: WallboardSettings = SETTINGS,
    vendor: Path | None = None,
    port: int = 0,
    watch: Knowing | None = None,
) -> AsyncGenerator[Shown]:
    """Serve a board for a block, on any free port."""
    page = Page(Vendor() if vendor is None else Vendor(folder=vendor))
    with Tables(PROJECTIONS) as tables:
        hub = Hub(epoch="t", page=page.version)
        publisher = Publisher(BoardMaker(settings, COMPANY, tables), names or Ids(), hub, floor.now_ms)
        app = wallboard_app(publisher, hub, page, watch or Everybody(), settings.send_timeout_s)
        stop = asyncio.Event()
        publishing = asyncio.gather(publisher.show(floor), publisher.beat())
        serving = asyncio.create_task(serve(app, Address(port=port), stop, http=CuttableProtocol))
        assert await soon(lambda: publisher.ready and hasattr(app.state, "port"))
        try:
            yield Shown(floor, hub, stop, serving, app)
        finally:
            stop.set()
            await serving
            publishing.cancel()
            await asyncio.gather(publishing, return_exceptions=True)


def offered(call: str, joined: datetime, queue: str = "sales") -> CallOffered:
    """Give a caller who joins a queue."""
    return CallOffered(occurred_at=joined, day=TODAY, call=call, queue=queue, position=1)


def sold(amount: int, rep: str, when: datetime = at(8), deal: str | None = None, **changes: Any) -> DealWon:  # noqa: ANN401  # fields
    """Give a sale of one rep's."""
    fields: dict[str, Any] = {
        "occurred_at": when,
        "day": TODAY,
        "deal": deal or f"deal-{rep}-{amount}",
        "customer": "x",
        "amount_minor": amount,
        "currency": "RUB",
        "credits": (Credit(rep=rep, share_bp=10_000, amount_minor=amount),),
        "novelty": "new",
    }
    return DealWon(**fields | changes)


def asked(target: int, rep: str, starts_on: date = NOVEMBER, ends_on: date = DECEMBER) -> QuotaAssigned:
    """Give a rep's quota of revenue for a month."""
    return QuotaAssigned(
        occurred_at=at(6),
        day=TODAY,
        quota=f"quota-{rep}",
        holder=rep,
        holder_kind="rep",
        measure="revenue",
        currency="RUB",
        starts_on=starts_on,
        ends_on=ends_on,
        target=target,
        full_target=target,
        periods=(PeriodTarget(period="2026-11", starts_on=starts_on, ends_on=ends_on, target=target),),
    )
