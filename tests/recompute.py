"""The six projections once more, in plain Python and without a line of SQL: what every other way is measured against.

Written from the questions, not from the SQL files, and sharing nothing with them but the decoded events.
"""

import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from events.agents import AgentStateEntered, AgentStateLasted
from events.calls import CallEnded, CallRestated
from events.codec import Decoded, UnreadableError, decode
from events.deals import DealAmended, DealWon
from events.envelope import Envelope
from events.event import Event
from projections.cells import Boards, Key, Values

Added = Iterator[tuple[str, Key, tuple[int, ...]]]
"""What an event adds: the projection, the cell's key and the numbers."""


def recompute(decoded: Iterable[Decoded]) -> Boards:
    """Compute the cells of every projection from the records that count, in the order of the log."""
    boards: Boards = {}
    for record in decoded:
        for weight, event in _unfolded(record.event):
            for name, key, numbers in _added(event):
                _add(boards, name, key, tuple(weight * number for number in numbers))
            if isinstance(event, AgentStateEntered):
                _enter(boards, record.envelope, event)
    return boards


def recompute_log(raw: Iterable[bytes]) -> Boards:
    """Compute the cells from the raw records of one partition of the log, in its order."""
    return recompute(_counted(raw))


def recompute_logs(partitions: Iterable[Iterable[bytes]]) -> Boards:
    """Compute the cells from several partitions, each in its own order; their records do not know of each other."""
    return recompute(record for raw in partitions for record in _counted(raw))


def _counted(raw: Iterable[bytes]) -> Iterator[Decoded]:
    """Apply the law: of facts the first with an id on a day, of decisions the next versions whose conditions hold."""
    ids: set[object] = set()
    heads: dict[str, int] = {}
    for value in raw:
        try:
            record = decode(value)
        except UnreadableError:
            continue
        envelope = record.envelope
        if envelope.stream is None:
            told = envelope.day, envelope.id
            if told not in ids:
                ids.add(told)
                yield record
            continue
        version = heads.get(envelope.stream, 0) + 1
        if envelope.streamversion == version and _holds(envelope, heads):
            heads[envelope.stream] = version
            yield record


def _holds(envelope: Envelope, heads: dict[str, int]) -> bool:
    for condition in (envelope.expects or "").split():
        stream, version = condition.rsplit("@", 1)
        if heads.get(stream, 0) != int(version):
            return False
    return True


def _unfolded(event: Event | None) -> Iterator[tuple[int, Event]]:
    if isinstance(event, CallRestated | DealAmended):
        yield -1, event.was
        yield 1, event.now
    elif event is not None:
        yield 1, event


def _added(event: Event) -> Added:
    if isinstance(event, CallEnded):
        yield from _queue_interval(event)
        yield from _queue_handle(event)
        yield from _rep_calls(event)
    elif isinstance(event, DealWon):
        yield from _rep_wins(event)
    elif isinstance(event, AgentStateLasted):
        key = event.rep, _quarter(event.began_at), event.state, event.reason
        yield "agent_interval", key, (event.seconds, 1)


def _queue_interval(call: CallEnded) -> Added:
    if call.queue is None:
        return
    clocks = {"enqueue": call.enqueued_at, "answer": call.answered_at, "end": call.ended_at}
    for clock, moment in clocks.items():
        if moment is not None:
            answered = 0 if call.answered_at is None else 1
            key = call.queue, _quarter(moment), clock, call.outcome, answered, _wait_edge(call.wait_seconds)
            yield "queue_interval", key, (1, call.wait_seconds)


def _wait_edge(seconds: int) -> int:
    """Find the bucket: its greatest wait."""
    width = 1 if seconds <= 60 else 5 if seconds <= 300 else 60
    return -(-seconds // width) * width


def _queue_handle(call: CallEnded) -> Added:
    if call.queue is not None and call.answered_at is not None:
        handle = call.talk_seconds + call.wrap_seconds
        key = call.queue, _quarter(call.ended_at), math.floor(10 * math.log(1 + handle))
        yield "queue_handle", key, (1, call.talk_seconds, call.hold_seconds, call.wrap_seconds, handle)


def _rep_calls(call: CallEnded) -> Added:
    if call.rep is None:
        return
    numbers = (
        1,
        int(call.answered_at is not None),
        int(call.direction == "outbound"),
        int(call.outcome.startswith("transferred_")),
        call.ring_seconds,
        call.talk_seconds,
        call.hold_seconds,
        call.wrap_seconds,
    )
    yield "rep_day", (call.rep, str(call.day), None), (*numbers, 0, 0, 0)
    yield "rep_month", (call.rep, str(call.day)[:7], None), (*numbers, 0, 0, 0)


def _rep_wins(deal: DealWon) -> Added:
    for credit in deal.credits:
        new = credit.amount_minor if deal.novelty == "new" else 0
        numbers = (0,) * 8 + (1, credit.amount_minor, new)
        yield "rep_day", (credit.rep, str(deal.day), deal.currency), numbers
        yield "rep_month", (credit.rep, str(deal.day)[:7], deal.currency), numbers


def _add(boards: Boards, name: str, key: Key, numbers: tuple[int, ...]) -> None:
    cells = boards.setdefault(name, {})
    known = (value for value in cells.get(key, (0,) * len(numbers)) if isinstance(value, int))
    cells[key] = tuple(value + number for value, number in zip(known, numbers, strict=True))


def _enter(boards: Boards, envelope: Envelope, event: AgentStateEntered) -> None:
    """Keep the latest state: by time, then the source's sequence, then the id."""
    since = _written(event.occurred_at)
    order = f"{since} {envelope.sequence or ''} {envelope.id}"
    cells = boards.setdefault("agent_now", {})
    entered: Values = ((order, event.state), (order, event.reason), (order, since))
    known = cells.get((event.rep,))
    if known is None or order > str(known[0][0] if isinstance(known[0], tuple) else ""):
        cells[event.rep,] = entered


def _quarter(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    start = utc - timedelta(minutes=utc.minute % 15, seconds=utc.second, microseconds=utc.microsecond)
    return start.isoformat().replace("+00:00", "Z")


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
