"""What a worker says of itself: metrics for Prometheus, and whether what its shards show is fresh."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version

from faust.types import TP
from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.projector.transport import RecordBatch
from services.runtime.cells_reader import CellsReader
from services.runtime.shards import Shards, Source

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the ticks of a source partition are behind the end of the log."""

    events: int
    seconds: float | None
    """The age of the oldest record that no tick has read yet, at most so much; None: not known yet."""


class Metrics:
    """The figures of one worker, for use in its event loop; `costing` also in its thread."""

    def __init__(self, reader: CellsReader, shards: Shards, now: Callable[[], float] = time.time) -> None:
        """Count from nothing. The shards that the worker holds are those that the reader has loaded."""
        self.end_of: Callable[[TP], int | None] = lambda _: None
        """The offset that the next record of a partition will have, where it is known."""
        self.registry = CollectorRegistry()
        self._reader, self._shards, self._now = reader, shards, now
        self._read_at: dict[Source, float] = {}
        self._even_at: dict[Source, float] = {}
        self._ticks = self._counter("ticks", "Ticks appended, empty ones included.")
        self._records = self._counter("records", "Records of the log that ticks have read.")
        self._parked = self._counter("parked_records", "Records set aside, unreadable or impossible to fold.")
        self._expired = self._counter("expired_records", "Facts of days too long past to count: `kvota import` them.")
        self._fold = self._histogram("fold_seconds", "Time to decode, judge and fold what one gathering brought.")
        self._fold_cpu = self._histogram("fold_cpu_seconds", "The processor's part of fold_seconds.")
        self._tick = self._histogram("tick_seconds", "Time from a gathering to its ticks being read back.")
        about = Info("kvota_projector", "The version of the live cells, and the release.", registry=self.registry)
        about.info({"version": str(reader.version), "release": version("kvota")})
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self.registry.register(_Standing(self))

    def _counter(self, name: str, meaning: str) -> Counter:
        return Counter(f"kvota_projector_{name}", meaning, registry=self.registry)

    def _histogram(self, name: str, meaning: str) -> Histogram:
        return Histogram(f"kvota_projector_{name}", meaning, registry=self.registry, buckets=_SECONDS)

    # -- What the worker tells

    def ticked(self, ticks: int) -> None:
        """Count ticks that were read back."""
        self._ticks.inc(ticks)

    def read(self, batches: Sequence[RecordBatch], parked: int, since: float) -> None:
        """Count what ticks have read since a moment of `time.monotonic`, and what of it was set aside."""
        self._records.inc(sum(map(len, batches)))
        self._parked.inc(parked)
        self._tick.observe(time.monotonic() - since)
        for batch in batches:
            self._read_at[batch.tp] = batch.records[-1].timestamp / 1000

    def expired(self, records: int) -> None:
        """Count facts that came too late to be known as new."""
        self._expired.inc(records)

    @contextmanager
    def costing(self) -> Generator[None]:
        """Count what a fold costs; for the thread that does it."""
        began, began_cpu = time.perf_counter(), time.thread_time()
        yield
        self._fold.observe(time.perf_counter() - began)
        self._fold_cpu.observe(time.thread_time() - began_cpu)

    def look(self, shard: int) -> None:
        """Note which partitions of a shard have nothing unread: what is unread later came after now."""
        for source in self._shards.sources(shard):
            end = self.end_of(TP(*source))
            if end is not None and self._position(source) >= end:
                self._even_at[source] = self._now()

    # -- What is asked

    def lags(self) -> dict[Source, Lag | None]:
        """How far behind each source partition of the shards held is; None where its end is not known yet."""
        sources = [source for shard in self._reader.shards for source in self._shards.sources(shard)]
        return {source: self._lag(source) for source in sources}

    def fresh(self, within_s: float) -> bool:
        """Whether no source partition of the shards held has a record unread that is older than this."""
        lags = self.lags().values()
        return all(lag is not None and lag.seconds is not None and lag.seconds <= within_s for lag in lags)

    def _lag(self, source: Source) -> Lag | None:
        end = self.end_of(TP(*source))
        if end is None:
            return None
        events = max(0, end - self._position(source))
        return Lag(events, self._age(source) if events else 0.0)

    def _age(self, source: Source) -> float | None:
        """The unread came after the last that was read, and after the last moment at which nothing was unread."""
        known = [at[source] for at in (self._read_at, self._even_at) if source in at]
        return max(0.0, self._now() - max(known)) if known else None

    def _position(self, source: Source) -> int:
        topic, partition = source
        return self._reader.shards[self._shards.of(topic, partition)].positions.get(topic, 0)

    def kept_ids(self) -> int:
        """How many ids the shards held remember."""
        seen = (topic for shard in self._reader.shards.values() for topic in shard.seen.values())
        return sum(len(ids) for topic in seen for ids in topic.days.values())

    def live_cells(self) -> int:
        """How many cells of projections the shards held have."""
        boards = (board for shard in self._reader.shards.values() for board in shard.boards.items())
        return sum(len(cells) for name, cells in boards if name in self._reader.projections)


class _Standing(Collector):
    """What is reckoned when it is asked."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def describe(self) -> list[Metric]:
        """Promise nothing: names are not checked against those of others."""
        return []

    def collect(self) -> Iterator[Metric]:
        events = _gauge("lag_events", "Records of the log that no tick has read yet.", "topic", "partition")
        seconds = _gauge("lag_seconds", "Age of the oldest such record, at most; 0: none.", "topic", "partition")
        for (topic, partition), lag in self._metrics.lags().items():
            if lag is not None:
                events.add_metric([topic, str(partition)], lag.events)
            if lag is not None and lag.seconds is not None:
                seconds.add_metric([topic, str(partition)], lag.seconds)
        yield from (events, seconds)
        ids, cells = _gauge("kept_ids", "Ids of facts remembered."), _gauge("live_cells", "Cells held.")
        ids.add_metric([], self._metrics.kept_ids())
        cells.add_metric([], self._metrics.live_cells())
        yield from (ids, cells)


def _gauge(name: str, meaning: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"kvota_projector_{name}", meaning, labels=labels)
