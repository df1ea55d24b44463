"""The demo, as a newcomer runs it: a simulated day on the whole stack, and what came of it."""

import signal
from datetime import date
from pathlib import Path

import httpx
import pytest

from services.simulator.day import simulate
from services.simulator.figures import QueueFigures
from services.simulator.plan import Plan
from services.supervisor.plan import Ports
from tests.cli.commands import Ran, kvota, started
from tests.supervisor.newcomer import left_of

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

PLAN = Plan(seed=11, day=date(2026, 11, 24), reps=8)
DAY = ("demo", "--once", "--json", "--seed=11", "--day=2026-11-24", "--reps=8")


@pytest.fixture(scope="module")
def demo_home(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a new home, with the Kafka that is installed already."""
    fresh = tmp_path_factory.mktemp("home")
    (installed,) = home.glob("kafka-*")
    (fresh / installed.name).symlink_to(installed.resolve())
    return fresh


@pytest.fixture(scope="module")
def demo(demo_home: Path) -> Ran:
    """Run the demo once."""
    return kvota(*DAY, home=demo_home, within_s=240)


def test_the_day_comes_to_what_was_simulated_and_live_equals_history(demo: Ran) -> None:
    assert demo.code == 0, demo.err
    truth, came = simulate(PLAN).figures, demo.json
    assert came["live_equals_history"] is True
    assert came["differences"] == []
    assert came["cells"] > 500
    assert came["calls"] == sum(queue.offered for queue in truth.queues.values()) + sum(truth.outbound.values())
    assert came["queues"] == {name: _counts(queue) for name, queue in truth.queues.items()}
    sold = truth.deals
    assert (came["wins"], came["won_minor"], came["refunded_minor"]) == (sold.won, sold.won_minor, sold.refunded_minor)
    assert came["quota_minor"] == sold.quota_minor
    attainment = 100 * (sold.earlier_minor + sold.won_minor - sold.refunded_minor) / sold.quota_minor
    assert float(came["attainment"]) == pytest.approx(attainment, abs=0.005)


def test_the_same_seed_comes_to_the_same(demo: Ran, demo_home: Path) -> None:
    assert kvota(*DAY, home=demo_home, within_s=240).json == demo.json


def test_nothing_is_left_of_it(demo: Ran, demo_home: Path) -> None:
    assert demo.code == 0
    assert left_of(demo_home) == []


def test_history_can_be_asked_afterwards(demo: Ran, demo_home: Path) -> None:
    rows = kvota("report", "sales_day", f"day={PLAN.day}", "--json", home=demo_home / "demo").json["rows"]
    assert [(row["wins"], row["won_minor"]) for row in rows] == [(demo.json["wins"], demo.json["won_minor"])]


def test_figures_are_for_a_day_that_is_over(demo_home: Path) -> None:
    refused = kvota("demo", "--json", home=demo_home)
    assert (refused.code, refused.err) == (2, "kvota: --json is for --once: a day that goes on has no figures yet\n")


def test_the_floor_stays_open_until_it_is_told_to_close(demo_home: Path) -> None:
    ports = Ports.free()
    told = {name: str(port) for name, port in ports.model_dump(by_alias=True).items()}
    with started("demo", "--reps=4", home=demo_home, **told) as floor:
        assert floor.stdout is not None
        said = floor.stdout.readline()
        assert said.startswith(f"The board: {ports.url('wallboard')}")
        assert httpx.get(f"{ports.url('wallboard')}/v1/board").is_success
        assert kvota("projections", "verify", home=demo_home / "demo", within_s=60, **told).code == 0
        second = kvota("demo", home=demo_home, within_s=60, **told)
        assert second.code == 2
        assert "is taken by another program" in second.err
        floor.send_signal(signal.SIGINT)
        assert floor.wait(timeout=60) == 0
    assert left_of(demo_home) == []


def _counts(queue: QueueFigures) -> dict[str, int]:
    outcomes = queue.outcomes
    return {
        "offered": queue.offered,
        "answered": queue.answered,
        "abandoned": outcomes.get("abandoned", 0),
        "timed_out": outcomes.get("timed_out", 0),
        "key_exit": outcomes.get("key_exit", 0),
        "transferred": outcomes.get("transferred_blind", 0) + outcomes.get("transferred_attended", 0),
    }
