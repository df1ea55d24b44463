"""A day of calls, states and sales, told as badly as the world tells it."""

import random
from collections.abc import Iterator
from datetime import timedelta

from events.event import Event
from services.runtime.shards import Source
from tests.events.examples.dates import at
from tests.projector.workers import SHARDS
from tests.telling import ANNA, abandoned, answered, decided, entered, lasted, raw, restated, won

CALLS, AGENTS = "kvota.calls", "kvota.agents"
DECISIONS: Source = ("kvota.decisions", 0)


def a_busy_day(seed: int, count: int) -> Iterator[tuple[Source, bytes]]:
    """Tell calls, states and sales: one in ten twice, one in twenty restated, in an order that no clock would give."""
    chance = random.Random(seed)
    version = 0
    for number in range(count):
        partition = chance.randrange(SHARDS.partitions)
        told = _one(chance, number)
        copies = 2 if chance.random() < 0.1 else 1
        source = (AGENTS if told.model_dump()["type"].startswith("agent") else CALLS, partition)
        yield from [(source, raw(told, number))] * copies
        if number % 20 == 0:
            version += 1
            yield DECISIONS, decided(won(chance.randrange(10**6), deal="d1"), "deal/d1", version)
            yield DECISIONS, decided(won(7, deal="d1"), "deal/d1", version)  # came second: does not count


def _one(chance: random.Random, number: int) -> Event:
    joined = at(9) + timedelta(seconds=chance.randrange(8 * 3600))
    rep = chance.choice([ANNA, "boris", "Ирина Петрова"])
    kinds = number % 5
    if kinds == 0:
        return abandoned(chance.randrange(90), joined=joined)
    if kinds == 1:
        return lasted(chance.choice(["talking", "paused"]), chance.randrange(900), rep=rep)
    if kinds == 2:
        return entered(chance.choice(["ready", "talking"]), joined, rep)
    call = answered(chance.randrange(90), chance.randrange(600), joined=joined, rep=rep)
    return restated(call, answered(3, 4, joined=joined, rep=rep), number) if number % 20 == 3 else call
