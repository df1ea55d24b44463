"""Events of a small call centre, and their records as a log holds them: what many tests are given."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from events.agents import AgentStateEntered, AgentStateLasted
from events.calls import CallAnswered, CallEnded, CallFact, CallOffered, CallRestated
from events.codec import Decoded, decode, encode
from events.deals import Credit, DealAmended, DealRefunded, DealWon
from events.event import Event
from events.feeds import FeedBeat, FeedCaughtUp, FeedGapClosed, FeedGapFound
from events.goals import PeriodRelief, PeriodTarget, QuotaAmended, QuotaAssigned, QuotaRelieved, QuotaWithdrawn
from events.ids import fact_id, restatement_id
from projections.fold import Counted
from services.history.judging import LogRecord
from tests.events.examples.dates import TODAY, at
from tests.events.examples.record import decision, fact

PBX = "/asterisk/pbx1"
ANNA, BORIS = "anna", "boris"
SALES, SUPPORT = "sales", "support"
CALLS, AGENTS, FEEDS, DECISIONS = "kvota.calls", "kvota.agents", "kvota.feeds", "kvota.decisions"
NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)


def answered(wait: int = 10, talk: int = 60, joined: datetime = at(9), **changes: Any) -> CallEnded:  # noqa: ANN401  # fields
    """Give a call that Anna answered after `wait` seconds."""
    picked_up = joined + timedelta(seconds=wait)
    hung_up = picked_up + timedelta(seconds=talk)
    fields: dict[str, Any] = {"rep": ANNA, "outcome": "answered", "answered_at": picked_up, "talk_seconds": talk}
    return _call(joined, hung_up, wait, fields | changes)


def abandoned(wait: int = 10, joined: datetime = at(9), **changes: Any) -> CallEnded:  # noqa: ANN401  # fields
    """Give a call whose caller left after `wait` seconds, answered by nobody."""
    return _call(joined, joined + timedelta(seconds=wait), wait, {"outcome": "abandoned"} | changes)


def _call(joined: datetime, hung_up: datetime, wait: int, fields: dict[str, Any]) -> CallEnded:
    usual: dict[str, Any] = {
        "occurred_at": hung_up,
        "day": TODAY,
        "call": "c",
        "direction": "inbound",
        "queue": SALES,
        "wait_seconds": wait,
        "enqueued_at": joined,
        "ended_at": hung_up,
    }
    return CallEnded(**usual | fields)


def offered(joined: datetime = at(9), **changes: Any) -> CallOffered:  # noqa: ANN401  # fields
    """Give the moment at which a caller joins a queue."""
    usual: dict[str, Any] = {"occurred_at": joined, "day": TODAY, "call": "c", "queue": SALES, "position": 1}
    return CallOffered(**usual | changes)


def picked_up(wait: int = 10, joined: datetime = at(9), **changes: Any) -> CallAnswered:  # noqa: ANN401  # fields
    """Give the moment at which Anna answers a caller who joined the queue `wait` seconds ago."""
    usual: dict[str, Any] = {
        "occurred_at": joined + timedelta(seconds=wait),
        "day": TODAY,
        "call": "c",
        "queue": SALES,
        "rep": ANNA,
        "wait_seconds": wait,
        "ring_seconds": 0,
        "enqueued_at": joined,
    }
    return CallAnswered(**usual | changes)


def restated(was: CallFact, now: CallFact, number: int = 1, revision: int = 1) -> CallRestated:
    """Give the correction of the call with this number."""
    when: dict[str, Any] = {"occurred_at": at(18), "day": was.day}
    return CallRestated(**when, of=call_id(number), revision=revision, reason="CDR", was=was, now=now)


def won(amount: int = 1_000, deal: str = "d1", **changes: Any) -> DealWon:  # noqa: ANN401  # fields
    """Give a sale of Anna's to a new customer."""
    usual: dict[str, Any] = {
        "occurred_at": at(12),
        "day": TODAY,
        "deal": deal,
        "customer": "x",
        "amount_minor": amount,
        "currency": "RUB",
        "credits": (Credit(rep=ANNA, share_bp=10_000, amount_minor=amount),),
        "novelty": "new",
    }
    return DealWon(**usual | changes)


def refunded(amount: int = 100, deal: str = "d1", **changes: Any) -> DealRefunded:  # noqa: ANN401  # fields
    """Give what goes back of a sale of Anna's."""
    usual: dict[str, Any] = {
        "occurred_at": at(15),
        "day": TODAY,
        "deal": deal,
        "customer": "x",
        "amount_minor": amount,
        "currency": "RUB",
        "credits": (Credit(rep=ANNA, share_bp=10_000, amount_minor=amount),),
        "sale": call_id(1),
        "novelty": "new",
        "reason": "defect",
    }
    return DealRefunded(**usual | changes)


def amended(was: DealWon, now: DealWon) -> DealAmended:
    """Give the correction of a sale, by decision."""
    return DealAmended(occurred_at=at(13), day=was.day, deal=was.deal, reason="contract", was=was, now=now)


def period(target: int, starts_on: date = NOVEMBER, ends_on: date = DECEMBER) -> PeriodTarget:
    """Give what is asked for in a month, as it is called."""
    return PeriodTarget(period=f"{starts_on:%Y-%m}", starts_on=starts_on, ends_on=ends_on, target=target)


def assigned(*periods: PeriodTarget, holder: str = ANNA, **changes: Any) -> QuotaAssigned:  # noqa: ANN401  # fields
    """Give a quota of revenue, Anna's of a thousand for November without more."""
    parts = periods or (period(1_000),)
    total = sum(part.target for part in parts)
    usual: dict[str, Any] = {
        "occurred_at": at(6),
        "day": TODAY,
        "quota": f"quota-{holder}",
        "holder": holder,
        "holder_kind": "rep",
        "measure": "revenue",
        "currency": "RUB",
        "target": total,
        "full_target": total,
        "periods": parts,
        "starts_on": parts[0].starts_on,
        "ends_on": parts[-1].ends_on,
    }
    return QuotaAssigned(**usual | changes)


def quota_amended(was: QuotaAssigned, now: QuotaAssigned) -> QuotaAmended:
    """Give the correction of a quota, by decision."""
    return QuotaAmended(occurred_at=at(7), day=was.day, quota=was.quota, reason="contract", was=was, now=now)


def relieved(amount: int, quota: QuotaAssigned, month: str = "2026-11") -> QuotaRelieved:
    """Give what is let go of a quota for one month."""
    reliefs = (PeriodRelief(period=month, relieved=amount),)
    return QuotaRelieved(**_of(quota), reliefs=reliefs, reason="vacation")


def unfoldable(holder: str = ANNA) -> QuotaRelieved:
    """Give an event that every reader takes, and whose sum no cell can hold: more than 63 bits."""
    reliefs = (PeriodRelief(period="2026-11", relieved=2**53 - 1),) * 1_025
    return QuotaRelieved(**_of(assigned(holder=holder)), reliefs=reliefs, reason="vacation")


def overlong(days: int = 11_000) -> QuotaAssigned:
    """Give an event that every reader takes, and whose cells no tick can hold: thirty years of quotas by the day."""
    starts = [NOVEMBER + timedelta(days=day) for day in range(days)]
    parts = [period(1, start, start + timedelta(days=1)) for start in starts]
    return assigned(*parts, holder="Я" * 200, quota="by-the-day")


def withdrawn(part: PeriodTarget, quota: QuotaAssigned) -> QuotaWithdrawn:
    """Give what is no longer asked for of a quota."""
    return QuotaWithdrawn(**_of(quota), periods=(part,), reason="left")


def _of(quota: QuotaAssigned) -> dict[str, Any]:
    names = ("quota", "holder", "holder_kind", "measure", "skill", "currency")
    return {"occurred_at": at(8), "day": quota.day} | {name: getattr(quota, name) for name in names}


def beat(when: datetime = at(9), feed: str = PBX, **changes: Any) -> FeedBeat:  # noqa: ANN401  # fields
    """Give a sign of life of a feed, by the clock of its source."""
    usual: dict[str, Any] = {"occurred_at": when, "day": TODAY, "feed": feed, "position": "1", "received": 1}
    return FeedBeat(**usual | changes)


def delivered(when: datetime = at(9), feed: str = "aircall/webhooks", **changes: Any) -> FeedBeat:  # noqa: ANN401  # fields
    """Give a sign of life of a feed that is told things, by our clock."""
    return beat(when, feed, **{"paced_by": "deliveries"} | changes)


def gap(ends: datetime = at(9), seconds: int = 40, **changes: Any) -> FeedGapFound:  # noqa: ANN401  # fields
    """Give a gap of so many seconds, of which nobody knows how large it is."""
    starts = ends - timedelta(seconds=seconds)
    usual: dict[str, Any] = {
        "occurred_at": ends,
        "day": TODAY,
        "feed": PBX,
        "after": starts.isoformat(),
        "before": ends.isoformat(),
        "reason": "nobody listened",
        "starts_at": starts,
        "ends_at": ends,
    }
    return FeedGapFound(**usual | changes)


def closed(found: FeedGapFound, number: int = 1, **changes: Any) -> FeedGapClosed:  # noqa: ANN401  # fields
    """Give that a gap, the fact with this number, was closed when it was found."""
    usual: dict[str, Any] = {
        "occurred_at": found.occurred_at,
        "day": found.day,
        "feed": found.feed,
        "gap": fact_id(PBX, "call/c", "", found.type, number),
        "found_on": found.day,
        "missing": found.missing,
        "read": "queue_log",
    }
    return FeedGapClosed(**usual | changes)


def caught_up(starts: datetime = at(8), ends: datetime = at(10), **changes: Any) -> FeedCaughtUp:  # noqa: ANN401  # fields
    """Give that the queue_log has been read of all of an interval."""
    usual: dict[str, Any] = {
        "occurred_at": ends,
        "day": TODAY,
        "feed": "asterisk/pbx1/queue_log",
        "starts_at": starts,
        "ends_at": ends,
        "received": 100,
        "appended": 30,
        "parked": 2,
    }
    return FeedCaughtUp(**usual | changes)


def entered(state: Any, when: datetime = at(9), rep: str = ANNA, **changes: Any) -> AgentStateEntered:  # noqa: ANN401  # fields
    """Give the moment at which an agent begins to do something else."""
    return AgentStateEntered(occurred_at=when, day=TODAY, rep=rep, state=state, **changes)


def lasted(state: Any, seconds: int, began: datetime = at(9), **changes: Any) -> AgentStateLasted:  # noqa: ANN401  # fields
    """Give a piece of a state of Anna's."""
    usual: dict[str, Any] = {"occurred_at": began + timedelta(seconds=seconds), "day": TODAY, "rep": ANNA}
    return AgentStateLasted(state=state, began_at=began, seconds=seconds, **usual | changes)


def call_id(number: int) -> Any:  # noqa: ANN401  # a UUID, as pydantic wants it
    """Give the id of the record of the call with this number."""
    return fact_id(PBX, "call/c", "", "call.ended", number)


def raw(event: Event, number: int = 1) -> bytes:
    """Write a fact as the log holds it; `number` tells it from others of its type."""
    if isinstance(event, CallRestated):
        identity = restatement_id(event.of, event.revision)
        return encode(fact(event, PBX, "call/c", number, identity=identity).envelope)
    return encode(fact(event, PBX, "call/c", number).envelope)


def decided(event: Event, stream: str, version: int, **expects: int) -> bytes:
    """Write a decision as the log holds it."""
    return encode(decision(event, stream, version, by="rep-1", expects=expects).envelope)


def facts(*events: Event) -> list[Decoded]:
    """Give the records of some events, all different, as they are decoded."""
    return [decode(raw(event, number)) for number, event in enumerate(events, start=1)]


def counted(*events: Event) -> list[Counted]:
    """Give the records of some events, all of which count."""
    return [Counted(record) for record in facts(*events)]


def lying(
    values: Sequence[bytes | None], topic: str = CALLS, partition: int = 0, *, start: int = 0, since: datetime = at(9)
) -> list[LogRecord]:
    """Lay values into a partition of the log, one a second."""
    begin = int(since.timestamp() * 1000)
    return [
        LogRecord(topic, partition, start + place, begin + 1_000 * place, value) for place, value in enumerate(values)
    ]
