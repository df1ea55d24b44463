"""Bytewax as its guide shows it: a stateful step by call ignores repetitions, another by key sums what calls add.

State is one entry for each id, kept for ever, and one for each key; what has changed is written to its SQLite recovery
store at the end of each epoch of 10 s, its default, with the offsets. The sums are written to a file in the end.
"""

import sys
from pathlib import Path
from typing import Any

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic

from tests.bench.projector.folds import Told, contributions, decode
from tests.bench.projector.peers.bytewax_flow import Progress, Sums, Totals, run, source


class Sum(StatefulBatchLogic[Any, Any, Sums]):
    """The sums of one key."""

    def __init__(self, sums: Sums | None) -> None:
        self.sums = sums
        self.cell = ""

    def on_batch(self, values: list[Any]) -> tuple[list[Any], bool]:
        for cell, numbers in values:
            self.cell = cell
            self.sums = numbers if self.sums is None else tuple(map(int.__add__, self.sums, numbers))
        return [], StatefulBatchLogic.RETAIN

    def on_eof(self) -> tuple[list[Any], bool]:
        return [(self.cell, self.sums)], StatefulBatchLogic.RETAIN

    def snapshot(self) -> Sums:
        return self.sums or ()


def first(seen: bool | None, told: Told) -> tuple[bool, list[Told]]:
    """Let the first event with an id pass."""
    return True, [] if seen else [told]


def main(bootstrap: str, topic: str, folder: Path) -> None:
    """Fold what the topic holds."""
    progress = Progress(folder / "done")

    def read_all(messages: list[Any]) -> list[Told]:
        progress.more(len(messages))
        return [decode(message.value) for message in messages]

    flow = Dataflow("bench")
    read = op.flat_map_batch("decode", op.input("read", flow, source(bootstrap, topic)), read_all)
    calls = op.stateful_flat_map("first", op.key_on("id", read, lambda told: told.id), first)
    added = op.flat_map("add", op.key_rm("calls", calls), _cells)
    sums = op.stateful_batch("sum", op.key_on("cell", added, lambda each: each[0]), Sum)
    op.output("write", sums, Totals(folder))
    run(flow, folder, progress)


def _cells(told: Told) -> list[tuple[str, Sums]]:
    return [(f"{table}|{key}", numbers) for table, key, numbers in contributions(told)]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[5]))
