"""One call, as the set of what was seen of it: in whatever order that came, the same follows from it."""

from dataclasses import dataclass

from events.calls import CallAnswered, CallEnded, Outcome
from services.feeds.facts import SECOND, Company, Micros, Teller, instant, second
from services.feeds.kamailio.parties import Sides, sides
from services.feeds.kamailio.records import Cdr, Dialog, Parties, Transaction

_BUSY, _NO_ANSWER = frozenset({486, 600, 603}), frozenset({408, 480, 487})
_CANCELLED = 487
_CHALLENGES = frozenset({401, 407})
"""Codes that ask who is calling: the same call comes again with an answer to that."""
_SUCCESS, _REFUSAL = 200, 300
_JITTER_S = 1
"""Two clock readings of one moment, in whole seconds, differ by no more."""
_LONGEST_S = 7 * 24 * 3600


@dataclass(slots=True)
class Call:
    """What is known of a call."""

    invited: Micros | None = None
    """When the INVITE was answered that says who called whom."""
    caller: str = ""
    called: str = ""
    answered: Micros | None = None
    refused: tuple[Micros, int] | None = None
    """When it was last refused, and by which code; 0 where none was told."""
    failed: bool = False
    """Whether the dialog module saw that it came to nothing, which no other phone can change."""
    challenged: bool = False
    """Whether it was asked who is calling: that it then came to nothing is not the end of it."""
    left: Micros | None = None
    left_by: str | None = None
    """Who sent the BYE, as a user part; None where no BYE was told."""
    began: Micros | None = None
    ended: Micros | None = None
    """As the CDR says."""
    is_picked_up: bool = False
    """Whether the answer was told."""

    @property
    def talked(self) -> bool:
        """Whether somebody answered."""
        return self.answered is not None or (self.refused is None and self._lasted)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing that could make the facts more exact."""
        if self.ended is None:
            return False
        if self.answered is not None:
            return self.left_by is not None
        return self.refused is not None and self.refused[1] > 0 and not self._lasted

    @property
    def is_over(self) -> bool:
        """Whether something was seen that ends a call, and not just one way for it to go."""
        return self.ended is not None or self.left is not None or self.failed

    @property
    def can_be_told(self) -> bool:
        """Whether it is known when it was answered, or that it came to nothing."""
        return self.refused is not None or self.answered is not None or self.ended is not None

    def invite(self, seen: Transaction) -> None:
        """A request to talk came to its end; one inside of a call that was answered changes nothing."""
        if seen.code in _CHALLENGES:
            self._ask_again()
            return
        self._parties(seen.at, seen.parties)
        if seen.code >= _REFUSAL:
            self._refuse(seen.at, seen.code)
        elif seen.code >= _SUCCESS:
            self._answer(seen.at)

    def bye(self, seen: Transaction) -> None:
        """One of the two left."""
        if self.left is None or self.left_by is None or seen.at < self.left:
            self.left, self.left_by = seen.at, seen.parties.caller

    def dialog(self, seen: Dialog) -> None:
        """The dialog module saw that it was answered, ended or came to nothing."""
        if self.invited is None:
            self.caller, self.called = seen.parties.caller, seen.parties.called
        if seen.kind == "start":
            self._answer(seen.at)
        elif seen.kind == "end":
            if seen.answered is not None:
                self._answer(seen.answered)
            if self.left is None:
                self.left = seen.at
        elif not self.challenged:
            self.failed = True
            self._refuse(seen.at, 0)

    def cdr(self, seen: Cdr) -> None:
        """It is over, says its record; one of a call that was only asked who it is says nothing."""
        if self.challenged and seen.began == seen.ended and self.refused is None:
            return
        if self.invited is None and not self.caller:
            self.caller, self.called = seen.parties.caller, seen.parties.called
        if self.began is None or self.ended is None or seen.ended - seen.began >= self.ended - self.began:
            self.began, self.ended = seen.began, seen.ended

    def sides(self, company: Company) -> Sides:
        """Who of the company is on either side."""
        return sides(Parties(self.caller, self.called), company)

    @property
    def _lasted(self) -> bool:
        return self.began is not None and self.ended is not None and self.ended > self.began

    def _parties(self, at: Micros, parties: Parties) -> None:
        if self.invited is None or at < self.invited:
            self.invited, self.caller, self.called = at, parties.caller, parties.called

    def _answer(self, at: Micros) -> None:
        self.answered = at if self.answered is None else min(at, self.answered)

    def _refuse(self, at: Micros, code: int) -> None:
        known = self.refused
        if known is None or (known[1] == 0) > (code == 0) or ((known[1] == 0) == (code == 0) and known < (at, code)):
            self.refused = at, code

    def _ask_again(self) -> None:
        self.challenged, self.failed = True, False
        if not self._lasted:
            self.began = self.ended = None
        if self.refused is not None and self.refused[1] == 0:
            self.refused = None


@dataclass(frozen=True, slots=True)
class Times:
    """When a call was answered and when it ended, each from the most exact record, and how long it rang, in seconds."""

    wait: int
    answered: Micros | None
    ended: Micros

    @property
    def talk(self) -> int:
        """How long was talked: whole seconds, cut down."""
        return _seconds((self.ended - self.answered) // SECOND) if self.answered is not None else 0


def picked_up(identity: str, call: Call, teller: Teller) -> CallAnswered | None:
    """Tell that a rep picked up a call from outside, if that is known to be so."""
    found, at = call.sides(teller.company), _answered(call)
    rep = found.rep(answered=True)
    if found.direction != "inbound" or rep is None or at is None:
        return None
    wait = _wait(call, at)
    teller.caller(identity, call.caller)
    return CallAnswered(**teller.when(at), call=identity, rep=rep, wait_seconds=wait, ring_seconds=wait)


def over(identity: str, call: Call, teller: Teller) -> CallEnded:
    """Tell how a call ended."""
    found, times = call.sides(teller.company), _times(call)
    rang = times.answered is not None and found.direction != "outbound"
    side = _left_by_caller(call)
    if found.direction != "internal":
        teller.caller(identity, call.caller if found.direction == "inbound" else call.called)
    return CallEnded(
        **teller.when(times.ended),
        call=identity,
        direction=found.direction,
        outcome=_outcome(call),
        rep=found.rep(answered=times.answered is not None),
        wait_seconds=times.wait,
        ring_seconds=times.wait if rang else 0,
        talk_seconds=times.talk,
        answered_at=instant(times.answered) if times.answered is not None else None,
        ended_at=instant(times.ended),
        hung_up_by=None if side is None else found.by(caller=side),
    )


def _times(call: Call) -> Times:
    if not call.talked:
        ended = call.refused[0] if call.refused is not None else call.ended or 0
        return Times(_wait(call, ended), None, ended)
    answered = _answered(call) or 0
    ended = (call.left or answered) if call.ended is None else call.ended
    return Times(_wait(call, answered), answered, max(answered, ended))


def _answered(call: Call) -> Micros | None:
    """Say when it was answered: to the millisecond where the CDR begins with that."""
    if call.answered is None or call.began is None:
        return call.answered if call.began is None else call.began
    return call.answered if _rings(call.began, call.answered) else call.began


def _wait(call: Call, until: Micros) -> int:
    """How long it was called, from where the CDR begins before the answer, or the refusal, comes; else unknown, 0."""
    return _seconds(second(until) - second(call.began)) if call.began is not None else 0


def _rings(began: Micros, answered: Micros) -> bool:
    """Whether the CDR begins with the ringing: so it does without `cdr_start_on_confirmed`."""
    return second(answered) - second(began) > _JITTER_S


def _outcome(call: Call) -> Outcome:
    if call.talked:
        return "answered"
    code = call.refused[1] if call.refused is not None else 0
    return "busy" if code in _BUSY else "no_answer" if code in _NO_ANSWER else "failed"


def _left_by_caller(call: Call) -> bool | None:
    """Whether the side that called ended it; None where that cannot be told."""
    if not call.talked:
        return True if call.refused is not None and call.refused[1] == _CANCELLED else None
    if not call.left_by or call.caller == call.called:
        return None
    return True if call.left_by == call.caller else False if call.left_by == call.called else None


def _seconds(length: int) -> int:
    """Give a duration, or none where there cannot be such a one."""
    return length if 0 <= length <= _LONGEST_S else 0
