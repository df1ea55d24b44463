"""The records that the projector writes: ticks, and what shortens the way to them. Pure.

A tick is one record: how far a shard was read, and what that adds. **A tick counts if and only if its `prev` is the
offset of the last tick that counts.** So cells, seen ids and progress move together or not at all, and a tick of a
worker that was paused, doubled or late changes nothing.

The cells topic shortens the way. A statement says "cell X is v as of tick o", a segment says "these ids had been seen
by tick o", and both stay true for ever. A mark says "all that a tick up to o touched or saw has been written so". Their
keys hold the epoch (the offset of the owner's opening tick), so that no late one overwrites another owner's.

What is past its horizon, or has come to zeros, is deleted there. So a mark also says how far its owner had read the
cells topic when it began: **a statement of an earlier epoch that lies at or after that offset does not count.** It was
late, and would bring back what was deleted; what it says had been told by ticks that the owner knew.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

import msgspec

from projections.cells import Cells, Key, Values, Wire
from projections.horizon import Horizon
from projections.projection import Measure, Projection

NEVER = -1
"""The offset before every tick."""

HEADS = Projection(
    name="heads",
    question="What is the version of each stream of decisions?",
    keys=("topic", "stream"),
    measures=(Measure("max_version", "max"),),
    relations=frozenset(),
    contributions_sql="",
)
"""The heads of streams ride along as cells, so that they are kept, stated and recovered as cells are."""

CLOSED = Horizon(8, "days", "day")
"""A business day that is no longer one of these is closed: no board shows it, and what comes for it is in history."""

FARTHEST_EAST = timedelta(hours=14)
"""How far the clocks of any company are ahead of UTC: no business day begins earlier."""

LATE = Projection(
    name="late",
    question="How many events came for closed days, by the day that their log had come to?",
    keys=("day",),
    measures=(Measure("events", "sum"),),
    relations=frozenset(),
    contributions_sql="",
    live=CLOSED,
)
"""What came late is counted in cells too, so that every board tells the same number."""

SEGMENT_IDS = 50_000
"""How many ids a segment holds at most: 16 bytes each, well under the size of a record."""

Days = Mapping[date, bytes]
"""Ids by day, 16 bytes each, one after the other."""

CellId = tuple[str, Key]
"""A projection's name and a cell's key."""


class Tick(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of a shard. An opening tick adds nothing: it says that a new owner begins, and by what projections."""

    prev: int
    read_from: dict[str, int] = msgspec.field(name="from", default_factory=dict)
    """By topic, the offset of the first record it read."""
    read_to: dict[str, int] = msgspec.field(name="to", default_factory=dict)
    """By topic, the offset after the last record it read."""
    appended_ms: int = 0
    """The greatest append time, in epoch milliseconds, of the records it read; 0: it read none."""
    days: dict[str, date] = msgspec.field(default_factory=dict)
    """By topic, the business day that its log has come to, where it moved on."""
    cells: dict[str, Wire] = msgspec.field(default_factory=dict)
    """What it adds, by projection."""
    seen: dict[str, dict[date, bytes]] = msgspec.field(default_factory=dict)
    """The ids first seen, by topic and day: 16 bytes each."""
    made_by: dict[str, str] = msgspec.field(default_factory=dict)
    """Of an opening tick: the digest of each projection that the owner runs."""


class Statement(msgspec.Struct, frozen=True):
    """A cell's value as of a tick."""

    tick: int
    values: Values


class Mark(msgspec.Struct, frozen=True):
    """All that a tick up to `tick` touched or saw has been written; that far the shard was read, and by what."""

    tick: int
    positions: dict[str, int]
    appended_ms: int
    made_by: dict[str, str]
    days: dict[str, date] = {}
    """By topic, the business day that its log has come to."""
    taken: int = 0
    """Where the cells topic ended when its owner had read it: what earlier owners state from there on is void."""


_ENCODER = msgspec.json.Encoder()
_TICK = msgspec.json.Decoder(Tick)
read_statement = msgspec.json.Decoder(Statement).decode
read_mark = msgspec.json.Decoder(Mark).decode
read_key = msgspec.json.Decoder(Key).decode
"""Read the key of a cell, the third part of a Kafka key."""

SEEN = b'"seen"'
"""Of what the Kafka key of a segment tells."""


def encode_tick(tick: Tick) -> bytes:
    """A tick as the bytes of its record."""
    return msgspec.json.encode(tick)


def chained(raw: bytes, prev: int) -> bytes:
    """The bytes of a tick that follows the one at `prev`, of those of the same tick that follows none."""
    return encode_tick(Tick(prev=prev))[:-1] + raw[len(_UNCHAINED) :]


def decode_tick(raw: bytes) -> Tick:
    """Read a tick; raises msgspec.DecodeError for anything else."""
    return _TICK.decode(raw)


_UNCHAINED = encode_tick(Tick(prev=NEVER))[:-1]


def wire(boards: Mapping[str, Cells]) -> dict[str, Wire]:
    """Cells as a tick carries them."""
    return {name: list(cells.items()) for name, cells in boards.items() if cells}


def read_segment_key(rest: bytes) -> tuple[str, date]:
    """The topic and day that a segment is of, from the third part of its Kafka key."""
    topic, day, *_ = msgspec.json.decode(b"[" + rest + b"]")
    return str(topic), date.fromisoformat(day)


def cell_key(epoch: int, cell: CellId) -> bytes:
    """The Kafka key of a statement."""
    return msgspec.json.encode((epoch, *cell))


def cell_keys(epoch: int, name: str, keys: Iterable[Key]) -> list[bytes]:
    """The Kafka keys of the statements of a projection's cells."""
    return _lines([(epoch, name, key) for key in keys])


def mark_key(epoch: int) -> bytes:
    """The Kafka key of an owner's mark."""
    return msgspec.json.encode((epoch,))


def segments(epoch: int, tick: int, topic: str, days: Days) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of the segments that hold these ids."""
    size = SEGMENT_IDS * 16
    for day, ids in days.items():
        for start in range(0, len(ids), size):
            yield msgspec.json.encode((epoch, "seen", topic, day, tick, start)), ids[start : start + size]


def statements(tick: int, values: Iterable[Values]) -> list[bytes]:
    """The values of cells as of a tick, as the bytes of their records."""
    return _lines([Statement(tick, each) for each in values])


def _lines(values: Sequence[object]) -> list[bytes]:
    """Each of some values as JSON, which has no line breaks of its own; one by one it would take twice as long."""
    return _ENCODER.encode_lines(values).splitlines()


def divided(key: bytes) -> list[bytes]:
    """The parts of a Kafka key of the cells topic: the epoch, of what it tells, and the rest; of a mark, the epoch.

    They are read one by one: who starts up reads millions of keys, and does not want them all.
    """
    return key[1:-1].split(b",", 2)
