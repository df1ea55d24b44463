"""What both contenders in Bytewax have alike: the source, the recovery store, and how they say what they came to."""

import mmap
import struct
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

from bytewax._bytewax import cli_main
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir

Sums = tuple[int, ...]
_EPOCH = timedelta(seconds=10)


class Progress:
    """Says in a file how many records have been folded; the last one only once all is kept."""

    def __init__(self, file: Path) -> None:
        self._count = 0
        file.write_bytes(bytes(8))
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), 8)

    def more(self, records: int) -> None:
        """Count some."""
        self._count += records
        self._write(max(0, self._count - 1))

    def end(self) -> None:
        """Say that all is kept."""
        self._write(self._count)

    def _write(self, records: int) -> None:
        struct.pack_into("<q", self._map, 0, records)


class _Lines(StatelessSinkPartition[Any]):
    """Writes sums to a file."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a", encoding="utf-8")

    def write_batch(self, items: list[Any]) -> None:
        self._file.writelines(f"{cell}\t{','.join(map(str, sums))}\n" for _key, (cell, sums) in items)

    def close(self) -> None:
        self._file.close()


class Totals(DynamicSink[Any]):
    """Where the sums go when the topic is at its end."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "totals"

    def build(self, _step_id: str, _worker_index: int, _worker_count: int) -> _Lines:
        return _Lines(self._file)


def source(bootstrap: str, topic: str) -> KafkaSource:
    """Read the topic to its end."""
    return KafkaSource([bootstrap], [topic], tail=False, batch_size=5_000, add_config={"fetch.min.bytes": str(1 << 20)})


def run(flow: Dataflow, folder: Path, progress: Progress) -> None:
    """Run a flow to its end, then wait for SIGTERM."""
    recovery = folder / "recovery"
    recovery.mkdir(parents=True)
    init_db_dir(recovery, 1)
    cli_main(flow, epoch_interval=_EPOCH, recovery_config=RecoveryConfig(str(recovery)))
    progress.end()
    threading.Event().wait()
