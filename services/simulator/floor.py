"""The floor itself: a clock that jumps from one event to the next, phones, and people who are free or not."""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

from services.simulator.happenings import Channel, Happening, MemberSeen, Phone
from services.simulator.plan import Micros, Plan, second
from services.simulator.records import Pause
from services.simulator.staff import Agent, Break

Doing = Literal["away", "free", "ringing", "talking", "paused", "dialling", "helping"]
WRAP_UP = "Wrap-up"
"""The reason of a pause for the work after a call."""


@dataclass(slots=True)
class Seat:
    """An agent's place on the floor."""

    agent: Agent
    doing: Doing = "away"
    since: Micros = 0
    queue: str | None = None
    """The queue that the agent talks for."""
    phone: Phone = 1
    pause: tuple[str, Micros] | None = None
    """The reason of the pause, and when it began."""
    signed_in_at: Micros = 0
    calls: int = 0
    breaks: list[Break] = field(default_factory=list)
    """The breaks that are due."""

    @property
    def staffed(self) -> bool:
        """Whether the agent is signed in."""
        return self.doing != "away"


class Floor:
    """Runs what is planned in the order of time, and writes down what the phone system sees."""

    def __init__(self, plan: Plan, agents: Iterable[Agent]) -> None:
        """Begin before anybody has come."""
        self.plan = plan
        self.now: Micros = 0
        self.seats = {agent.name: Seat(agent) for agent in agents}
        self.happenings: list[Happening] = []
        self.pauses: list[Pause] = []
        self.on_free: Callable[[Seat], None] = lambda _seat: None
        """Called when somebody can take a call."""
        self.is_needed: Callable[[Seat], bool] = lambda _seat: False
        """Whether somebody whose shift is over has to stay for those who wait."""
        self._planned: list[tuple[Micros, int, Callable[[], None]]] = []
        self._order = count()
        self._unique = count(plan.first_unique)
        self._channels = count(0)
        for seat in self.seats.values():
            self._plan_shift(seat)

    def at(self, moment: Micros, do: Callable[[], None]) -> None:
        """Plan something; what is planned for one moment happens in the order of planning."""
        heapq.heappush(self._planned, (moment, next(self._order), do))

    def after(self, lasting: Micros, do: Callable[[], None]) -> None:
        """Plan something for later."""
        self.at(self.now + lasting, do)

    def run(self) -> None:
        """Let everything happen, until nothing is planned any more."""
        while self._planned:
            self.now, _, do = heapq.heappop(self._planned)
            do()

    def saw(self, happening: Happening) -> None:
        """Write down what the phone system sees now."""
        self.happenings.append(happening)

    def channel(self, endpoint: str, number: str, label: str = "") -> Channel:
        """Open a channel to an endpoint."""
        return Channel(f"{endpoint}-{next(self._channels):08x}", self.unique(), number, label)

    def unique(self) -> str:
        """Give the next unique id, as Asterisk makes them."""
        return f"{self.plan.system}-{second(self.now)}.{next(self._unique)}"

    def free(self, queue: str) -> Seat | None:
        """Find who has been free for the longest time and can talk for a queue."""
        able = [seat for seat in self.seats.values() if seat.doing == "free" and queue in seat.agent.queues]
        return min(able, key=lambda seat: (seat.since, seat.agent.name), default=None)

    def staffed(self, queue: str) -> bool:
        """Whether anybody at all is signed in to a queue."""
        return any(seat.staffed and queue in seat.agent.queues for seat in self.seats.values())

    def take(self, seat: Seat, doing: Doing, phone: Phone, queue: str | None = None) -> None:
        """Keep somebody busy."""
        seat.doing, seat.queue, seat.since = doing, queue, self.now
        self.set_phone(seat, phone)

    def set_phone(self, seat: Seat, phone: Phone) -> None:
        """Let a phone ring, be in use, or lie there."""
        if seat.phone != phone:
            seat.phone = phone
            self._member(seat, "Status")

    def release(self, seat: Seat, wrap: Micros = 0) -> None:
        """Let somebody put the phone down, and then finish the work that a call brings."""
        self.set_phone(seat, 1)
        if wrap:
            self._pause(seat, WRAP_UP, wrap)
        else:
            self._next(seat)

    def dismiss(self) -> None:
        """Send home whose shift is over and who is free and not needed any more."""
        for seat in self.seats.values():
            if seat.doing == "free":
                self._next(seat)

    def _next(self, seat: Seat) -> None:
        """Let somebody who has nothing at hand go home, take a break that is due, or wait for a call."""
        if self.now >= seat.agent.shift.ends and not self.is_needed(seat):
            self._sign_out(seat)
        elif seat.breaks and self.now < seat.agent.shift.ends:
            due = seat.breaks.pop(0)
            self._pause(seat, due.reason, due.lasts)
        elif seat.doing != "free":
            seat.doing, seat.queue, seat.since = "free", None, self.now
            self.on_free(seat)

    def _plan_shift(self, seat: Seat) -> None:
        shift = seat.agent.shift
        self.at(shift.starts, lambda: self._sign_in(seat))
        self.at(shift.ends, lambda: self._if_free(seat))
        for due in shift.breaks:
            self.at(due.at, lambda due=due: self._break(seat, due))  # type: ignore[misc]  # a default binds the loop's value

    def _sign_in(self, seat: Seat) -> None:
        seat.signed_in_at = self.now
        self._member(seat, "Added")
        self._next(seat)

    def _sign_out(self, seat: Seat) -> None:
        seat.doing, seat.queue = "away", None
        self._member(seat, "Removed")

    def _break(self, seat: Seat, due: Break) -> None:
        seat.breaks.append(due)
        self._if_free(seat)

    def _if_free(self, seat: Seat) -> None:
        if seat.doing == "free":
            self._next(seat)

    def _pause(self, seat: Seat, reason: str, lasts: Micros) -> None:
        seat.doing, seat.queue, seat.since, seat.pause = "paused", None, self.now, (reason, self.now)
        self._member(seat, "Pause")
        self.after(lasts, lambda: self._resume(seat))

    def _resume(self, seat: Seat) -> None:
        if seat.pause is not None:
            self.pauses.append(Pause(seat.agent.name, seat.pause[0], seat.pause[1], self.now))
        seat.pause = None
        self._member(seat, "Pause")
        self._next(seat)

    def _member(self, seat: Seat, kind: Literal["Added", "Removed", "Pause", "Status"]) -> None:
        reason, since = seat.pause if seat.pause is not None else (None, None)
        self.saw(MemberSeen(self.now, kind, seat.agent, seat.phone, reason, since, seat.signed_in_at, seat.calls))
