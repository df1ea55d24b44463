"""Faust with `take`: up to 5,000 events or 50 ms at a time, summed before the tables are written.

Otherwise as `faust_stock`: the same tables, the same repetitions ignored, the same offsets. A write to a table belongs
to the partition of the event at hand; within `take` there is none, so it is set for each partition of the batch.
"""

import sys
import weakref
from collections.abc import Iterable
from typing import Any

import faust.streams

from tests.bench.projector.folds import contributions, decode
from tests.bench.projector.peers.faust_stock import application, tables, worker

_UNSENT = 100_000
"""Of a burst of table writes, so many may wait to be sent; Faust's 100 would stall it."""
_AT_HAND = faust.streams._current_event  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]  # there is no other way


class Fold:
    """The tables, and what a batch adds to them."""

    def __init__(self, app: faust.App, partitions: int) -> None:
        self.seen, self.sums = tables(app, partitions)

    def write(self, batch: Iterable[Any]) -> None:
        """Write a batch, partition by partition."""
        by_partition: dict[int, list[Any]] = {}
        for event in batch:
            by_partition.setdefault(event.message.partition, []).append(event)
        for partition, events in by_partition.items():
            token = _AT_HAND.set(weakref.ref(events[-1]))
            self._write(partition, events)
            _AT_HAND.reset(token)

    def _write(self, partition: int, events: Iterable[Any]) -> None:
        added: dict[tuple[str, str], tuple[int, ...]] = {}
        for event in events:
            told = decode(event.value)
            if told.id in self.seen:
                continue
            self.seen[told.id] = 1
            for table, key, numbers in contributions(told):
                cell = table, f"{partition}|{key}"
                known = added.get(cell)
                added[cell] = numbers if known is None else tuple(map(int.__add__, known, numbers))
        for (table, key), numbers in added.items():
            known = self.sums[table].get(key)
            self.sums[table][key] = list(numbers) if known is None else list(map(int.__add__, known, numbers))


def main(bootstrap: str, topic: str, name: str, partitions: int, folder: str) -> None:
    """Fold what came in within 50 ms."""
    app = application(bootstrap, name, partitions, folder)
    fold = Fold(app, partitions)

    @app.on_worker_init.connect
    def more_room(*_args: Any, **_kwargs: Any) -> None:
        app.producer.buffer.max_messages = _UNSENT

    @app.agent(app.topic(topic, key_type=bytes, value_type=bytes, value_serializer="raw"))
    async def read(stream: Any) -> None:
        async for batch in stream.take_events(5_000, within=0.05):
            fold.write(batch)

    worker(app)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
