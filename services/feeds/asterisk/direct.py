"""Calls that meet no queue: put straight through to somebody, dialled out, or over before anybody was called."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from events.calls import CallAnswered, CallEnded, Direction, Outcome
from events.envelope import Envelope
from services.feeds.asterisk.message import Message
from services.feeds.asterisk.phones import agent_at, interface_of
from services.feeds.facts import SECOND, Micros, Teller, instant, second
from services.feeds.fields import is_domestic, text

_KEPT: Micros = 24 * 3600 * SECOND
"""A channel whose end was never seen is forgotten after so long."""
_OUTSIDE = re.compile(rb"(?:[A-Za-z0-9]+/)?\+?[0-9]{7,}(?:@.*)?")
_HAS_NUMBER = re.compile(rb"\+?[0-9]+")
_STATUS: dict[bytes, Outcome] = {b"BUSY": "busy", b"NOANSWER": "no_answer"}

End = Literal["first", "other"]
"""The side of a call that hung up: the channel that it began with, or the one that answered."""


@dataclass(slots=True)
class Leg:
    """A call by the channel that it began with."""

    call: str
    begun: Micros
    channel: str
    ours: bool
    """Whether that channel is one of the company's own phones."""
    queued: bool = False
    """Whether the call met a queue: its stays are what is told of it."""
    told: bool = False
    outside: bool = False
    """Whether what was dialled lies outside of the company."""
    dialled_at: Micros | None = None
    ringing: set[str] = field(default_factory=set)
    status: bytes | None = None
    cancelled: bool = False
    answered_at: Micros | None = None
    answerer: str | None = None
    """The channel that answered, by unique id, and by name."""
    answering: str = ""
    asked: End | None = None
    """Who asked first for the call to end."""
    campaign: str | None = None
    lead: str | None = None
    unwatched: bool = False
    """Whether nobody listened for a while, and what became of the call in between is not known."""
    gone: Micros | None = None
    """When the first of its two ends hung up, where both must be seen to."""

    @property
    def direction(self) -> Direction:
        """Where the call went."""
        if not self.ours:
            return "inbound"
        return "outbound" if self.outside else "internal"


@dataclass(slots=True)
class DirectMemory:
    """The calls that are known, by the channel that they began with."""

    legs: dict[str, Leg] = field(default_factory=dict)
    answering: dict[str, str] = field(default_factory=dict)
    """The call of each channel that was dialled."""
    members: dict[str, str] = field(default_factory=dict)
    """The agent's name of each interface that queues have spoken of."""


class DirectCalls:
    """Every channel that a call began with, until it hangs up."""

    def __init__(self, teller: Teller, memory: DirectMemory | None = None) -> None:
        """Begin with what is remembered, or with no channel."""
        self._teller = teller
        memory = DirectMemory() if memory is None else memory
        self._legs, self._answering, self._members = memory.legs, memory.answering, memory.members

    def member(self, interface: str, name: str) -> None:
        """Remember whose phone an interface is."""
        self._members[interface] = name

    def began(self, at: Micros, message: Message) -> None:
        """Note a new channel; one that was not made for another call is the beginning of a call."""
        identity, channel = message.text(b"Uniqueid"), message.text(b"Channel")
        if identity != message.text(b"Linkedid") or channel.startswith("Local/") or identity in self._legs:
            return
        self._forget_old(at)
        number = message.get(b"CallerIDNum")
        self._legs[identity] = Leg(identity, at, channel, is_domestic(number))
        self._teller.caller(identity, number)

    def marked(self, call: str, *, campaign: str | None = None, lead: str | None = None) -> None:
        """Note which campaign or lead a call is about."""
        if leg := self._legs.get(call):
            leg.campaign, leg.lead = campaign or leg.campaign, lead or leg.lead

    def queued(self, call: str) -> None:
        """Note that the call met a queue."""
        if leg := self._legs.get(call):
            leg.queued = True

    def interrupted(self) -> None:
        """Nobody listened for a while: how the calls of that time went on is known only from what comes next.

        One that was not put through yet may have met a queue since, and is forgotten.
        """
        for leg in list(self._legs.values()):
            leg.unwatched = True
            if leg.dialled_at is None:
                del self._legs[leg.call]

    def dialled(self, at: Micros, message: Message) -> None:
        """Note that a channel is being called, by another one or (with no other) at the wish of a program."""
        callee = message.text(b"DestUniqueid")
        if message.get(b"Uniqueid") is None:
            if leg := self._legs.get(callee):
                leg.ours = True
            return
        leg = self._legs.get(message.text(b"Uniqueid"))
        if leg is None or leg.queued or leg.answered_at is not None:
            return
        leg.dialled_at = at if leg.dialled_at is None else leg.dialled_at
        leg.outside = _is_outside(message, ours=leg.ours)
        if leg.ours and leg.outside:
            self._teller.caller(leg.call, _number_dialled(message))
        leg.ringing.add(callee)
        self._answering[callee] = leg.call

    def dial_ended(self, at: Micros, message: Message) -> Iterator[Envelope]:
        """Tell that the one who was called answered, or note that nobody did."""
        caller = message.get(b"Uniqueid")
        leg = self._legs.get(text(caller, "Uniqueid")) if caller is not None else None
        callee = message.text(b"DestUniqueid")
        if leg is None or callee not in leg.ringing:
            return
        leg.ringing.discard(callee)
        leg.unwatched = leg.unwatched and leg.answered_at is not None  # else it rang until now, and nothing was missed
        status = message.text(b"DialStatus").encode()
        if status != b"ANSWER":
            leg.status = leg.status if status == b"CANCEL" else status
            leg.cancelled = leg.cancelled or status == b"CANCEL"
        elif leg.answered_at is None:
            leg.answered_at, leg.answerer, leg.answering = at, callee, message.text(b"DestChannel")
            yield from self._answered(at, leg)

    def asked_to_end(self, channel: str) -> None:
        """One side wants to hang up."""
        call = channel if channel in self._legs else self._answering.get(channel, "")
        leg = self._legs.get(call)
        if leg is not None and leg.asked is None and channel in (leg.call, leg.answerer):
            leg.asked = "first" if channel == leg.call else "other"

    def transferred(self, at: Micros, call: str, outcome: Outcome, to: str | None) -> Iterator[Envelope]:
        """Tell that the one who answered sent the caller on: for the one who did, the call is over."""
        leg = self._legs.get(call)
        if leg is not None and leg.answered_at is not None:
            yield from self._ended(at, leg, outcome, to)

    def hung_up(self, at: Micros, channel: str) -> Iterator[Envelope]:
        """Take leave of a channel, and of the call when it was one of its two ends."""
        answered = self._legs.get(self._answering.pop(channel, ""))
        if answered is not None and answered.answerer == channel:
            yield from self._left(at, answered)
        leg = self._legs.get(channel)
        if leg is not None:
            yield from self._left(at, leg)
            if leg.gone != at or leg.told:
                self._legs.pop(channel, None)

    def _left(self, at: Micros, leg: Leg) -> Iterator[Envelope]:
        """One end hung up, which ends the call.

        Of a call that nobody listened to for a while both ends must be seen to leave: if one did so before, or sent the
        other on, nobody knows when.
        """
        if leg.unwatched and leg.answered_at is None:
            return
        if leg.unwatched and leg.gone is None:
            leg.gone = at
            return
        if leg.gone is not None:
            at = leg.gone
            self._legs.pop(leg.call, None)
        yield from self._ended(at, leg, _outcome(leg))

    def _answered(self, at: Micros, leg: Leg) -> Iterator[Envelope]:
        rep = self._rep(leg)
        if leg.direction != "inbound" or leg.outside or rep is None:
            return
        waited = second(at) - second(leg.dialled_at or at)
        event = CallAnswered(
            **self._teller.when(at), call=leg.call, rep=rep, wait_seconds=max(0, waited), ring_seconds=max(0, waited)
        )
        yield self._teller.tell(event, f"call/{leg.call}", "", 1)

    def _ended(self, at: Micros, leg: Leg, outcome: Outcome | None, to: str | None = None) -> Iterator[Envelope]:
        if leg.told or leg.queued or outcome is None:
            return
        leg.told = True
        answered = at if leg.answered_at is None else leg.answered_at
        waited = max(0, second(answered) - second(leg.dialled_at)) if leg.dialled_at is not None else 0
        rang = leg.answered_at is not None and leg.direction != "outbound" and not leg.outside
        event = CallEnded(
            **self._teller.when(at),
            call=leg.call,
            direction=leg.direction,
            outcome=outcome,
            rep=self._rep(leg),
            campaign=leg.campaign,
            lead=leg.lead,
            wait_seconds=waited,
            ring_seconds=waited if rang else 0,
            talk_seconds=max(0, second(at) - second(answered)),
            answered_at=instant(answered) if leg.answered_at is not None else None,
            ended_at=instant(at),
            transfers=0 if to is None and not outcome.startswith("transferred") else 1,
            transferred_to=to,
            hung_up_by=_by(leg) if not outcome.startswith("transferred") else None,
        )
        yield self._teller.tell(event, f"call/{leg.call}", "", 1)

    def _rep(self, leg: Leg) -> str | None:
        """Whose phone the call was answered on, or made from: by the agent's name, else by the endpoint's."""
        if leg.direction != "outbound" and leg.outside:
            return None
        channel = leg.channel if leg.direction == "outbound" else leg.answering
        company, interface = self._teller.company, interface_of(channel)
        return self._members.get(interface or "") or agent_at(channel, company.roster)

    def _forget_old(self, at: Micros) -> None:
        while self._legs and (oldest := next(iter(self._legs.values()))).begun < at - _KEPT:
            del self._legs[oldest.call]


def _is_outside(message: Message, *, ours: bool) -> bool:
    """Whether somebody outside is called: a rep dials an extension, a caller is put through by a dial string."""
    exten = message.get(b"Exten") or b""
    if ours and _HAS_NUMBER.fullmatch(exten):
        return not is_domestic(exten)
    return _OUTSIDE.fullmatch(message.get(b"DialString") or b"") is not None


def _number_dialled(message: Message) -> bytes:
    """Whom a rep dials: by the extension where that is a number, else by what the dial string ends with."""
    exten = message.get(b"Exten") or b""
    if _HAS_NUMBER.fullmatch(exten):
        return exten
    return (message.get(b"DialString") or b"").rpartition(b"/")[2].partition(b"@")[0]


def _outcome(leg: Leg) -> Outcome | None:
    if leg.answered_at is not None:
        return "diverted" if leg.outside and not leg.ours else "answered"
    if leg.dialled_at is None:
        return None if leg.ours else "abandoned" if leg.asked else "closed"
    if leg.status is not None and not (leg.cancelled and leg.asked):
        return _STATUS.get(leg.status, "failed")
    return "no_answer" if leg.direction == "outbound" else "abandoned"


def _by(leg: Leg) -> Literal["customer", "rep"] | None:
    """Say which side hung up; a customer may have been put through to somebody outside, who is neither of the two."""
    if leg.asked is None:
        return None
    if leg.direction == "inbound":
        return "customer" if leg.asked == "first" else None if leg.outside else "rep"
    return "rep" if leg.asked == "first" or leg.direction == "internal" else "customer"
