"""From judged records to the ticks that say what they add. Pure but for DuckDB in memory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from projections.cells import Boards
from projections.fold import Folder, UnfoldableError
from services.projector.dating import date_records
from services.projector.judging import Judged, learned
from services.runtime.parked import Aside
from services.runtime.ticks import HEADS, LATE, NEVER, Tick, chained, encode_tick, wire

MAX_RECORDS = 6_000
"""A tick of more records is split before it is folded: it might be too large, and would have been folded in vain."""

MAX_BYTES = 900_000
"""A tick larger than this is split. What one record adds cannot be: the tick topic takes some times as much."""
LARGEST_BYTES = 4_000_000
"""A record that makes a larger tick than this is at fault: no broker would take the tick."""


class Step:
    """A tick that waits for its place in the chain (its `prev` is not known yet)."""

    def __init__(self, tick: Tick) -> None:
        """Write it down but for what it follows."""
        self.tick, self._raw = tick, encode_tick(tick)

    def __len__(self) -> int:
        """How many bytes it has, but for a few."""
        return len(self._raw)

    def after(self, prev: int) -> tuple[Tick, bytes]:
        """The tick, chained to the tick at offset `prev`, and its bytes."""
        return msgspec.structs.replace(self.tick, prev=prev), chained(self._raw, prev)


@dataclass(frozen=True, slots=True)
class Span:
    """The stretch of a shard's log that ticks take it over."""

    start: Mapping[str, int]
    """By topic, the offset of the first record."""
    end: Mapping[str, int]
    """By topic, the offset after the last record."""
    days: Mapping[str, date]
    """By topic, the business day that its log had come to before."""

    def halved(self, first: Sequence[Judged]) -> tuple["Span", "Span"]:
        """The stretch of these first records, and that of the others."""
        middle = dict(self.start) | {record.topic: record.offset + 1 for record in first}
        days = {**self.days, **date_records(first, self.days).days}
        return Span(self.start, middle, self.days), Span(middle, self.end, days)


def steps(folder: Folder, judged: Sequence[Judged], span: Span, faults: Aside) -> Iterator[Step]:
    """The ticks that take a shard over a stretch of its log: one, or more where one would be too large.

    A record that cannot be folded, alone as it is, goes into `faults`; then the ticks are not to be used.
    """
    found = _step(folder, judged, span)
    if isinstance(found, Step):
        yield found
    elif len(judged) == 1:
        faults.setdefault((judged[0].topic, judged[0].partition), {})[judged[0].offset] = found
    else:
        half = len(judged) // 2
        first, rest = span.halved(judged[:half])
        yield from steps(folder, judged[:half], first, faults)
        yield from steps(folder, judged[half:], rest, faults)


def _step(folder: Folder, judged: Sequence[Judged], span: Span) -> Step | str:
    """One tick, or why there cannot be one of all these records."""
    if len(judged) > MAX_RECORDS:
        return "may add more than a tick can hold"
    try:
        step = Step(_tick(folder, judged, span))
    except UnfoldableError as error:
        return str(error)
    if len(step) > (MAX_BYTES if len(judged) > 1 else LARGEST_BYTES):
        return "adds more than a tick can hold"
    return step


def _tick(folder: Folder, judged: Sequence[Judged], span: Span) -> Tick:
    boards: Boards = folder.fold([each.counted for each in judged if each.counted is not None and each.adds])
    seen, heads = learned(judged)
    if heads:
        boards[HEADS.name] = {head: (version,) for head, version in heads.items()}
    dated = date_records(judged, span.days)
    if dated.late:
        boards[LATE.name] = {(day.isoformat(),): (events,) for day, events in dated.late.items()}
    return Tick(
        prev=NEVER,
        read_from=dict(span.start),
        read_to=dict(span.end),
        appended_ms=max((record.appended_ms for record in judged), default=0),
        days=dated.days,
        cells=wire(boards),
        seen=seen,
    )
