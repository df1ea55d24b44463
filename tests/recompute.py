"""The projections once more, in plain Python and without a line of SQL: what every other way is measured against.

Written from the questions, not from the SQL files, and sharing nothing with them but the decoded events.
"""

import math
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from events.agents import AgentRestated, AgentStateEntered, AgentStateLasted
from events.calls import CallAnswered, CallEnded, CallOffered, CallRestated
from events.codec import Decoded, UnreadableError, decode
from events.deals import DealAmended, DealRefunded, DealWon
from events.envelope import Envelope
from events.event import Event
from events.feeds import FeedBeat, FeedCaughtUp, FeedEvent, FeedGapClosed, FeedGapFound
from events.goals import QuotaAmended, QuotaAssigned, QuotaRelieved, QuotaWithdrawn
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
            if isinstance(event, FeedBeat) and event.paced_by is None:
                _beat(boards, event)
            if isinstance(event, FeedEvent):
                _complete(boards, event)
    return boards


def recompute_log(raw: Iterable[bytes]) -> Boards:
    """Compute the cells from the raw records of one partition of the log, in its order."""
    return recompute(_counted(raw))


def recompute_logs(partitions: Iterable[Iterable[bytes]]) -> Boards:
    """Compute the cells from several partitions, each in its own order; their records do not know of each other."""
    return recompute(record for raw in partitions for record in _counted(raw))


def come_to(partitions: Iterable[Iterable[bytes]]) -> date | None:
    """The latest business day of the records that count, where none is of a day after that on which the log took it."""
    return max((record.envelope.day for raw in partitions for record in _counted(raw)), default=None)


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
    if isinstance(event, AgentRestated | CallRestated | DealAmended | QuotaAmended):
        yield -1, event.was
        yield 1, event.now
    elif event is not None:
        yield 1, event


def _added(event: Event) -> Added:
    match event:
        case CallEnded():
            yield from _queue_interval(event)
            yield from _queue_handle(event)
            yield from _rep_calls(event)
            yield from _left_waiting(event)
        case CallOffered():
            yield "queue_waiting", (event.queue, event.call), (1, _ms(event.occurred_at))
        case CallAnswered():
            yield from _left_for_rep(event)
        case DealWon():
            yield from _rep_wins(event)
            yield from _deal_won(event)
        case DealRefunded():
            yield from _refund(event)
        case QuotaAssigned() | QuotaWithdrawn() | QuotaRelieved():
            yield from _quota(event)
        case AgentStateLasted():
            key = event.rep, _quarter(event.began_at), event.state, event.reason, event.queue
            yield "agent_interval", key, (event.seconds, 1)
        case _:
            return


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
    yield "rep_day", (call.rep, str(call.day), None), (*numbers, 0, 0, 0, 0, 0)
    yield "rep_month", (call.rep, str(call.day)[:7], None), (*numbers, 0, 0, 0, 0, 0)


def _rep_wins(deal: DealWon) -> Added:
    for credit in deal.credits:
        new = credit.amount_minor if deal.novelty == "new" else 0
        numbers = (0,) * 8 + (1, credit.amount_minor, new, 0, 0)
        yield "rep_day", (credit.rep, str(deal.day), deal.currency), numbers
        yield "rep_month", (credit.rep, str(deal.day)[:7], deal.currency), numbers


def _deal_won(deal: DealWon) -> Added:
    yield "deal_day", (deal.deal, str(deal.day), deal.currency), (deal.amount_minor, 1, 0)
    won_at = deal.occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    yield "deal_ticker", (deal.deal, won_at, deal.currency), (deal.amount_minor, 1)
    for credit in deal.credits:
        yield "deal_credit", (deal.deal, credit.rep, str(deal.day), deal.currency), (credit.amount_minor, 1, 0)


def _refund(refund: DealRefunded) -> Added:
    day, currency = str(refund.day), refund.currency
    yield "deal_day", (refund.deal, day, currency), (0, 0, refund.amount_minor)
    for credit in refund.credits:
        numbers = (0,) * 11 + (1, credit.amount_minor)
        yield "rep_day", (credit.rep, day, currency), numbers
        yield "rep_month", (credit.rep, day[:7], currency), numbers
        yield "deal_credit", (refund.deal, credit.rep, day, currency), (0, 0, credit.amount_minor)


def _quota(event: QuotaAssigned | QuotaWithdrawn | QuotaRelieved) -> Added:
    if isinstance(event, QuotaRelieved):
        for relief in event.reliefs:
            key = event.holder, event.measure, event.skill, relief.period, None, None, event.currency
            yield "quota", key, (0, relief.relieved)
        return
    sign = 1 if isinstance(event, QuotaAssigned) else -1
    for part in event.periods:
        days = str(part.starts_on), str(part.ends_on)
        yield (
            "quota",
            (event.holder, event.measure, event.skill, part.period, *days, event.currency),
            (sign * part.target, 0),
        )


def _left_for_rep(call: CallAnswered) -> Added:
    if call.queue is not None:
        joined = call.enqueued_at or call.occurred_at - timedelta(seconds=call.wait_seconds)
        yield "queue_waiting", (call.queue, call.call), (-1, -_ms(joined))


def _left_waiting(call: CallEnded) -> Added:
    if call.queue is not None and call.enqueued_at is not None and call.answered_at is None:
        yield "queue_waiting", (call.queue, call.call), (-1, -_ms(call.enqueued_at))


def _ms(moment: datetime) -> int:
    """Give the nearest millisecond; a half goes up."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=500)) // timedelta(milliseconds=1)


def _add(boards: Boards, name: str, key: Key, numbers: tuple[int, ...]) -> None:
    cells = boards.setdefault(name, {})
    known = (value for value in cells.get(key, (0,) * len(numbers)) if isinstance(value, int))
    cells[key] = tuple(value + number for value, number in zip(known, numbers, strict=True))


def _enter(boards: Boards, envelope: Envelope, event: AgentStateEntered) -> None:
    """Keep the latest state: by time, then the source's sequence, then the id."""
    since = _written(event.occurred_at)
    order = f"{since} {envelope.sequence or ''} {envelope.id}"
    cells = boards.setdefault("agent_now", {})
    told = event.state, event.reason, event.queue, since
    entered: Values = tuple((order, value) for value in told)
    known = cells.get((event.rep,))
    if known is None or order > str(known[0][0] if isinstance(known[0], tuple) else ""):
        cells[event.rep,] = entered


def _beat(boards: Boards, event: FeedBeat) -> None:
    """Keep the latest moment of the source's clock."""
    cells = boards.setdefault("feed_now", {})
    [known] = cells.get((event.feed,), (0,))
    cells[event.feed,] = (max(int(known) if isinstance(known, int) else 0, _ms(event.occurred_at)),)


SUMS = (
    "readings",
    "received",
    "appended",
    "parked",
    "gaps",
    "missing",
    "unknown",
    "gaps_closed",
    "missing_closed",
    "unknown_closed",
    "beats",
)
"""What a cell of `completeness` adds up; then come the latest beat of either kind, and how far a clock is ahead."""


def _complete(boards: Boards, event: FeedEvent) -> None:
    """Keep account of what a feed says of its own completeness."""
    counts = dict.fromkeys(SUMS, 0)
    latest: tuple[int | None, int | None, int | None] = (None, None, None)
    day = event.day
    match event:
        case FeedCaughtUp():
            counts |= {"readings": 1, "received": event.received, "appended": event.appended, "parked": event.parked}
        case FeedGapFound():
            counts |= {"gaps": 1, "missing": event.missing or 0, "unknown": int(event.missing is None)}
        case FeedGapClosed():
            day = event.found_on
            unknown = int(event.missing is None)
            counts |= {"gaps_closed": 1, "missing_closed": event.missing or 0, "unknown_closed": unknown}
        case FeedBeat():
            counts |= {"beats": 1, "parked": event.parked or 0}
            moment = _ms(event.occurred_at)
            by_clock = event.paced_by is None
            latest = (moment if by_clock else None, None if by_clock else moment, event.ahead_ms)
    cells = boards.setdefault("completeness", {})
    known = cells.get((event.feed, day.isoformat()), (*(0,) * len(SUMS), None, None, None))
    sums = [int(old) + new for old, new in zip(known, counts.values(), strict=False) if isinstance(old, int)]
    newest = [_later(old, new) for old, new in zip(known[len(SUMS) :], latest, strict=True)]
    cells[event.feed, day.isoformat()] = (*sums, *newest)


def _later(old: object, new: int | None) -> int | None:
    return max((value for value in (old, new) if isinstance(value, int)), default=None)


def _quarter(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    start = utc - timedelta(minutes=utc.minute % 15, seconds=utc.second, microseconds=utc.microsecond)
    return start.isoformat().replace("+00:00", "Z")


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
