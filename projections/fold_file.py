"""Folding a file of records into the cells of one projection: no Kafka, the law and the fold alone. Pure."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from events.codec import UnreadableError
from events.law import Ledger, Verdict
from events.reading import read_and_judge
from projections.cells import Cells, merge
from projections.fold import Counted, Folder
from projections.projection import Projection

BATCH = 20_000


@dataclass(frozen=True, slots=True)
class ParkedLine:
    """A line that is no event: its number, from 1, and why."""

    line: int
    reason: str


class Folded(NamedTuple):
    """What a file comes to, and what in it could not be read."""

    cells: Cells
    parked: list[ParkedLine]


def fold_file(lines: Iterable[bytes], projection: Projection, batch: int = BATCH, shuffle: int | None = None) -> Folded:
    """Fold a log that lies in a file, one record a line, in batches of `batch` records.

    The law reads the lines in their order; with `shuffle`, a seed, what counts is then folded in another order, which
    makes no difference. Empty lines are passed over.
    """
    if batch < 1:
        message = "a batch has at least one record"
        raise ValueError(message)
    parked: list[ParkedLine] = []
    counted: Iterable[Counted] = _counted(lines, parked, batch)
    if shuffle is not None:
        counted = list(counted)
        random.Random(shuffle).shuffle(counted)  # noqa: S311  # an order, no secret
    return Folded(_fold(iter(counted), projection, batch), parked)


def _counted(lines: Iterable[bytes], parked: list[ParkedLine], batch: int) -> Iterator[Counted]:
    ledger = Ledger()
    numbered = ((number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip())
    while some := list(islice(numbered, batch)):
        found = read_and_judge(ledger, [line for _, line in some])
        for (number, _), (read, verdict) in zip(some, found, strict=True):
            if isinstance(read, UnreadableError):
                parked.append(ParkedLine(number, str(read)))
            elif verdict is Verdict.COUNTS:
                yield Counted(read, offset=number)


def _fold(counted: Iterator[Counted], projection: Projection, batch: int) -> Cells:
    cells: Cells = {}
    folder = Folder({projection.name: projection})
    while records := list(islice(counted, batch)):
        merge(projection, cells, folder.fold(records).get(projection.name, {}))
    folder.close()
    return cells
