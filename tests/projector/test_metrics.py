"""What a worker says of itself: how far behind it is, for how long at most, and when it is ready."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from faust.types import TP
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from services.projector.metrics import Lag, Metrics
from services.projector.transport import RecordBatch
from services.runtime.cells_reader import CellsReader
from services.runtime.settings import KafkaSettings
from services.runtime.shard_cells import ShardCells
from services.runtime.shards import Shards
from services.runtime.ticks import Tick
from tests.projector.test_poison import Lying

CALLS = ("kvota.calls", 0)


@dataclass
class Watched:
    """A worker of one shard, by a clock and ends of the log that a test sets."""

    now: float = 1_000.0
    end: int | None = 0

    def __post_init__(self) -> None:
        reader = CellsReader(KafkaSettings(), 7, {})
        reader.shards[0] = self.cells = ShardCells({}, remember=True)
        self.metrics = Metrics(reader, Shards(1), lambda: self.now)
        self.metrics.end_of = lambda tp: self.end if tp == CALLS else 0

    def read_to(self, offset: int, appended: float) -> None:
        """Read on, to a record that was appended then."""
        self.cells.apply(self.cells.last + 1, Tick(prev=self.cells.last, read_to={"kvota.calls": offset}))
        batch = RecordBatch.of(TP(*CALLS), [Lying(offset - 1, b"", int(appended * 1_000))], offset - 1)
        self.metrics.read([batch], 0, 0.0)

    @property
    def lag(self) -> Lag | None:
        """How far behind it is."""
        return self.metrics.lags()[CALLS]

    def exposed(self, name: str) -> list[str]:
        """Give the values of a metric."""
        lines = generate_latest(self.metrics.registry).decode().splitlines()
        return [line for line in lines if line.startswith(f"kvota_projector_{name}")]


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_with_nothing_unread_there_is_no_lag(watched: Watched) -> None:
    assert watched.lag == Lag(0, 0.0)
    assert watched.metrics.fresh(10)


def test_what_is_unread_came_after_the_last_that_was_read(watched: Watched) -> None:
    watched.read_to(3, appended=990.0)
    watched.end = 5
    assert watched.lag == Lag(2, 10.0)


def test_what_is_unread_came_after_the_last_time_that_nothing_was(watched: Watched) -> None:
    watched.read_to(3, appended=10.0)
    watched.end = 3
    watched.metrics.look(0)
    watched.now, watched.end = 1_004.0, 4
    assert watched.lag == Lag(1, 4.0)
    watched.metrics.look(0)
    assert watched.lag == Lag(1, 4.0)
    assert watched.metrics.fresh(4)
    assert not watched.metrics.fresh(3.9)


def test_a_backlog_of_unknown_age_is_not_fresh(watched: Watched) -> None:
    watched.end = 5
    assert watched.lag == Lag(5, None)
    assert not watched.metrics.fresh(1e9)
    assert watched.exposed("lag_events{") != []
    assert not [line for line in watched.exposed("lag_seconds{") if "kvota.calls" in line]


def test_before_the_first_fetch_nothing_is_known(watched: Watched) -> None:
    watched.end = None
    assert watched.lag is None
    assert not watched.metrics.fresh(1e9)


def test_a_clock_of_the_broker_that_is_ahead_makes_no_negative_age(watched: Watched) -> None:
    watched.read_to(3, appended=2_000.0)
    watched.end = 5
    assert watched.lag == Lag(2, 0.0)


def test_everything_is_exposed(watched: Watched) -> None:
    watched.read_to(3, appended=990.0)
    watched.end = 5
    watched.metrics.ticked(2)
    with watched.metrics.costing():
        pass
    assert 'kvota_projector_lag_events{partition="0",topic="kvota.calls"} 2.0' in watched.exposed("lag_events{")
    assert 'kvota_projector_lag_seconds{partition="0",topic="kvota.calls"} 10.0' in watched.exposed("lag_seconds{")
    assert watched.exposed("ticks_total") == ["kvota_projector_ticks_total 2.0"]
    assert watched.exposed("records_total") == ["kvota_projector_records_total 1.0"]
    assert watched.exposed("parked_records_total") == ["kvota_projector_parked_records_total 0.0"]
    assert watched.exposed("kept_ids") == ["kvota_projector_kept_ids 0.0"]
    assert watched.exposed("live_cells") == ["kvota_projector_live_cells 0.0"]
    assert watched.exposed("info") == ['kvota_projector_info{release="0.1.0",version="7"} 1.0']
    for name in ("fold_seconds_count", "fold_cpu_seconds_count", "tick_seconds_count"):
        assert watched.exposed(name) == [f"kvota_projector_{name} 1.0"]


def test_operations_explains_every_metric_of_ours(watched: Watched) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/operations.md").read_text("utf-8")
    families = text_string_to_metric_families(generate_latest(watched.metrics.registry).decode())
    names = {family.name for family in families if family.name.startswith("kvota_")}
    ours = {name for name in names if not name.endswith("_created")}  # the library says when it began to count
    explained = {name.removesuffix("_total") for name in re.findall(r"`(kvota_projector_\w+)`", page)}
    assert ours == explained
