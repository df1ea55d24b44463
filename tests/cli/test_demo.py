"""The demo, as a newcomer runs it: a simulated day on the whole stack, and what came of it."""

import random
import signal
from datetime import date
from pathlib import Path

import httpx
import pytest

from services.history.archive import FILE_NAME, Archive
from services.simulator.day import simulate
from services.simulator.figures import QueueFigures
from services.simulator.plan import Plan
from services.supervisor.board import Stack
from services.supervisor.plan import Ports
from tests.cli.commands import Ran, kvota, started
from tests.homes import furnish
from tests.supervisor.newcomer import left_of
from tests.waiting import eventually
from tests.ways import PROJECTIONS, every_way

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

PLAN = Plan(seed=11, day=date(2026, 11, 24), reps=8)
DAY = ("demo", "--once", "--json", "--seed=11", "--day=2026-11-24", "--reps=8")


@pytest.fixture(scope="module")
def demo_home(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a new home, with the Kafka that is installed already."""
    return furnish(tmp_path_factory.mktemp("home"), home)


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


def test_at_any_cut_of_its_log_every_way_comes_to_the_same_numbers(demo: Ran, demo_home: Path, tmp_path: Path) -> None:
    assert demo.code == 0
    chance = random.Random(20)
    with (
        Archive(demo_home / "demo" / FILE_NAME, PROJECTIONS) as archive,
        every_way(archive, tmp_path) as ways,
    ):
        for _ in range(20):
            ways.meet({source: chance.randint(0, end) for source, end in archive.positions().items()})


def test_figures_are_for_a_day_that_is_over(demo_home: Path) -> None:
    refused = kvota("demo", "--json", home=demo_home)
    assert (refused.code, refused.err) == (2, "kvota: --json is for --once: a day that goes on has no figures yet\n")


def test_the_floor_stays_open_until_it_is_told_to_close(demo_home: Path) -> None:
    ports = Ports.free()
    told = ports.environment()
    with started("demo", "--reps=4", home=demo_home, **told) as floor:
        assert floor.stdout is not None
        said = floor.stdout.readline()
        assert said.startswith(f"The board: {ports.url('wallboard')}")
        assert httpx.get(f"{ports.url('wallboard')}/v1/board").is_success
        assert kvota("projections", "verify", home=demo_home / "demo", within_s=60, **told).code == 0
        second = kvota("demo", home=demo_home, within_s=60, **told)
        assert second.code == 2
        assert "is taken by another program: stop that program, or choose another one by KVOTA_KAFKA_PORT" in second.err
        third = kvota("demo", "--once", home=demo_home)
        assert third.code == 2
        assert f"a demo runs there already: KVOTA_HOME={demo_home / 'demo'} kvota down" in third.err
        floor.send_signal(signal.SIGINT)
        assert floor.wait(timeout=60) == 0
    assert left_of(demo_home) == []


def test_a_demo_that_is_interrupted_says_nothing_and_leaves_nothing(demo_home: Path) -> None:
    with started("demo", "--once", "--json", "--reps=8", home=demo_home) as running:
        assert eventually(lambda: _is_supervised_by(running.pid, demo_home / "demo"), within_s=60)
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=60) == 130
        assert running.stdout is not None
        assert running.stdout.read() == ""
    assert left_of(demo_home) == []


def test_a_folder_that_no_demo_made_is_not_touched(home: Path, tmp_path: Path) -> None:
    mine = furnish(tmp_path, home) / "demo" / "thesis.txt"
    mine.parent.mkdir()
    mine.write_text("years of work")
    refused = kvota("demo", "--once", home=tmp_path)
    assert refused.code == 2
    assert "is not empty, and no demo made it" in refused.err
    assert [*mine.parent.iterdir()] == [mine]


def test_a_setting_that_makes_no_sense_is_named(demo_home: Path) -> None:
    port = kvota("demo", home=demo_home, KVOTA_WALLBOARD_PORT="abc")
    assert (port.code, port.err.count("\n")) == (2, 1)
    assert "KVOTA_WALLBOARD_PORT" in port.err
    country = kvota("report", "sales_day", home=demo_home / "demo", KVOTA_COMPANY_COUNTRY="XX")
    assert country.code == 2
    assert "there is no calendar of 'XX'" in country.err


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


def _is_supervised_by(pid: int, home: Path) -> bool:
    said = Stack(home).read()
    return said is not None and said[0] == pid
