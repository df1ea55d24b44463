"""From judged records to the ticks that say what they add. Pure but for DuckDB in memory."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import msgspec

from projections.cells import Boards
from projections.fold import Folder
from services.projector.dating import Dated, date_records
from services.projector.judging import Judged, learned
from services.runtime.ticks import HEADS, LATE, NEVER, Tick, chained, encode_tick, wire

MAX_RECORDS = 6_000
"""A tick of more records is split before it is folded: it might be too large, and would have been folded in vain."""

MAX_BYTES = 900_000
"""A tick larger than this is split. What one record adds cannot be: the tick topic takes some times as much."""


class Step:
    """A tick that waits for its place in the chain (its `prev` is not known yet)."""

    def __init__(self, tick: Tick) -> None:
        """Write it down but for what it follows."""
        self._tick, self._raw = tick, encode_tick(tick)

    def __len__(self) -> int:
        """How many bytes it has, but for a few."""
        return len(self._raw)

    def after(self, prev: int) -> tuple[Tick, bytes]:
        """The tick, chained to the tick at offset `prev`, and its bytes."""
        return msgspec.structs.replace(self._tick, prev=prev), chained(self._raw, prev)


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
    if len(judged) <= MAX_RECORDS:
        step = Step(_tick(folder, judged, start, end, date_records(judged, days)))
        if len(judged) < 2 or len(step) <= MAX_BYTES:  # noqa: PLR2004  # one record cannot be halved
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
    seen, heads = learned(judged)
    if heads:
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
        seen=seen,
    )
