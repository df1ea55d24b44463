"""From raw records to ticks, around those that nobody can read and those that cannot be folded. Pure but for DuckDB."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from events.envelope import Envelope
from events.law import Ledger
from projections.fold import Folder
from services.projector.folding import Span, Step, steps
from services.projector.judging import Judged, judge, parked, take_back
from services.projector.transport import RecordBatch
from services.runtime.parked import Aside, merged


@dataclass(frozen=True, slots=True)
class Arrived:
    """What follows the last tick of a shard, of which it has one partition of each topic."""

    batches: Sequence[RecordBatch]
    start: Mapping[str, int]
    """By topic, the offset of the first record."""

    days: Mapping[str, date]
    """By topic, the business day that its log had come to before."""

    @property
    def span(self) -> Span:
        """The stretch of the log that these are."""
        return Span(self.start, {batch.tp.topic: batch.last + 1 for batch in self.batches}, self.days)


def worked(
    folder: Folder, ledgers: Mapping[str, Ledger], arrived: Arrived, aside: Aside
) -> tuple[list[Envelope], list[Step]]:
    """What has to be parked, and then the ticks that take a shard over these records; the ledgers move on with them.

    Which records cannot be folded is found by halving, and depends on each of them alone: whoever reads them again
    parks the same. Then all of them are judged anew without those, for the next fact with the id of one may count.
    """
    faults: Aside = {}
    while True:
        found: Aside = {}
        judged = judge(ledgers, arrived.batches, merged(aside, faults))
        ticks = list(steps(folder, judged, arrived.span, found))
        if not found:
            return _parked(arrived.batches, judged, faults), ticks
        take_back(ledgers, judged)
        faults = merged(faults, found)


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
