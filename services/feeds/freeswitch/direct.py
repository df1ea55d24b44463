"""Calls that meet no queue: put straight through to somebody, dialled out, or over before anybody was called."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from events.calls import CallAnswered, CallEnded, Direction, Outcome
from events.envelope import Envelope
from services.feeds.facts import SECOND, Micros, Teller, instant, second
from services.feeds.freeswitch.legs import Hangup, Legs

_KEPT: Micros = 24 * 3600 * SECOND
"""A call whose end was never heard of is forgotten after so long."""
_NUMBER = re.compile(r"[0-9]{7}")
_NO_ANSWER = frozenset({"NO_ANSWER", "NO_USER_RESPONSE", "ALLOTTED_TIMEOUT", "PROGRESS_TIMEOUT"})
_UNSAID = frozenset({"", "NONE", "NORMAL_CLEARING", "ORIGINATOR_CANCEL", "LOSE_RACE", "PICKED_OFF"})
"""What a channel ends with that says nothing of why nobody was reached."""


@dataclass(frozen=True, slots=True)
class Began:
    """What the creation of a channel says."""

    channel: str
    caller: str | None
    """The channel that called it into being, if one did."""
    user: str | None
    """Whose phone it is, if one of the company's own."""
    outside: bool
    """Whether it is somebody outside."""
    originated: bool
    """Whether FreeSWITCH called it, and not it FreeSWITCH."""
    campaign: str | None = None
    lead: str | None = None
    number: str | None = None
    """Who calls, or who is called where FreeSWITCH calls."""


@dataclass(slots=True)
class Dialled:
    """A channel that was called for another one."""

    begun: Micros
    call: str
    user: str | None
    outside: bool
    picked_up: Micros | None = None


@dataclass(slots=True)
class Direct:
    """A call by the channel that it began with."""

    begun: Micros
    user: str | None
    """The rep whose phone that is, empty where it has no name; None: it is a customer."""
    originated: bool
    outside: bool = False
    """Whether what was called lies outside of the company."""
    dialled: Micros | None = None
    status: str = ""
    """With what the last channel ended that did not answer."""
    answered: Micros | None = None
    answerer: str = ""
    """The channel that answered."""
    answering: str | None = None
    """Whose phone that is."""
    gone: Hangup | None = None
    other: Hangup | None = None
    """How the channel ended that it began with, and the one that answered."""
    unwatched: bool = False
    """Whether nobody listened for a while, and what became of the call in between is not known."""
    campaign: str | None = None
    lead: str | None = None

    @property
    def direction(self) -> Direction:
        """Where the call went; FreeSWITCH calls a customer only to bring a rep and the customer together."""
        if self.user is None:
            return "outbound" if self.originated else "inbound"
        return "outbound" if self.outside else "internal"

    @property
    def rep(self) -> str | None:
        """Whose call it was."""
        return self.user if self.direction == "outbound" and self.user is not None else self.answering


@dataclass(slots=True)
class DirectMemory:
    """The calls that are known, by channel, and the channels that were called for them."""

    calls: dict[str, Direct] = field(default_factory=dict)
    dialled: dict[str, Dialled] = field(default_factory=dict)
    phones: dict[str, str] = field(default_factory=dict)
    """The agent's name of each user that mod_callcenter has called."""


class DirectCalls:
    """Every channel that a call began with, until it hangs up or meets a queue."""

    def __init__(self, teller: Teller, legs: Legs, memory: DirectMemory) -> None:
        """Begin with what is remembered."""
        self._teller = teller
        self._legs = legs
        self._memory = memory

    def phone(self, user: str, agent: str) -> None:
        """Remember whose phone a user's is."""
        self._memory.phones[user] = agent

    def began(self, at: Micros, began: Began) -> None:
        """Note a channel: the beginning of a call, or called for one."""
        calls, dialled = self._memory.calls, self._memory.dialled
        while calls and next(iter(calls.values())).begun < at - _KEPT:
            del calls[next(iter(calls))]
        while dialled and next(iter(dialled.values())).begun < at - _KEPT:
            del dialled[next(iter(dialled))]
        call = calls.get(began.caller or "")
        if call is not None and began.caller is not None:
            dialled[began.channel] = Dialled(at, began.caller, began.user, began.outside)
            if call.answered is None:
                call.dialled = at if call.dialled is None else call.dialled
                call.outside = began.outside
            if call.user is not None and began.outside:
                self._teller.caller(began.caller, began.number)
        elif began.caller is None and began.channel not in calls:
            calls[began.channel] = Direct(at, began.user, began.originated, campaign=began.campaign, lead=began.lead)
            if began.user is None:
                self._teller.caller(began.channel, began.number)

    def queued(self, channel: str) -> None:
        """A call met a queue, or is over: its stays are what is told of it."""
        self._memory.calls.pop(channel, None)

    def picked_up(self, at: Micros, channel: str, user: str | None) -> None:
        """Note that a channel answered, and whose phone it is where that is known only by now."""
        dialled = self._memory.dialled.get(channel)
        if dialled is None:
            return
        dialled.picked_up = at if dialled.picked_up is None else dialled.picked_up
        if user is not None:
            dialled.user, dialled.outside = user, False

    def bridged(self, at: Micros, first: str, second_: str) -> Iterator[Envelope]:
        """Tell that two channels talk; the first time that is the answer."""
        channel, other = (first, second_) if first in self._memory.calls else (second_, first)
        call = self._memory.calls.get(channel)
        if call is None or call.answered is not None:
            return
        dialled = self._memory.dialled.get(other, Dialled(at, channel, None, call.outside))
        call.answered = at if dialled.picked_up is None else dialled.picked_up
        call.answerer, call.outside, call.unwatched = other, dialled.outside, False
        call.answering = dialled.user
        rep = self._rep(call)
        if call.direction == "inbound" and not call.outside and rep is not None:
            waited = max(0, second(call.answered) - second(call.begun if call.dialled is None else call.dialled))
            event = CallAnswered(
                **self._teller.when(call.answered), call=channel, rep=rep, wait_seconds=waited, ring_seconds=waited
            )
            yield self._teller.tell(event, f"call/{channel}", "", 1)

    def hung_up(self, channel: str, hangup: Hangup, bridged: Micros | None) -> Iterator[Envelope]:
        """Take leave of a channel, and of the call when it was one of its two ends.

        `bridged` is what FreeSWITCH says of when it was last put through. A call that nobody listened to for a while
        may have gone otherwise than it seems: one that was put through meanwhile is not told, and of one that was
        talked on both ends must have been heard to leave.
        """
        dialled = self._memory.dialled.pop(channel, None)
        call = self._memory.calls.get(dialled.call) if dialled is not None else None
        if dialled is not None and call is not None:
            yield from self._other_hung_up(dialled.call, channel, call, hangup)
        call = self._memory.calls.get(channel)
        if call is None:
            return
        call.gone = hangup
        if call.unwatched and call.answered is not None and call.other is None:
            return
        self.queued(channel)
        if not (call.unwatched and call.answered is None and bridged is not None):
            yield from self._ended(channel, call, hangup)

    def _other_hung_up(self, channel: str, other: str, call: Direct, hangup: Hangup) -> Iterator[Envelope]:
        if call.answerer != other:
            if call.answered is None and hangup.cause not in _UNSAID:
                call.status = hangup.cause
            return
        call.other = hangup
        if hangup.transfer is not None or (hangup.itself and not call.unwatched):
            yield from self._ended(channel, call, hangup)
        elif call.gone is not None:
            yield from self._ended(channel, call, call.gone)

    def interrupted(self) -> None:
        """Nobody listened for a while: how the calls of that time went on is known only from what comes next."""
        for call in self._memory.calls.values():
            call.unwatched = True

    def forget(self) -> None:
        """Forget all calls: the phone system began anew."""
        self._memory.calls.clear()
        self._memory.dialled.clear()

    def _ended(self, channel: str, call: Direct, hangup: Hangup) -> Iterator[Envelope]:
        """Tell that a call is over, at the moment when the first of its two ends left it."""
        self.queued(channel)
        at = min(hangup.at, call.other.at) if call.other is not None else hangup.at
        ends = (hangup, call.other) if hangup is not call.other else (hangup,)
        transfer = next((end for end in ends if end is not None and end.transfer is not None), None)
        outcome = _outcome(call, hangup) if transfer is None or call.answered is None else transfer.transfer
        if outcome is None:
            return
        answered = at if call.answered is None else min(call.answered, at)
        began = call.begun if call.originated and call.user is None else call.dialled
        waited = max(0, second(answered) - second(began)) if began is not None else 0
        talked = max(0, second(at) - second(answered))
        rang = call.answered is not None and call.direction != "outbound" and not call.outside
        rep = self._rep(call)
        event = CallEnded(
            **self._teller.when(at),
            call=channel,
            direction=call.direction,
            outcome=outcome,
            rep=rep,
            campaign=call.campaign,
            lead=call.lead,
            wait_seconds=waited,
            ring_seconds=waited if rang else 0,
            talk_seconds=talked,
            hold_seconds=min(talked, second(self._held(channel, call, at))),
            answered_at=instant(answered) if call.answered is not None else None,
            ended_at=instant(at),
            transfers=1 if outcome.startswith("transferred") else 0,
            transferred_to=transfer.to if transfer is not None else None,
            hung_up_by=_by(call, hangup) if not outcome.startswith("transferred") else None,
        )
        yield self._teller.tell(event, f"call/{channel}", "", 1)

    def _held(self, channel: str, call: Direct, at: Micros) -> Micros:
        """How long the rep's phone held the customer."""
        if call.answered is None:
            return 0
        ended, rep = (call.other, call.answerer) if call.user is None else (call.gone, channel)
        return self._legs.held(at, rep) if ended is None else ended.held

    def _rep(self, call: Direct) -> str | None:
        """Whose call it was: by the agent's name, else by the user's, unless that may be somebody's number."""
        user, company = call.rep, self._teller.company
        if not user:
            return None
        agent = self._memory.phones.get(user)
        if agent is not None:
            return agent
        return company.roster.get(user) if _NUMBER.search(user) else user


def _outcome(call: Direct, hangup: Hangup) -> Outcome | None:
    if call.answered is not None:
        return "diverted" if call.outside and call.direction == "inbound" else "answered"
    if call.user is not None and call.dialled is None:
        return None
    if call.direction == "inbound" and (hangup.itself or hangup.cause == "ORIGINATOR_CANCEL"):
        return "abandoned"
    cause = call.status if hangup.cause in _UNSAID else hangup.cause
    if call.direction == "inbound" and call.dialled is None:
        return "closed"
    if cause == "USER_BUSY":
        return "busy"
    return "no_answer" if cause in _NO_ANSWER or cause in _UNSAID else "failed"


def _by(call: Direct, hangup: Hangup) -> Literal["customer", "rep"] | None:
    """Say which side hung up; a customer may have been put through to somebody outside, who is neither of the two."""
    first_is_customer = call.user is None
    if call.other is not None and call.other.itself and (not hangup.itself or call.other.at <= hangup.at):
        if first_is_customer:
            return None if call.outside else "rep"
        return "customer" if call.direction == "outbound" else "rep"
    if not hangup.itself:
        return None
    return "customer" if first_is_customer else "rep"
