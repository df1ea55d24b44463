"""Totals: what all contenders must agree on, and plain Python's own account of what they are.

The account is made from the events before they are written as JSON; it shares nothing with the folds of the peers.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256

from events.calls import CallEnded

Totals = dict[str, tuple[int, ...]]
"""By table and key, joined by `|`, the sums: as `folds.contributions` names them."""


def digest(totals: Mapping[str, tuple[int, ...]]) -> str:
    """Fingerprint totals, whatever their order."""
    lines = (f"{key}={','.join(map(str, values))}\n" for key, values in sorted(totals.items()))
    return sha256("".join(lines).encode()).hexdigest()


def add(totals: Totals, key: str, values: Iterable[int]) -> None:
    """Add what an event, or another account, says of one key."""
    known = totals.get(key)
    added = tuple(values)
    totals[key] = added if known is None else tuple(map(int.__add__, known, added))


def count(totals: Totals, call: CallEnded) -> None:
    """Count one call that is told for the first time."""
    answered = 0 if call.answered_at is None else 1
    if call.rep is not None:
        seconds = call.ring_seconds, call.talk_seconds, call.hold_seconds, call.wrap_seconds
        kinds = int(call.direction == "outbound"), int(call.outcome.startswith("transferred_"))
        add(totals, f"rep_day|{call.rep}|{call.day}", (1, answered, *kinds, *seconds))
    if call.queue is not None:
        for clock, at in (("enqueue", call.enqueued_at), ("answer", call.answered_at), ("end", call.ended_at)):
            if at is not None:
                key = call.queue, _quarter(at), clock, call.outcome, str(answered), str(_edge(call.wait_seconds))
                add(totals, "queue_interval|" + "|".join(key), (1, call.wait_seconds))
    live = int(call.answered_by == "live")
    add(totals, f"tactic_day|{call.tactic}|{call.day}", (1, answered, call.talk_seconds, live))


def _quarter(at: datetime) -> str:
    return at.replace(minute=at.minute // 15 * 15).strftime("%Y-%m-%dT%H:%M")


def _edge(seconds: int) -> int:
    width = 1 if seconds <= 60 else 5 if seconds <= 300 else 60
    return -(-seconds // width) * width
