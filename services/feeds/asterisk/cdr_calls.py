"""What the rows of a call come to: how each stay in a queue ended, or the call that met none.

A row says with whom a channel was put together, when, and whether that one picked up. All else is inferred here, and
the package says how far it can be trusted.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from events.calls import CallEnded, Direction, Outcome
from services.feeds.asterisk.cdr_row import CdrRow
from services.feeds.asterisk.phones import agent_at, local_extension, member_at
from services.feeds.facts import SECOND, Micros, Teller, instant, second
from services.feeds.fields import extension, is_domestic

_HANGING_UP = frozenset({"Hangup", "Busy", "Congestion"})
_OUTSIDE = re.compile(r"(?:[A-Za-z0-9]+/)?\+?([0-9]{7,})(?:@.*)?")
_SAME = 7
"""Two numbers that end in so many equal digits are one, with a prefix or without."""
_STATUS: dict[str, Outcome] = {"BUSY": "busy", "NO ANSWER": "no_answer"}


@dataclass(frozen=True, slots=True)
class CdrCall:
    """The rows of a call in the order of their sequence: there is one at least of its own."""

    call: str
    own: Sequence[CdrRow]
    """Those of the channel that it began with."""
    legs: Sequence[CdrRow]
    """Those of the channels that were begun for it."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """How and where an agent sent the caller on, and when."""

    outcome: Outcome
    to: str | None
    at: Micros


def ends_of(call: CdrCall, teller: Teller) -> Iterator[tuple[str, CallEnded]]:
    """Say how the call ended, or each of its stays, with the leg that belongs into its id."""
    queues = dict.fromkeys(row.queue for row in call.own if row.application == "Queue")
    teller.caller(call.call, _number_outside(call))
    for queue in queues:
        yield f"{queue}#1", _stay(call, queue, teller)
    if not queues and (event := _direct(call, teller)) is not None:
        yield "", event


def _stay(call: CdrCall, queue: str, teller: Teller) -> CallEnded:
    rows = [row for row in call.own if row.application == "Queue" and row.queue == queue]
    later = [row for row in call.own if row.sequence > rows[-1].sequence]
    answered = next((row for row in rows if row.is_answered), None)
    if answered is None:
        outcome = _left(rows[-1], later)
        return CallEnded(
            **teller.when(rows[-1].end),
            call=call.call,
            direction="inbound",
            outcome=outcome,
            queue=queue,
            wait_seconds=_span(rows),
            ended_at=instant(rows[-1].end),
            hung_up_by="customer" if outcome == "abandoned" else None,
        )
    agent = member_at(answered.dstchannel, teller.company.roster)
    return _answered(call, rows, answered, _sent(call, answered, goes_on="c"), teller, "inbound", agent, queue)


def _left(last: CdrRow, later: Sequence[CdrRow]) -> Outcome:
    """Say how a caller left whom nobody answered: a key leads elsewhere, time being up does not."""
    if not later:
        return "abandoned"
    return "timed_out" if later[0].dst == last.dst else "key_exit"


def _direct(call: CdrCall, teller: Teller) -> CallEnded | None:
    dials = [row for row in call.own if row.application == "Dial"]
    if not dials:
        return _undialled(call, teller)
    ours, outside = _is_ours(dials[0]), _is_outside(dials[0])
    direction: Direction = "inbound" if not ours else "outbound" if outside else "internal"
    answered = next((row for row in dials if row.is_answered), None)
    caller = agent_at(dials[0].channel, teller.company.roster) if direction == "outbound" else None
    if answered is not None:
        callee = None if outside else agent_at(answered.dstchannel, teller.company.roster)
        sent = _sent(call, answered, goes_on="g")
        if sent is None and outside and not ours:
            sent = _Sent("diverted", None, answered.end)
        return _answered(call, dials, answered, sent, teller, direction, caller or callee, None)
    last = dials[-1]
    outcome = _unanswered(call, last, direction)
    return CallEnded(
        **teller.when(last.end),
        call=call.call,
        direction=direction,
        outcome=outcome,
        rep=caller,
        wait_seconds=_span(dials),
        ended_at=instant(last.end),
        hung_up_by="customer" if outcome == "abandoned" else None,
    )


def _undialled(call: CdrCall, teller: Teller) -> CallEnded | None:
    """Say how a call ended that was put through to nobody; a colleague who dials a service of the house makes none."""
    last = call.own[-1]
    if is_domestic(call.own[0].src.encode()):
        return None
    return CallEnded(
        **teller.when(last.end),
        call=call.call,
        direction="inbound",
        outcome="closed" if last.application in _HANGING_UP else "abandoned",
        wait_seconds=_span(call.own),
        ended_at=instant(last.end),
        hung_up_by=None if last.application in _HANGING_UP else "customer",
    )


def _answered(  # noqa: PLR0913, PLR0917  # as many as there are things to say of it
    call: CdrCall,
    rows: Sequence[CdrRow],
    answered: CdrRow,
    sent: _Sent | None,
    teller: Teller,
    direction: Direction,
    agent: str | None,
    queue: str | None,
) -> CallEnded:
    picked_up = answered.start if answered.answer is None else answered.answer
    is_sent = sent is not None and sent.outcome != "diverted"
    end = answered.end if sent is None else sent.at
    return CallEnded(
        **teller.when(end),
        call=call.call,
        direction=direction,
        outcome="answered" if sent is None else sent.outcome,
        queue=queue,
        rep=agent,
        wait_seconds=max(0, second(picked_up) - second(rows[0].start)),
        talk_seconds=answered.billsec if end == answered.end else max(0, second(end) - second(picked_up)),
        answered_at=instant(picked_up),
        ended_at=instant(end),
        transfers=1 if is_sent else 0,
        transferred_to=sent.to if sent is not None else None,
    )


def _sent(call: CdrCall, answered: CdrRow, *, goes_on: str) -> _Sent | None:
    """Say whether the one who answered sent the caller on: a caller who talks to another afterwards was.

    With the option `goes_on` the dialplan continues when the agent hangs up, which then is no transfer.
    """
    after = [row for row in call.own if row.sequence > answered.sequence and row.start >= answered.end - SECOND]
    another = next((row for row in after if row.data == answered.data and row.is_answered), None)
    if another is not None:
        gone = [row.end for row in call.legs if row.channel == answered.dstchannel]
        return _Sent("transferred_attended", local_extension(another.dstchannel), max([answered.end, *gone]))
    if after and goes_on not in answered.given(_OPTIONS[answered.application]):
        return _Sent("transferred_blind", extension(after[0].dst.encode()), answered.end)
    return None


_OPTIONS = {"Queue": 1, "Dial": 2}
"""The place of the options among what each application is given."""


def _unanswered(call: CdrCall, last: CdrRow, direction: Direction) -> Outcome:
    """Say why nobody picked up: who was called did not within the time, or the caller did not wait so long."""
    outcome = _STATUS.get(last.disposition, "failed")
    if outcome != "no_answer" or direction == "outbound":
        return outcome
    limit = last.given(1)
    gave_up = any(row.sequence > last.sequence for row in call.own)
    gave_up = gave_up or (limit.isascii() and limit.isdigit() and len(limit) < 10 and last.duration >= int(limit))  # noqa: PLR2004  # no such time
    return "no_answer" if gave_up else "abandoned"


def _is_ours(row: CdrRow) -> bool:
    """Whether one of the company's own phones calls: by an extension, or because what it dials is what is called."""
    called, dialled = _OUTSIDE.fullmatch(row.given(0)), _OUTSIDE.fullmatch(row.dst)
    same = called is not None and dialled is not None and called[1][-_SAME:] == dialled[1][-_SAME:]
    return same or is_domestic(row.src.encode())


def _is_outside(row: CdrRow) -> bool:
    """Whether somebody outside is called: by what the phone dialled if that is a number, else by what Dial calls."""
    if _is_ours(row) and row.dst.lstrip("+").isdigit():
        return not is_domestic(row.dst.encode())
    return _OUTSIDE.fullmatch(row.given(0)) is not None


def _number_outside(call: CdrCall) -> str:
    """Who is on the line from outside: whoever calls, unless one of the company's own phones does."""
    first = next((row for row in call.own if row.application == "Dial"), call.own[0])
    return first.dst if _is_ours(first) and _is_outside(first) else call.own[0].src


def _span(rows: Sequence[CdrRow]) -> int:
    """Give how long somebody waited over these rows, in seconds: a caller from the start, a line from its answer on."""
    first, last = rows[0], rows[-1]
    if first is last and first.answer is not None:
        return first.billsec
    return max(0, second(last.start) - second(first.start)) + last.duration
