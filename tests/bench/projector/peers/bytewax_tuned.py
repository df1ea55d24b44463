"""Bytewax with Kvota's own trick: one stateful step by partition, whose sums add up, so that nothing is keyed anew.

State is a set of ids and a dict of sums for each partition; it keeps every id for ever. Bytewax writes a whole snapshot
of it, with the offsets, into its SQLite recovery store at the end of each epoch of 10 s, its default: a snapshot is as
large as all that was ever seen, so this would not do for months. The sums are written when the topic is at its end.
"""

import sys
from pathlib import Path
from typing import Any

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic

from tests.bench.projector.folds import contributions, decode
from tests.bench.projector.peers.bytewax_flow import Progress, Sums, Totals, run, source

State = tuple[set[str], dict[str, Sums]]


class Fold(StatefulBatchLogic[Any, Any, State]):
    """The fold of one partition."""

    def __init__(self, progress: Progress, state: State | None) -> None:
        self.seen, self.cells = state or (set(), {})
        self.progress = progress

    def on_batch(self, values: list[Any]) -> tuple[list[Any], bool]:
        seen, cells = self.seen, self.cells
        for message in values:
            told = decode(message.value)
            if told.id in seen:
                continue
            seen.add(told.id)
            for table, key, numbers in contributions(told):
                cell = f"{table}|{key}"
                known = cells.get(cell)
                cells[cell] = numbers if known is None else tuple(map(int.__add__, known, numbers))
        self.progress.more(len(values))
        return [], StatefulBatchLogic.RETAIN

    def on_eof(self) -> tuple[list[Any], bool]:
        return list(self.cells.items()), StatefulBatchLogic.RETAIN

    def snapshot(self) -> State:
        return set(self.seen), dict(self.cells)


def main(bootstrap: str, topic: str, folder: Path) -> None:
    """Fold what the topic holds."""
    progress = Progress(folder / "done")
    flow = Dataflow("bench")
    read = op.input("read", flow, source(bootstrap, topic))
    keyed = op.key_on("partition", read, lambda message: str(message.partition))
    folded = op.stateful_batch("fold", keyed, lambda state: Fold(progress, state))
    op.output("write", folded, Totals(folder))
    run(flow, folder, progress)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[5]))
