"""Bytewax: one stateful step whose key is the partition, so that nothing is shuffled; its recovery store is SQLite.

State is a set of ids and a dict of sums for each partition. Bytewax writes a whole snapshot of it, with the offsets, at
the end of each epoch: every 10 s, its default, since a snapshot is as large as all that was ever seen. It keeps every id
for ever. The sums are printed when the topic has been read to its end.
"""

import mmap
import struct
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
from bytewax._bytewax import cli_main
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir

from tests.bench.projector.folds import contributions, decode

State = tuple[set[str], dict[str, tuple[int, ...]]]


class Told:
    """Says in a file how many records have been folded; the last one only once all is kept."""

    def __init__(self, file: Path) -> None:
        self.count = 0
        file.write_bytes(bytes(8))
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), 8)

    def say(self, *, whole: bool = False) -> None:
        """Write the number down."""
        struct.pack_into("<q", self._map, 0, self.count if whole else max(0, self.count - 1))


class Fold(StatefulBatchLogic[Any, Any, State]):
    """The fold of one partition."""

    def __init__(self, told: Told, state: State | None) -> None:
        self.seen, self.cells = state or (set(), {})
        self.told = told

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
        self.told.count += len(values)
        self.told.say()
        return [], StatefulBatchLogic.RETAIN

    def on_eof(self) -> tuple[list[Any], bool]:
        return list(self.cells.items()), StatefulBatchLogic.RETAIN

    def snapshot(self) -> State:
        return set(self.seen), dict(self.cells)


class Lines(StatelessSinkPartition[Any]):
    """Writes sums to a file."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a", encoding="utf-8")

    def write_batch(self, items: list[Any]) -> None:
        self._file.writelines(f"{cell}\t{','.join(map(str, sums))}\n" for _key, (cell, sums) in items)

    def close(self) -> None:
        self._file.close()


class Totals(DynamicSink[Any]):
    """Where the sums go."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def build(self, _step_id: str, _worker_index: int, _worker_count: int) -> Lines:
        return Lines(self._file)


def main(bootstrap: str, topic: str, folder: Path) -> None:
    """Fold what the topic holds, then wait for SIGTERM."""
    recovery = folder / "recovery"
    recovery.mkdir(parents=True)
    init_db_dir(recovery, 1)
    told = Told(folder / "done")
    flow = Dataflow("bench")
    source = KafkaSource(
        [bootstrap], [topic], tail=False, batch_size=5_000, add_config={"fetch.min.bytes": str(1 << 20)}
    )
    read = op.input("read", flow, source)
    keyed = op.key_on("partition", read, lambda message: str(message.partition))
    folded = op.stateful_batch("fold", keyed, lambda state: Fold(told, state))
    op.output("write", folded, Totals(folder / "totals"))
    cli_main(flow, epoch_interval=timedelta(seconds=10), recovery_config=RecoveryConfig(str(recovery)))
    told.say(whole=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
