"""Colleagues who are asked, or who are given a caller."""

from collections.abc import Callable
from random import Random

from services.simulator.floor import Floor, Seat
from services.simulator.happenings import (
    Call,
    Channel,
    Consult,
    ConsultAnswered,
    Consulted,
    PickedUp,
    PutThrough,
    Ring,
    TransferOver,
)
from services.simulator.plan import around, between


class Colleagues:
    """Finds somebody for a caller who is to be transferred, and sees to the talk that follows outside of any queue."""

    def __init__(self, floor: Floor, random: Random) -> None:
        """Look for them on a floor."""
        self._floor = floor
        self._random = random

    def somebody(self, queue: str) -> Seat | None:
        """Find a colleague who is free, and keep them so; None when all are busy."""
        seat = self._floor.free(queue)
        if seat is not None:
            seat.doing = "helping"
        return seat

    def put_through(self, call: Call, seat: Seat) -> None:
        """Let the phone of a colleague ring for a caller who was transferred blindly."""
        leg = self._floor.channel(seat.agent.interface, seat.agent.number)
        self._floor.saw(PutThrough(self._floor.now, call, seat.agent, leg))
        self._floor.take(seat, "helping", 6)
        self._floor.after(between(self._random, 1.5, 7), lambda: self._pick_up(call, seat, leg))

    def consult(self, ring: Ring, seat: Seat, hand_over: Callable[[Consult], None]) -> None:
        """Let an agent ask a colleague, and then hand the caller over to them."""
        base = f"Local/{seat.agent.number}@internal-{self._random.randrange(2**32):08x}"
        inner = Channel(f"{base};1", self._floor.unique(), seat.agent.number)
        outer = Channel(f"{base};2", self._floor.unique(), ring.agent.number)
        leg = self._floor.channel(seat.agent.interface, seat.agent.number)
        consult = Consult(ring, seat.agent, inner, outer, leg)
        self._floor.saw(Consulted(self._floor.now, consult))
        self._floor.take(seat, "helping", 6)

        def answered() -> None:
            self._floor.saw(ConsultAnswered(self._floor.now, consult))
            self._floor.take(seat, "helping", 2)
            self._floor.after(between(self._random, 8, 40), over)

        def over() -> None:
            hand_over(consult)
            self._talk(ring.call, seat, (inner, outer, leg))

        self._floor.after(between(self._random, 1.5, 7), answered)

    def _pick_up(self, call: Call, seat: Seat, leg: Channel) -> None:
        self._floor.saw(PickedUp(self._floor.now, call, seat.agent, leg))
        self._floor.take(seat, "helping", 2)
        self._talk(call, seat, (leg,))

    def _talk(self, call: Call, seat: Seat, legs: tuple[Channel, ...]) -> None:
        def over() -> None:
            self._floor.saw(TransferOver(self._floor.now, call, seat.agent.number, legs))
            self._floor.release(seat)

        self._floor.after(around(self._random, 90, 0.5), over)
