"""The calls that every contender folds: seeded, as an afternoon's phone system tells them, one in two hundred twice."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from events.calls import CallEnded, Outcome
from events.codec import event_data, event_schema
from events.envelope import Envelope
from events.ids import fact_id

SOURCE = "/pbx1"
_FIRST_DAY = date(2026, 11, 20)
_OPENS_AT = timedelta(hours=6)
_OPEN_S = 10 * 3600
_TACTICS = ("cold", "warm", "renewal", "upsell", "service", "winback")
_REPEATED = 0.005
_REPEATED_WITHIN = 2_000


@dataclass(frozen=True, slots=True)
class Size:
    """How large the floor is, and into how many partitions its calls go."""

    name: str
    reps: int
    queues: int
    partitions: int


SIZES = {size.name: size for size in (Size("small", 500, 20, 4), Size("large", 10_000, 200, 12))}


@dataclass(frozen=True, slots=True)
class Told:
    """One record: the event, and whether it was told before."""

    event: CallEnded
    envelope: Envelope
    again: bool = False


def day_of(number: int) -> date:
    """The date of a day."""
    return _FIRST_DAY + timedelta(days=number)


def told_on(size: Size, day: int, records: int) -> Iterator[Told]:
    """Tell a day, in the order of the log: so many records, repetitions included; the same for the same arguments."""
    chance = random.Random(f"{size.name}/{day}")
    waiting: dict[int, Told] = {}
    for number in range(records):
        again = waiting.pop(number, None)
        if again is not None:
            yield again
            continue
        told = _told(chance, size, day, number, records)
        yield told
        later = number + chance.randint(1, _REPEATED_WITHIN)
        if chance.random() < _REPEATED:
            waiting[later] = Told(told.event, told.envelope, again=True)


def _told(chance: random.Random, size: Size, number_of_day: int, number: int, records: int) -> Told:
    day = day_of(number_of_day)
    ended = datetime(day.year, day.month, day.day, tzinfo=UTC) + _OPENS_AT
    ended += timedelta(seconds=number * _OPEN_S // records)
    event = _call(chance, size, day, ended, f"{int(ended.timestamp())}.{number}")
    envelope = Envelope(
        specversion="1.0",
        id=fact_id(SOURCE, event.call, event.queue or "", event.type, 1),
        source=SOURCE,
        type=event.type,
        time=event.occurred_at,
        day=event.day,
        data=event_data(event),
        dataschema=event_schema(event),
        subject=f"call/{event.call}",
    )
    return Told(event, envelope)


def _call(chance: random.Random, size: Size, day: date, ended: datetime, call: str) -> CallEnded:
    inbound = chance.random() < 0.8
    answered = chance.random() < (0.9 if inbound else 0.5)
    wait = min(int(chance.expovariate(1 / 20)), 600)
    talk = int(chance.expovariate(1 / 180)) if answered else 0
    joined = ended - timedelta(seconds=talk + wait)
    return CallEnded(
        occurred_at=ended,
        day=day,
        call=call,
        direction="inbound" if inbound else "outbound",
        outcome=_outcome(chance, inbound=inbound, answered=answered),
        queue=f"queue-{chance.randrange(size.queues)}" if inbound else None,
        rep=f"rep-{chance.randrange(size.reps)}" if answered or not inbound else None,
        tactic=chance.choice(_TACTICS),
        wait_seconds=wait,
        ring_seconds=min(wait, 6) if answered else 0,
        talk_seconds=talk,
        hold_seconds=talk // 10 if chance.random() < 0.2 else 0,
        wrap_seconds=15 if answered else 0,
        answered_by=chance.choice(("live", "machine")) if answered and not inbound else None,
        enqueued_at=joined if inbound else None,
        answered_at=joined + timedelta(seconds=wait) if answered else None,
        ended_at=ended,
    )


def _outcome(chance: random.Random, *, inbound: bool, answered: bool) -> Outcome:
    if not answered:
        return "abandoned" if inbound else "no_answer"
    return "transferred_blind" if chance.random() < 0.05 else "answered"
