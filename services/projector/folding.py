"""From judged records to the ticks that say what they add. Pure but for DuckDB in memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

import msgspec

from projections.cells import Boards, Source
from projections.fold import Counted, Folder, UnfoldableError
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


@dataclass(frozen=True, slots=True)
class Part:
    """What a shard has read next: judged records, and the stretch of its log that they are."""

    shard: int
    sources: Collection[Source]
    """The partitions that the records lie in; no other part's do."""
    judged: Sequence[Judged]
    span: Span

    @property
    def counted(self) -> Iterator[Counted]:
        """The records that add to numbers."""
        return (each.counted for each in self.judged if each.counted is not None and each.adds)

    def halved(self) -> tuple["Part", "Part"]:
        """The first half of the records, and the second."""
        half = len(self.judged) // 2
        first, rest = self.span.halved(self.judged[:half])
        return replace(self, judged=self.judged[:half], span=first), replace(self, judged=self.judged[half:], span=rest)


def steps(folder: Folder, parts: Sequence[Part], faults: Aside) -> dict[int, list[Step]]:
    """The ticks that take each shard over its part: one, or more where one would be too large.

    A record that cannot be folded, alone as it is, goes into `faults`; then the ticks are not to be used.
    """
    added = _added(folder, [part for part in parts if len(part.judged) <= MAX_RECORDS])
    return {part.shard: _steps(folder, part, added.get(part.shard, "may add too much"), faults) for part in parts}


def _steps(folder: Folder, part: Part, added: Boards | str, faults: Aside) -> list[Step]:
    """The ticks of one part, by what it adds, or why that is not known."""
    found = added if isinstance(added, str) else _step(part, added)
    if isinstance(found, Step):
        return [found]
    if len(part.judged) == 1:
        record = part.judged[0]
        faults.setdefault((record.topic, record.partition), {})[record.offset] = found
        return []
    return [step for half in part.halved() for step in steps(folder, [half], faults)[part.shard]]


def _added(folder: Folder, parts: Sequence[Part]) -> dict[int, Boards | str]:
    """What each part adds, or why it cannot be folded: they are folded together, or each alone if that fails."""
    try:
        by_source = folder.fold_by_source(chain.from_iterable(part.counted for part in parts))
    except UnfoldableError as error:
        if len(parts) == 1:
            return {parts[0].shard: str(error)}
        return {shard: added for part in parts for shard, added in _added(folder, [part]).items()}
    return {part.shard: folder.added_up([by_source[s] for s in part.sources if s in by_source]) for part in parts}


def _step(part: Part, added: Boards) -> Step | str:
    """One tick, or why there cannot be one of all these records."""
    step = Step(_tick(part, added))
    if len(step) > (MAX_BYTES if len(part.judged) > 1 else LARGEST_BYTES):
        return "adds more than a tick can hold"
    return step


def _tick(part: Part, added: Boards) -> Tick:
    judged, span, boards = part.judged, part.span, dict(added)
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
