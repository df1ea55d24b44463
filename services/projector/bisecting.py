"""From raw records to ticks, around those that nobody can read and those that cannot be folded. Pure but for DuckDB."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from events.envelope import Envelope
from events.law import Ledger
from projections.fold import Folder
from services.projector.folding import Part, Span, Step, steps
from services.projector.judging import Judged, judge, parked, take_back
from services.projector.transport import RecordBatch
from services.runtime.parked import Aside, merged


@dataclass(frozen=True, slots=True)
class Arrived:
    """What follows the last tick of a shard, of which it has one partition of each topic."""

    shard: int
    ledgers: Mapping[str, Ledger]
    """By topic, which records count; they move on with what is worked."""
    batches: Sequence[RecordBatch]
    start: Mapping[str, int]
    """By topic, the offset of the first record."""
    days: Mapping[str, date]
    """By topic, the business day that its log had come to before."""

    def part(self, judged: Sequence[Judged]) -> Part:
        """The same, judged."""
        end = {batch.tp.topic: batch.last + 1 for batch in self.batches}
        return Part(self.shard, {batch.tp for batch in self.batches}, judged, Span(self.start, end, self.days))


@dataclass(frozen=True, slots=True)
class Worked:
    """What is to be appended for a shard: first the records to park, then the ticks."""

    parked: Sequence[Envelope]
    ticks: Sequence[Step]
    expired: int
    """How many records are of days too long past."""


def worked(folder: Folder, arrived: Sequence[Arrived], aside: Aside) -> dict[int, Worked]:
    """What has to be appended to take each of some shards over its records.

    Which records cannot be folded is found by halving, and depends on each of them alone: whoever reads them again
    parks the same. Then all of them are judged anew without those, for the next fact with the id of one may count.
    """
    faults: Aside = {}
    while True:
        found: Aside = {}
        passed = merged(aside, faults)
        parts = [each.part(judge(each.ledgers, each.batches, passed)) for each in arrived]
        ticks = steps(folder, parts, found)
        if not found:
            pairs = zip(arrived, parts, strict=True)
            return {
                each.shard: Worked(_parked(each.batches, part.judged, faults), ticks[each.shard], _expired(part.judged))
                for each, part in pairs
            }
        for each, part in zip(arrived, parts, strict=True):
            take_back(each.ledgers, part.judged, each.days)
        faults = merged(faults, found)


def _expired(judged: Iterable[Judged]) -> int:
    return sum(map(attrgetter("expired"), judged))


def _parked(batches: Iterable[RecordBatch], judged: Iterable[Judged], faults: Aside) -> list[Envelope]:
    """What to say of the unreadable ones and of those at fault, in the order of the log of each topic."""
    told = {(each.topic, each.offset): each.parked for each in judged if each.parked is not None}
    told |= {
        (batch.tp.topic, record.offset): parked(batch.tp, record, faults[batch.tp][record.offset])
        for batch in batches
        for record in batch.records
        if record.offset in faults.get(batch.tp, ())
    }
    return [told[place] for place in sorted(told)]
