"""Callers in queues: waiting, ringing, talking, and all the ways in which that ends."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Literal

from services.simulator.arrivals import Arrival, Temper, temper
from services.simulator.floor import Floor, Seat
from services.simulator.happenings import (
    Abandoned,
    Answered,
    Arrived,
    Call,
    Completed,
    Consult,
    HandedOver,
    Joined,
    KeyExited,
    Rang,
    RangOut,
    Refused,
    Ring,
    SentOn,
    TimedOut,
    Waited,
)
from services.simulator.plan import MILLISECOND, MINUTE, SECOND, Micros, around, between, second
from services.simulator.records import Gauge, QueueOutcome, Stay
from services.simulator.staff import QUEUES, Queue
from services.simulator.transfers import Colleagues

_RINGS_OUT = 0.04
_RING_TIMEOUT: Micros = 15 * SECOND
_DIALPLAN: Micros = 500 * MILLISECOND
"""From the call's arrival to the queue."""
_HANGS_UP = 0.62
"""How many talks the caller ends."""
_TO_QUEUE, _TO_COLLEAGUE, _CONSULTS = 0.04, 0.07, 0.10
"""Below the first a blind transfer to a queue, below the second one to a colleague, below the third an attended one."""
_NO_WRAP = 0.15
_GAUGED_EVERY: Micros = MINUTE


@dataclass(slots=True)
class Caller:
    """A caller in a queue, or on the line with the agent who answered."""

    call: Call
    queue: Queue
    number: int
    joined: Micros
    position: int
    ring: Ring | None = None
    answered: Micros | None = None
    gone: bool = False
    """Whether the caller waits no longer."""


class Calls:
    """Takes the day's callers to agents, or leaves them waiting."""

    def __init__(self, floor: Floor) -> None:
        """Serve the queues of a floor."""
        self.floor = floor
        self.stays: list[Stay] = []
        self.gauges: list[Gauge] = []
        self._random: Random = floor.plan.chance("calls")
        self._waiting: dict[str, list[Caller]] = {name: [] for name in QUEUES}
        self._numbers: dict[tuple[str, str], int] = defaultdict(int)
        self._colleagues = Colleagues(floor, self._random)
        floor.on_free = lambda _seat: self._dispatch()
        floor.is_needed = self._is_needed

    def expect(self, arrivals: Iterable[Arrival]) -> None:
        """Plan the day's arrivals, and the readings of the gauges."""
        for arrival in arrivals:
            self.floor.at(arrival.at, lambda arrival=arrival: self._arrive(arrival))  # type: ignore[misc]  # bound now
        for minute in range(1, self.floor.plan.lasts // _GAUGED_EVERY + 1):
            self.floor.at(self.floor.plan.opens + minute * _GAUGED_EVERY, self._measure)

    def _arrive(self, arrival: Arrival) -> None:
        customer, queue = arrival.customer, QUEUES[arrival.queue]
        call = Call(self.floor.channel("PJSIP/trunk", customer.number, customer.name), queue.did, customer)
        self.floor.saw(Arrived(self.floor.now, call))
        self.floor.after(_DIALPLAN, lambda: self._enter(call, queue, arrival))

    def _enter(self, call: Call, queue: Queue, arrival: Arrival) -> None:
        if self.floor.staffed(queue.name):
            self._join(call, queue, arrival.temper)
            return
        now = self.floor.now
        self.floor.saw(Refused(now, call, queue))
        self.stays.append(Stay(call.id, call.customer, queue.name, 0, 0, now, now, "join_empty"))

    def _join(self, call: Call, queue: Queue, mood: Temper) -> None:
        waiting = self._waiting[queue.name]
        self._numbers[call.id, queue.name] += 1
        number = self._numbers[call.id, queue.name]
        caller = Caller(call, queue, number, self.floor.now, len(waiting) + 1)
        waiting.append(caller)
        self.floor.saw(Joined(self.floor.now, call, queue, caller.position))
        self.floor.after(mood.patience, lambda: self._leave(caller, Abandoned, "abandoned"))
        self.floor.after(queue.timeout_s * SECOND, lambda: self._leave(caller, TimedOut, "timed_out"))
        if mood.presses_key_after is not None:
            self.floor.after(mood.presses_key_after, lambda: self._leave(caller, KeyExited, "key_exit"))
        self._dispatch()

    def _dispatch(self) -> None:
        """Let phones ring, as long as somebody waits for whom somebody is free: who waits longest comes first."""
        while pair := self._next_pair():
            self._ring(*pair)

    def _next_pair(self) -> tuple[Caller, Seat] | None:
        callers = [caller for queue in self._waiting.values() for caller in queue if caller.ring is None]
        for caller in sorted(callers, key=lambda caller: caller.joined):
            seat = self.floor.free(caller.queue.name)
            if seat is not None:
                return caller, seat
        return None

    def _ring(self, caller: Caller, seat: Seat) -> None:
        leg = self.floor.channel(seat.agent.interface, seat.agent.number)
        ring = caller.ring = Ring(caller.call, caller.queue, seat.agent, leg, self.floor.now)
        self.floor.saw(Rang(self.floor.now, ring))
        self.floor.take(seat, "ringing", 6, caller.queue.name)
        if self._random.random() < _RINGS_OUT:
            self.floor.after(_RING_TIMEOUT, lambda: self._ring_out(caller, ring))
        else:
            self.floor.after(between(self._random, 1.5, 9), lambda: self._answer(caller, ring))

    def _ring_out(self, caller: Caller, ring: Ring) -> None:
        if caller.ring is not ring:
            return
        caller.ring = None
        self.floor.saw(RangOut(self.floor.now, ring))
        self.floor.release(self.floor.seats[ring.agent.name])
        self._dispatch()

    def _leave(self, caller: Caller, kind: type[Waited], outcome: QueueOutcome) -> None:
        """Take a caller out of the queue, and stop the phone that rings."""
        if caller.gone:
            return
        ring, caller.ring = caller.ring, None
        position = self._remove(caller)
        stay = self._stay(caller, outcome, by="customer" if outcome == "abandoned" else None)
        self.floor.saw(kind(self.floor.now, caller.call, caller.queue, position, stay.wait_s, ring))
        if ring is not None:
            self.floor.release(self.floor.seats[ring.agent.name])
        self._all_served()

    def _remove(self, caller: Caller) -> int:
        """Take a caller out of the line; the place that it was."""
        waiting = self._waiting[caller.queue.name]
        place = waiting.index(caller)
        del waiting[place]
        caller.gone = True
        return place + 1

    def _answer(self, caller: Caller, ring: Ring) -> None:
        if caller.ring is not ring:
            return
        position, seat = self._remove(caller), self.floor.seats[ring.agent.name]
        caller.answered = self.floor.now
        seat.calls += 1
        self.floor.saw(Answered(self.floor.now, ring, second(self.floor.now) - second(caller.joined), position))
        self.floor.take(seat, "talking", 2, caller.queue.name)
        self._all_served()
        self._talk(caller, ring)

    def _talk(self, caller: Caller, ring: Ring) -> None:
        """Decide how a talk goes."""
        talk = around(self._random, caller.queue.talk_s, 0.6)
        way = self._random.random()
        if way < _TO_QUEUE:
            self.floor.after(talk // 3000 * MILLISECOND + SECOND, lambda: self._send_to_queue(caller, ring))
        elif way < _TO_COLLEAGUE:
            self.floor.after(talk // 3000 * MILLISECOND + SECOND, lambda: self._send_to_colleague(caller, ring))
        elif way < _CONSULTS:
            self.floor.after(talk // 2000 * MILLISECOND + SECOND, lambda: self._consult(caller, ring))
        else:
            self.floor.after(talk, lambda: self._complete(caller, ring))

    def _complete(self, caller: Caller, ring: Ring) -> None:
        by: Literal["customer", "rep"] = "customer" if self._random.random() < _HANGS_UP else "rep"
        stay = self._stay(caller, "answered", by=by)
        self.floor.saw(Completed(self.floor.now, ring, stay.wait_s, stay.talk_s, by))
        self._wrap_up(ring)

    def _send_to_queue(self, caller: Caller, ring: Ring) -> None:
        to = self._random.choice([queue for queue in QUEUES.values() if queue is not caller.queue])
        if not self.floor.staffed(to.name):
            self._complete(caller, ring)
            return
        self._send(caller, ring, to.extension)
        mood = temper(self._random)
        self.floor.after(_DIALPLAN, lambda: self._join(caller.call, to, mood))

    def _send_to_colleague(self, caller: Caller, ring: Ring) -> None:
        colleague = self._colleagues.somebody(caller.queue.name)
        if colleague is None:
            self._complete(caller, ring)
            return
        self._send(caller, ring, colleague.agent.number)
        self._colleagues.put_through(caller.call, colleague)

    def _send(self, caller: Caller, ring: Ring, to: str) -> None:
        stay = self._stay(caller, "transferred_blind", to=to)
        self.floor.saw(SentOn(self.floor.now, ring, stay.wait_s, stay.talk_s, to))
        self._wrap_up(ring)

    def _consult(self, caller: Caller, ring: Ring) -> None:
        colleague = self._colleagues.somebody(caller.queue.name)
        if colleague is None:
            self._complete(caller, ring)
            return

        def hand_over(consult: Consult) -> None:
            stay = self._stay(caller, "transferred_attended", to=colleague.agent.number)
            self.floor.saw(HandedOver(self.floor.now, consult, stay.wait_s, stay.talk_s))
            self._wrap_up(ring)

        self._colleagues.consult(ring, colleague, hand_over)

    def _wrap_up(self, ring: Ring) -> None:
        wrap = 0 if self._random.random() < _NO_WRAP else between(self._random, 8, 50)
        self.floor.release(self.floor.seats[ring.agent.name], wrap)

    def _stay(
        self,
        caller: Caller,
        outcome: QueueOutcome,
        *,
        by: Literal["customer", "rep"] | None = None,
        to: str | None = None,
    ) -> Stay:
        """Write down that a stay is over."""
        ring = caller.ring if caller.answered is not None else None
        stay = Stay(
            call=caller.call.id,
            customer=caller.call.customer,
            queue=caller.queue.name,
            number=caller.number,
            position=caller.position,
            joined=caller.joined,
            ended=self.floor.now,
            outcome=outcome,
            agent=ring.agent.name if ring is not None else None,
            rang=ring.since if ring is not None else None,
            answered=caller.answered,
            by=by,
            to=to,
        )
        self.stays.append(stay)
        return stay

    def _is_needed(self, seat: Seat) -> bool:
        """Whether callers still wait for somebody when the lines close; who leaves earlier leaves them to others."""
        return self.floor.now >= self.floor.plan.closes and any(self._waiting[queue] for queue in seat.agent.queues)

    def _all_served(self) -> None:
        if self.floor.now >= self.floor.plan.closes and not any(self._waiting.values()):
            self.floor.dismiss()

    def _measure(self) -> None:
        for name, waiting in self._waiting.items():
            seats = [seat for seat in self.floor.seats.values() if name in seat.agent.queues]
            self.gauges.append(
                Gauge(
                    at=self.floor.now,
                    queue=name,
                    waiting=len(waiting),
                    longest_wait_s=max((second(self.floor.now) - second(each.joined) for each in waiting), default=0),
                    staffed=sum(seat.staffed for seat in seats),
                    ready=sum(seat.doing == "free" for seat in seats),
                    talking=sum(seat.doing == "talking" and seat.queue == name for seat in seats),
                )
            )
