"""From judged records to the ticks that say what they add. Pure but for DuckDB in memory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from projections.cells import Boards
from projections.fold import Folder
from services.projector.dating import Dated, date_records
from services.projector.judging import Judged, first_seen, heads_of
from services.runtime.ticks import HEADS, LATE, NEVER, Tick, encode_tick, wire

MAX_BYTES = 900_000
"""A tick larger than this is split. What one record adds cannot be: the tick topic takes some times as much."""


@dataclass(frozen=True, slots=True)
class Step:
    """A tick that waits for its place in the chain (its `prev` is not known yet)."""

    tick: Tick

    def after(self, prev: int) -> bytes:
        """The tick's bytes, chained to the tick at offset `prev`."""
        return encode_tick(msgspec.structs.replace(self.tick, prev=prev))


def steps(
    folder: Folder,
    judged: Sequence[Judged],
    start: Mapping[str, int],
    end: Mapping[str, int],
    days: Mapping[str, date],
) -> Iterator[Step]:
    """The ticks that take a shard from source offsets `start` to `end`: one, or more where one would be too large.

    `days` are the business days that the shard's topics have come to by `start`.
    """
    dated = date_records(judged, days)
    step = Step(_tick(folder, judged, start, end, dated))
    if len(judged) < 2 or len(step.after(2**62)) <= MAX_BYTES:  # noqa: PLR2004  # one record cannot be halved
        yield step
        return
    half = len(judged) // 2
    middle = dict(start) | {record.topic: record.offset + 1 for record in judged[:half]}
    yield from steps(folder, judged[:half], start, middle, days)
    yield from steps(folder, judged[half:], middle, end, {**days, **date_records(judged[:half], days).days})


def _tick(
    folder: Folder, judged: Sequence[Judged], start: Mapping[str, int], end: Mapping[str, int], dated: Dated
) -> Tick:
    boards: Boards = folder.fold([record.counted for record in judged if record.counted is not None])
    if heads := heads_of(judged):
        boards[HEADS.name] = {head: (version,) for head, version in heads.items()}
    if dated.late:
        boards[LATE.name] = {(day.isoformat(),): (events,) for day, events in dated.late.items()}
    return Tick(
        prev=NEVER,
        read_from=dict(start),
        read_to=dict(end),
        appended_ms=max((record.appended_ms for record in judged), default=0),
        days=dated.days,
        cells=wire(boards),
        seen=first_seen(judged),
    )
