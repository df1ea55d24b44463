"""What is remembered of headcount plans and of the seats of the staffing table. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import assert_never
from uuid import uuid5

from events.event import Currency
from events.ids import KVOTA, HeadcountPlanId, PositionId, PostId, RepId, UnitId
from events.people import (
    HeadcountEvent,
    HeadcountPlanApproved,
    PlannedPost,
    PositionClosed,
    PositionFilled,
    PositionOpened,
    PositionVacated,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """An approved plan."""

    unit: UnitId
    parent: HeadcountPlanId | None
    starts_on: date
    ends_on: date
    posts: dict[PostId, PlannedPost]
    currency: Currency

    def covers(self, day: date) -> bool:
        """Whether it is for a day."""
        return self.starts_on <= day < self.ends_on

    def overlaps(self, start: date, end: date) -> bool:
        """Whether it is for some day from `start` to before `end`."""
        return self.starts_on < end and start < self.ends_on


@dataclass(frozen=True, slots=True)
class Seat:
    """Days on which somebody has a position; half-open."""

    rep: RepId
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A seat of the staffing table, and who has had it."""

    unit: UnitId
    post: PostId
    plan: HeadcountPlanId | None
    starts_on: date
    cost_minor: int
    """What it costs in a month when filled."""
    ends_on: date | None = None
    seats: tuple[Seat, ...] = ()

    def exists_on(self, day: date) -> bool:
        """Whether the staffing table has it on a day."""
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)

    def taken_from(self, day: date) -> Seat | None:
        """Who has it on a day, or from a later one."""
        return next((seat for seat in self.seats if seat.ends_on is None or day < seat.ends_on), None)


def evolve(known: Position, event: PositionFilled | PositionVacated | PositionClosed) -> Position:
    """A position after an event."""
    match event:
        case PositionFilled():
            return replace(known, seats=(*known.seats, Seat(event.rep, event.starts_on, event.ends_on)))
        case PositionVacated(rep=rep, ends_on=ends_on):
            return replace(known, seats=tuple(_given_up(known.seats, rep, ends_on)))
        case PositionClosed(ends_on=ends_on):
            return replace(known, ends_on=ends_on)
        case _:
            assert_never(event)


def _given_up(seats: Iterable[Seat], rep: RepId, day: date) -> Iterable[Seat]:
    for seat in seats:
        yield replace(seat, ends_on=day) if seat.rep == rep and seat.ends_on is None else seat


def position_id(plan: HeadcountPlanId, post: PostId, number: int) -> PositionId:
    """The id of the `number`-th position of a post that a plan provides for, from 1.

    It derives from what must not be doubled: two who open the last position of a plan at the same time write the first
    version of the same stream, so one of them loses, decides again, and is refused.
    """
    return str(uuid5(KVOTA, "\x1f".join(("position", plan, post, str(number)))))


@dataclass(slots=True)
class Headcount:
    """Every plan and position."""

    plans: dict[HeadcountPlanId, Plan] = field(default_factory=dict[HeadcountPlanId, Plan])
    positions: dict[PositionId, Position] = field(default_factory=dict[PositionId, Position])
    of_plan: dict[tuple[HeadcountPlanId, PostId], tuple[PositionId, ...]] = field(
        default_factory=dict[tuple[HeadcountPlanId, PostId], tuple[PositionId, ...]]
    )

    def opened(self, plan: HeadcountPlanId, post: PostId) -> tuple[PositionId, ...]:
        """The positions of a post that were opened under a plan, in that order, be they closed by now."""
        return self.of_plan.get((plan, post), ())

    def take(self, event: HeadcountEvent) -> None:
        """Remember an event."""
        match event:
            case HeadcountPlanApproved():
                posts = {line.post: line for line in event.posts}
                self.plans[event.plan] = Plan(
                    event.unit, event.parent_plan, event.starts_on, event.ends_on, posts, event.currency
                )
            case PositionOpened():
                self._opened(event)
            case PositionFilled() | PositionVacated() | PositionClosed():
                if event.position in self.positions:
                    self.positions[event.position] = evolve(self.positions[event.position], event)
            case _:
                assert_never(event)

    def _opened(self, event: PositionOpened) -> None:
        self.positions[event.position] = Position(
            event.unit, event.post, event.plan, event.starts_on, event.cost_minor, event.ends_on
        )
        if event.plan is not None:
            self.of_plan[event.plan, event.post] = (*self.opened(event.plan, event.post), event.position)
