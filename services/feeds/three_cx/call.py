"""What a row comes to: how a call, or its stay in a queue, ended. Pure."""

from events.calls import CallEnded, Direction, Outcome
from services.feeds.facts import Teller, instant, second
from services.feeds.three_cx.row import CdrRow
from services.feeds.webhooks.seen import HungUpBy

_BY_CALLER = frozenset({"terminatedbysrc", "srcparticipantterminated", "cancelled", "failedcancelled"})
_BY_CALLED = frozenset({"terminatedbydst", "dstparticipantterminated"})
_BUSY = frozenset({"busy", "targetbusy", "routebusy", "linebusy", "sourcelinebusy", "declined", "rejected"})
_NO_ANSWER = frozenset({"noanswer", "noanswertimeout", "timeout"}) | _BY_CALLER | _BY_CALLED
_TRANSFERS = ("replaced", "xfer", "transfer", "join")
"""Parts of the reasons for which somebody who talks is replaced by another."""
_BLIND = ("xfer", "transfer")
_FORWARDS = ("fwd", "forward", "divert", "redirect")
"""Parts of the reasons for which a call goes on to another that was not answered where it was."""
_TALKED: frozenset[Outcome] = frozenset({"answered", "diverted", "transferred_blind", "transferred_attended"})


def ended(row: CdrRow, teller: Teller) -> CallEnded | None:
    """Say how it ended; None for a leg that the phone system began itself: the call that it is of has its own row."""
    direction = _direction(row)
    if direction is None:
        return None
    outcome = _outcome(row, direction)
    times, talked = row.times, outcome in _TALKED
    picked_up = times.answered if talked else None
    queue = _queue(row, outcome)
    return CallEnded(
        **teller.when(times.end),
        call=row.call,
        direction=direction,
        outcome=outcome,
        queue=queue,
        rep=_agent(row, direction, outcome),
        wait_seconds=second(times.end if picked_up is None else picked_up) - second(times.start),
        talk_seconds=_talk(row) if picked_up is not None else 0,
        enqueued_at=instant(times.start) if row.called.kind == "queue" and queue is not None else None,
        answered_at=None if picked_up is None else instant(picked_up),
        ended_at=instant(times.end),
        transfers=1 if _is_transfer(outcome) else 0,
        transferred_to=row.last.name if _is_transfer(outcome) else None,
        hung_up_by=_hung_up_by(row, direction, outcome),
    )


def _direction(row: CdrRow) -> Direction | None:
    match row.caller.kind:
        case "outside":
            return "inbound"
        case "extension":
            return "outbound" if row.called.kind == "outside" else "internal"
        case _:
            return None


def _outcome(row: CdrRow, direction: Direction) -> Outcome:
    if row.last.kind == "voicemail":
        return "voicemail"
    if row.times.answered is None:
        return _unanswered(row, direction)
    if row.last != row.called and row.called.kind in {"extension", "outside"} and _is_for(row.changed, _TRANSFERS):
        return "transferred_blind" if _is_for(row.changed, _BLIND) else "transferred_attended"
    return _answered(row, direction)


def _answered(row: CdrRow, direction: Direction) -> Outcome:
    """How a call ended whose line was answered, if only by a machine, and which nobody sent on."""
    match row.last.kind:
        case "queue":
            return _left(row)
        case "service":
            return "abandoned" if row.reason in _BY_CALLER else "closed"
        case "outside" if direction != "outbound":
            return "diverted"
        case _:
            forwarded = row.called.kind == "queue" and _is_for(row.changed, _FORWARDS)
            return "timed_out" if forwarded else "answered"


def _unanswered(row: CdrRow, direction: Direction) -> Outcome:
    if direction == "outbound":
        return "busy" if row.reason in _BUSY else "no_answer" if row.reason in _NO_ANSWER else "failed"
    if "queue" in {row.called.kind, row.last.kind}:
        return _left(row)
    if row.reason in _BY_CALLER:
        return "abandoned"
    return "busy" if row.reason in _BUSY else "no_answer" if row.reason in _NO_ANSWER else "closed"


def _left(row: CdrRow) -> Outcome:
    """How somebody left a queue in which nobody answered."""
    return "abandoned" if row.reason in _BY_CALLER else "timed_out"


def _agent(row: CdrRow, direction: Direction, outcome: Outcome) -> str | None:
    """Who answered, or made the call; of a call that was transferred, who had it first."""
    if direction == "outbound":
        return row.caller.name
    who = row.called if _is_transfer(outcome) else row.last
    return who.name if outcome in _TALKED and who.kind == "extension" else None


def _queue(row: CdrRow, outcome: Outcome) -> str | None:
    if row.called.kind == "queue":
        return row.called.name
    return row.last.name if row.last.kind == "queue" and not _is_transfer(outcome) else None


def _talk(row: CdrRow) -> int:
    times = row.times
    if times.talked is not None or times.answered is None:
        return times.talked or 0
    return second(times.end) - second(times.answered)


def _hung_up_by(row: CdrRow, direction: Direction, outcome: Outcome) -> HungUpBy | None:
    if outcome == "abandoned":
        return "customer" if direction == "inbound" else None
    if outcome != "answered" or direction == "internal":
        return None
    if row.reason in _BY_CALLER:
        return "customer" if direction == "inbound" else "rep"
    if row.reason in _BY_CALLED:
        return "rep" if direction == "inbound" else "customer"
    return None


def _is_transfer(outcome: Outcome) -> bool:
    return outcome in {"transferred_blind", "transferred_attended"}


def _is_for(changed: str, reasons: tuple[str, ...]) -> bool:
    return any(reason in changed for reason in reasons)
