"""A simulated day during which every service is killed once: in the end all numbers are those of the log, and true.

The simulator stands for the world outside, and is left alone.
"""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import starmap
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import TopicPartition

from services.runtime.log import consumer, end_positions, read_to_end
from services.runtime.settings import KafkaSettings
from services.runtime.shards import Shards
from services.runtime.topics import DEVELOPMENT_PARTITIONS
from services.simulator.day import simulate
from services.simulator.figures import Figures
from services.simulator.plan import Micros, Plan, instant
from services.supervisor.board import Stack, Standing
from services.supervisor.plan import Ports
from tests.cli.commands import Ran, kvota, started
from tests.homes import furnish
from tests.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(700)]

PLAN = Plan(seed=5, day=date(2026, 11, 24), reps=12)
SPEED = 400
KILLED = (("feeds", "history"), ("desk", "projector"), ("vault", "wallboard"), ("kafka",))
"""Two at a time, so that it is done before the day is over on a slow machine, too."""

Cell = dict[str, Any]


@dataclass
class Floor:
    """A demo that goes on, and what can be asked of it."""

    home: Path
    ports: Ports
    folder: Path

    def kvota(self, *arguments: str | Path) -> Ran:
        """Run a command against it."""
        kafka = f"127.0.0.1:{self.ports.kafka}"
        variables = {**self.ports.environment(), "KVOTA_KAFKA_BOOTSTRAP_SERVERS": kafka}
        return kvota(*arguments, home=self.home, within_s=120, **variables)

    def kill(self, *names: str) -> None:
        """Kill programs the hard way, and wait until they are ready again."""
        killed = {name: self._standing(name).pid for name in names}
        for pid in killed.values():
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: all(starmap(self._is_back, killed.items())), within_s=90), (
            f"{names} did not come back"
        )

    def _is_back(self, name: str, killed: int | None) -> bool:
        standing = self._standing(name)
        return standing.state == "ready" and standing.pid != killed

    def _standing(self, name: str) -> Standing:
        said = Stack(self.home).read()
        assert said is not None
        return said[1][name]

    @property
    def board(self) -> Cell:
        """What the screens show."""
        try:
            answer = httpx.get(f"{self.ports.url('wallboard')}/v1/board", timeout=30, trust_env=False)
        except httpx.TransportError:
            return {}
        return dict(answer.json()) if answer.is_success else {}

    def report(self, name: str, **about: str) -> list[Cell]:
        """The rows of a report."""
        pairs = [f"{key}={value}" for key, value in about.items()]
        return list(self.kvota("report", name, *pairs, "--json").json["rows"])

    def fold(self, projection: str) -> list[Cell]:
        """The cells of the log, folded without Kafka and without any service."""
        return list(self.kvota("fold", projection, self.log, "--json").json["cells"])

    @cached_property
    def log(self) -> Path:
        """All that is on the log, a record a line."""
        return self.folder / "log.ndjson"

    @property
    def kafka(self) -> KafkaSettings:
        """Its Kafka."""
        return KafkaSettings(bootstrap_servers=f"127.0.0.1:{self.ports.kafka}", client_id="test")


@pytest.fixture
def floor(home: Path, tmp_path: Path) -> Iterator[Floor]:
    """Open a floor on free ports."""
    ports = Ports.free()
    options = (f"--seed={PLAN.seed}", f"--day={PLAN.day}", f"--reps={PLAN.reps}", f"--speed={SPEED}")
    with started("demo", *options, home=furnish(tmp_path, home), **ports.environment()) as demo:
        assert demo.stdout is not None
        assert demo.stdout.readline().startswith("The board: ")
        yield Floor(tmp_path / "demo", ports, tmp_path)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(timeout=90) == 0


async def test_after_every_service_was_killed_all_numbers_are_those_of_the_log_and_true(floor: Floor) -> None:
    day = simulate(PLAN)
    assert eventually(lambda: bool(floor.board.get("queues")), within_s=60)
    for names in KILLED:
        floor.kill(*names)
    assert eventually(lambda: "as_of" in floor.board)
    assert floor.board["as_of"] < _written(PLAN.closes), "the day was over before all had been killed: play it slower"
    assert eventually(lambda: "day_played" in (floor.home / "run" / "simulator.log").read_text(), within_s=150)
    assert eventually(lambda: floor.board.get("as_of", "") >= _written(day.ends), within_s=60)
    await _copy_log(floor)
    _the_board_is_the_report_and_the_fold(floor)
    _queues_and_deals_are_the_truth(floor, day.figures)


def _the_board_is_the_report_and_the_fold(floor: Floor) -> None:
    verified = floor.kvota("projections", "verify", "--json").json
    assert (verified["agree"], verified["differences"]) == (True, [])
    board, day = floor.board, PLAN.day.isoformat()
    assert board["queues"]
    assert board["leaderboard"]
    assert board["ticker"]

    totals = {row["queue"]: row for row in floor.report("call_centre", day=day, zone=PLAN.zone) if not row["interval"]}
    served = _served(floor.fold("queue_interval"))
    for shown in board["queues"]:
        total = totals[shown["queue"]]
        counts = {name: shown[name] for name in ("offered", "answered", "abandoned")}
        assert (
            counts == {name: total[name] for name in counts} == {name: served[shown["queue"], name] for name in counts}
        )
        level = Decimal(100 * served[shown["queue"], "within"]) / served[shown["queue"], "offered"]
        assert (
            Decimal(str(shown["service_level"])) == round(Decimal(total["service_level_offered"]), 1) == round(level, 1)
        )
        assert shown["waiting"] == 0

    attained = {row["rep"]: row for row in floor.report("quota_attainment", as_of=day) if row["level"] == "rep"}
    worked = {row["rep"]: row for row in floor.report("rep_day", day=day)}
    won, refunded = (
        _sums(floor.fold("deal_credit"), "credited_minor"),
        _sums(floor.fold("deal_credit"), "refunded_minor"),
    )
    calls, quotas = _sums(floor.fold("rep_day"), "calls"), _sums(floor.fold("quota"), "assigned", key="holder")
    states = {cell["rep"]: cell["last_state"] for cell in floor.fold("agent_now")}
    for shown in board["leaderboard"]:
        rep, booked = shown["rep"], won[shown["rep"]] - refunded[shown["rep"]]
        said = attained[rep]
        assert shown["won_minor"] == said["won_minor"] == won[rep]
        assert shown["booked_minor"] == said["booked_minor"] == booked
        assert shown["quota_minor"] == said["quota_minor"] == quotas[rep]
        assert (
            shown["attainment_bp"] == round(100 * Decimal(said["attainment"])) == round(10_000 * booked / quotas[rep])
        )
        assert shown["expected_bp"] == round(100 * Decimal(said["expected_share"]))
        assert shown["pace_bp"] == round(100 * Decimal(said["pace"])) == shown["attainment_bp"] - shown["expected_bp"]
        assert shown["calls"] == worked[rep]["calls"] == calls[rep]
        assert shown["state"] == states.get(rep)

    sold = {cell["deal"]: cell["won_minor"] for cell in floor.fold("deal_day") if cell["wins"]}
    assert [sold[shown["deal"]] for shown in board["ticker"]] == [shown["won_minor"] for shown in board["ticker"]]


def _queues_and_deals_are_the_truth(floor: Floor, truth: Figures) -> None:
    """Calls out are known to AMI alone: those that went by while feeds was killed are lost, and no queue's."""
    shown = {row["queue"]: (row["offered"], row["answered"], row["abandoned"]) for row in floor.board["queues"]}
    assert shown == {
        name: (queue.offered, queue.answered, queue.outcomes.get("abandoned", 0))
        for name, queue in truth.queues.items()
    }
    [sold] = floor.report("sales_day", day=PLAN.day.isoformat())
    deals = truth.deals
    assert (sold["wins"], sold["won_minor"], sold["refunded_minor"]) == (
        deals.won,
        deals.won_minor,
        deals.refunded_minor,
    )


def _served(cells: list[Cell]) -> Counter[tuple[str, str]]:
    """The queues' callers, counted in plain Python: all, answered, answered within 20 seconds, lost."""
    served: Counter[tuple[str, str]] = Counter()
    for cell in cells:
        if cell["clock"] == "enqueue":
            queue, calls, answered = cell["queue"], cell["calls"], bool(cell["answered"])
            served[queue, "offered"] += calls
            served[queue, "answered"] += calls * answered
            served[queue, "within"] += calls * (answered and cell["wait"] <= 20)
            served[queue, "abandoned"] += calls * (not answered and cell["outcome"] == "abandoned")
    return served


def _sums(cells: list[Cell], measure: str, key: str = "rep") -> Counter[str]:
    sums: Counter[str] = Counter()
    for cell in cells:
        sums[cell[key]] += cell[measure]
    return sums


async def _copy_log(floor: Floor) -> None:
    """Write down all that is on the log."""
    ends = await end_positions(floor.kafka, Shards(DEVELOPMENT_PARTITIONS).all_sources)
    with floor.log.open("wb") as file:
        async with consumer(floor.kafka, wait_ms=10) as reader:
            for source in ends:
                async for record in read_to_end(reader, TopicPartition(*source), 0):
                    assert record.value is not None
                    file.write(record.value + b"\n")


def _written(at: Micros) -> str:
    """A moment as the board writes it."""
    return instant(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
