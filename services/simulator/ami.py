"""From what the phone system sees to the bytes of its manager interface."""

from collections.abc import Iterable, Iterator
from functools import singledispatchmethod

from services.simulator.happenings import (
    Abandoned,
    Answered,
    Arrived,
    Completed,
    ConsultAnswered,
    Consulted,
    Dialled,
    DialOver,
    HandedOver,
    Happening,
    Joined,
    KeyExited,
    MemberSeen,
    Missed,
    Originated,
    PickedUp,
    PutThrough,
    Rang,
    RangOut,
    Reached,
    Refused,
    SentOn,
    TimedOut,
    TransferOver,
)
from services.simulator.messages import DOWN, RING, RINGING, UP, snapshot
from services.simulator.phrases import Phrases
from services.simulator.plan import Micros, second

_EXTRA_LINE_EVERY = 480
"""A quirk: about so often an event is followed by one empty line more."""


class Manager(Phrases):
    """Tells happenings as Asterisk's manager interface does, quirks included.

    All messages of one happening bear its moment.
    """

    def told(self, happenings: Iterable[Happening]) -> Iterator[tuple[Micros, bytes]]:
        """Write down what happens: the moment, and the messages that it is told in."""
        count = 0
        for happening in happenings:
            self._at = happening.at
            written = bytearray()
            for message in self._tell(happening):
                count += 1
                written += message if count % _EXTRA_LINE_EVERY else message + b"\r\n"
            yield happening.at, bytes(written)

    @singledispatchmethod
    def _tell(self, happening: Happening) -> Iterator[bytes]:
        raise TypeError(type(happening))

    @_tell.register
    def _(self, seen: MemberSeen) -> Iterator[bytes]:
        for queue in seen.agent.queues:
            yield self._event(f"QueueMember{seen.kind}", "agent", {"Queue": queue}, self._member_state(seen))

    @_tell.register
    def _(self, seen: Arrived) -> Iterator[bytes]:
        yield self._new(seen.call.channel, seen.call.id, seen.call.did, RING)
        yield self._exten(seen.call, "Answer")

    @_tell.register
    def _(self, seen: Joined) -> Iterator[bytes]:
        yield self._asks(seen.call, seen.queue)
        place = {"Queue": seen.queue.name, "Position": seen.position, "Count": seen.position}
        yield self._event("QueueCallerJoin", "agent", self._caller(seen.call), place)

    @_tell.register
    def _(self, seen: Refused) -> Iterator[bytes]:
        yield self._asks(seen.call, seen.queue)
        yield self._variable(seen.call, "QUEUESTATUS", "JOINEMPTY")
        yield from self._dialplan_hangs_up(seen.call)

    @_tell.register
    def _(self, seen: Rang) -> Iterator[bytes]:
        ring = seen.ring
        yield self._new(ring.leg, ring.call.id, "s", DOWN)
        yield self._event("AgentCalled", "agent", *self._both(ring, DOWN), self._member(ring))
        yield self._event("DialBegin", "call", *self._both(ring, DOWN), {"DialString": ring.agent.interface})

    @_tell.register
    def _(self, seen: RangOut) -> Iterator[bytes]:
        ring = seen.ring
        rang_ms = (seen.at - ring.since) // 1_000
        yield self._event(
            "AgentRingNoAnswer", "agent", *self._both(ring, RINGING), self._member(ring), {"RingTime": rang_ms}
        )
        yield self._dial_end(ring, "NOANSWER")
        yield self._dial_end(ring, "CANCEL")  # A quirk: whoever was too late is told of twice.
        yield self._hangup(ring.leg, ring.call.id, ring.call.did, 0, RINGING)

    @_tell.register
    def _(self, seen: Answered) -> Iterator[bytes]:
        ring = seen.ring
        yield self._dial_end(ring, "ANSWER")
        yield self._leaves(ring.call, ring.queue, seen.position)
        yield self._variable(ring.call, "QUEUEWAIT", seen.wait_s)
        times = {"HoldTime": seen.wait_s, "RingTime": second(seen.at) - second(ring.since)}
        yield self._event("AgentConnect", "agent", *self._both(ring), self._member(ring), times)

    @_tell.register
    def _(self, seen: Completed) -> Iterator[bytes]:
        call, leg = seen.ring.call, seen.ring.leg
        ended = call.channel if seen.by == "customer" else leg
        yield self._event("HangupRequest", "call", snapshot(ended, call.id, call.did))
        yield self._complete(seen.ring, seen.wait_s, seen.talk_s, "caller" if seen.by == "customer" else "agent")
        if seen.by == "customer":
            yield self._variable(call, "QUEUESTATUS", "CONTINUE")
        yield self._event("SoftHangupRequest", "call", self._caller(call), {"Cause": 16})
        for channel in (call.channel, leg) if seen.by == "customer" else (leg, call.channel):
            yield self._hangup(channel, call.id, call.did)

    @_tell.register
    def _(self, seen: SentOn) -> Iterator[bytes]:
        ring = seen.ring
        yield self._event(
            "BlindTransfer",
            "call",
            {"Result": "Success"},
            snapshot(ring.leg, ring.call.id, ring.call.did, prefix="Transferer"),
            snapshot(ring.call.channel, ring.call.id, ring.call.did, prefix="Transferee"),
            {"IsExternal": "Yes", "Context": "internal", "Extension": seen.to},
        )
        yield self._complete(ring, seen.wait_s, seen.talk_s, "transfer")
        yield self._hangup(ring.leg, ring.call.id, ring.call.did)

    @_tell.register
    def _(self, seen: Abandoned) -> Iterator[bytes]:
        yield self._event("HangupRequest", "call", self._caller(seen.call))
        yield from self._stops_ringing(seen.ring)
        yield self._variable(seen.call, "QUEUEWAIT", seen.wait_s)
        yield self._abandons(seen)
        yield self._leaves(seen.call, seen.queue, seen.position)
        yield self._event("SoftHangupRequest", "call", self._caller(seen.call), {"Cause": 16})
        yield self._hangup(seen.call.channel, seen.call.id, seen.call.did, 0)
        if seen.ring is not None:
            yield self._hangup(seen.ring.leg, seen.call.id, seen.call.did, 0, RINGING)

    @_tell.register
    def _(self, seen: TimedOut) -> Iterator[bytes]:
        """Tell of a time-out, which is called an abandonment first: only the status says what it is."""
        yield from self._stops_ringing(seen.ring)
        if seen.ring is not None:
            yield self._hangup(seen.ring.leg, seen.call.id, seen.call.did, 0, RINGING)
        yield self._abandons(seen)
        yield self._variable(seen.call, "QUEUEWAIT", seen.wait_s)
        yield self._leaves(seen.call, seen.queue, seen.position)
        yield self._variable(seen.call, "QUEUESTATUS", "TIMEOUT")
        yield from self._dialplan_hangs_up(seen.call)

    @_tell.register
    def _(self, seen: KeyExited) -> Iterator[bytes]:
        yield from self._stops_ringing(seen.ring)
        if seen.ring is not None:
            yield self._hangup(seen.ring.leg, seen.call.id, seen.call.did, 0, RINGING)
        yield self._variable(seen.call, "QUEUEWAIT", seen.wait_s)
        yield self._leaves(seen.call, seen.queue, seen.position)
        yield self._exten(seen.call, "NoOp", "exit with key 1")
        yield from self._dialplan_hangs_up(seen.call)

    @_tell.register
    def _(self, seen: PutThrough) -> Iterator[bytes]:
        call, colleague = seen.call, seen.colleague
        yield self._exten(call, "Dial", f"{colleague.interface},20", colleague.number)
        yield self._new(seen.leg, call.id, "s", DOWN)
        yield self._dials(call.channel, seen.leg, call.id, colleague.number, colleague.name)

    @_tell.register
    def _(self, seen: PickedUp) -> Iterator[bytes]:
        yield self._dialled(seen.call.channel, seen.leg, seen.call.id, seen.colleague.number, "ANSWER")

    @_tell.register
    def _(self, seen: Consulted) -> Iterator[bytes]:
        consult, call = seen.consult, seen.consult.ring.call
        number = consult.colleague.number
        yield self._new(consult.inner, call.id, number, DOWN)
        yield self._new(consult.outer, call.id, number, RING)
        yield self._new(consult.leg, call.id, "s", DOWN)
        yield self._dials(consult.outer, consult.leg, call.id, number, consult.colleague.name)

    @_tell.register
    def _(self, seen: ConsultAnswered) -> Iterator[bytes]:
        consult = seen.consult
        yield self._dialled(consult.outer, consult.leg, consult.ring.call.id, consult.colleague.number, "ANSWER")

    @_tell.register
    def _(self, seen: HandedOver) -> Iterator[bytes]:
        consult, ring = seen.consult, seen.consult.ring
        call, number = ring.call, consult.colleague.number
        yield self._event(
            "AttendedTransfer",
            "call",
            {"Result": "Success"},
            snapshot(ring.leg, call.id, call.did, prefix="OrigTransferer"),
            snapshot(ring.leg, call.id, call.did, prefix="SecondTransferer"),
            snapshot(call.channel, call.id, call.did, prefix="Transferee"),
            snapshot(consult.inner, call.id, number, prefix="TransferTarget"),
            {"IsExternal": "No", "DestType": "Bridge"},
        )
        yield self._complete(ring, seen.wait_s, seen.talk_s, "transfer")
        yield self._hangup(ring.leg, call.id, call.did)

    @_tell.register
    def _(self, seen: TransferOver) -> Iterator[bytes]:
        call = seen.call
        yield self._event("HangupRequest", "call", snapshot(call.channel, call.id, seen.to))
        for channel in (*seen.legs, call.channel):
            yield self._hangup(channel, call.id, seen.to)

    @_tell.register
    def _(self, seen: Originated) -> Iterator[bytes]:
        dial = seen.dial
        yield self._new(dial.channel, dial.id, "s", DOWN)
        for name, value in (("__LEADID", dial.lead), ("__CAMPAIGN", dial.campaign)):
            yield self._event(
                "VarSet", "dialplan", snapshot(dial.channel, dial.id, "s", DOWN), {"Variable": name, "Value": value}
            )
        yield self._event(
            "DialBegin", "call", self._callee(dial.channel, dial.id, DOWN), {"DialString": dial.agent.name}
        )

    @_tell.register
    def _(self, seen: Dialled) -> Iterator[bytes]:
        dial, number = seen.dial, seen.dial.customer.number
        yield self._event("DialEnd", "call", self._callee(dial.channel, dial.id, UP), {"DialStatus": "ANSWER"})
        yield self._event(
            "Newexten",
            "dialplan",
            snapshot(dial.channel, dial.id, number),
            {"Extension": number, "Application": "Dial", "AppData": f"PJSIP/{number}@outside,20"},
        )
        yield self._event("OriginateResponse", "call", self._response(dial))
        yield self._new(seen.leg, dial.id, "s", DOWN)
        yield self._dials(dial.channel, seen.leg, dial.id, number, f"{number}@outside")

    @_tell.register
    def _(self, seen: Reached) -> Iterator[bytes]:
        yield self._dialled(seen.dial.channel, seen.leg, seen.dial.id, seen.dial.customer.number, "ANSWER")

    @_tell.register
    def _(self, seen: Missed) -> Iterator[bytes]:
        dial, number = seen.dial, seen.dial.customer.number
        cause = {"BUSY": 17, "NOANSWER": 0, "CONGESTION": 34}[seen.status]
        yield self._dialled(dial.channel, seen.leg, dial.id, number, seen.status)
        yield self._hangup(seen.leg, dial.id, number, cause, RINGING)
        yield self._hangup(dial.channel, dial.id, number, cause)

    @_tell.register
    def _(self, seen: DialOver) -> Iterator[bytes]:
        dial, number = seen.dial, seen.dial.customer.number
        first, other = (dial.channel, seen.leg) if seen.by_agent else (seen.leg, dial.channel)
        yield self._event("HangupRequest", "call", snapshot(first, dial.id, number), {"Cause": 16})
        yield self._hangup(first, dial.id, number)
        yield self._hangup(other, dial.id, number)
