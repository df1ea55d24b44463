"""The main job, as a newcomer runs it: the demo, then questions to what it left."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import psutil
import pytest

from tests.broker.processes import processes_on
from tests.cli.commands import Ran, kvota

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

TRUTH = {
    "sales": {"offered": 22, "answered": 22, "abandoned": 0, "timed_out": 0, "key_exit": 0, "transferred": 0},
    "support": {"offered": 10, "answered": 10, "abandoned": 0, "timed_out": 0, "key_exit": 0, "transferred": 0},
    "noanswer": {"offered": 6, "answered": 0, "abandoned": 6, "timed_out": 0, "key_exit": 0, "transferred": 0},
    "empty": {"offered": 3, "answered": 0, "abandoned": 0, "timed_out": 3, "key_exit": 0, "transferred": 0},
    "xfer": {"offered": 5, "answered": 5, "abandoned": 0, "timed_out": 0, "key_exit": 0, "transferred": 5},
    "dtmf": {"offered": 3, "answered": 0, "abandoned": 0, "timed_out": 0, "key_exit": 3, "transferred": 0},
    "consult": {"offered": 2, "answered": 2, "abandoned": 0, "timed_out": 0, "key_exit": 0, "transferred": 2},
}
"""What the phones were told to do and did (tests/captures/asterisk), by queue."""


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
    return kvota("demo", "--once", "--json", home=demo_home)


@pytest.fixture
def kafka_up(demo: Ran, demo_home: Path) -> Iterator[None]:
    """Run the broker on what the demo left."""
    assert demo.code == 0, demo.err
    assert kvota("broker", "start", "--port", "0", home=demo_home).code == 0
    yield
    assert kvota("broker", "stop", home=demo_home).out == "stopped\n"


def test_the_demo_prints_the_truth_and_live_equals_history(demo: Ran) -> None:
    assert demo.code == 0, demo.err
    figures = demo.json
    assert figures["queues"] == TRUTH
    assert (figures["calls"], figures["answered"], figures["abandoned"]) == (66, 46, 6)
    assert (figures["timed_out"], figures["key_exit"], figures["transferred"]) == (3, 3, 7)
    assert figures["live_equals_history"] is True
    assert figures["cells"] > 50


def test_the_demo_leaves_no_process_that_could_hold_a_port(demo: Ran, demo_home: Path) -> None:
    assert demo.code == 0
    assert processes_on(demo_home) == []
    assert kvota("broker", "status", home=demo_home).code == 1
    assert [each for each in psutil.process_iter(["cmdline"]) if str(demo_home) in str(each.info["cmdline"])] == []


def test_the_report_gives_the_truth_by_queue(demo: Ran, demo_home: Path) -> None:
    assert demo.code == 0
    report = kvota("report", "call_centre", "--json", home=demo_home).json
    totals = {row["queue"]: row for row in report["rows"] if row["interval"] is None}
    assert {queue: {name: row[name] for name in TRUTH[queue]} for queue, row in totals.items()} == TRUTH
    levels = [column for column in totals["sales"] if column.startswith("service_level_")]
    assert len(levels) >= 5
    assert {policy["id"] for policy in report["policies"]} >= set(levels)


def test_a_second_demo_on_the_same_log_counts_nothing_twice(demo: Ran, demo_home: Path) -> None:
    again = kvota("demo", "--once", "--json", home=demo_home)
    assert again.code == 0
    assert {**again.json, "seconds": 0} == {**demo.json, "seconds": 0}


@pytest.mark.usefixtures("kafka_up")
def test_a_number_is_explained_by_events_that_sum_up_to_it(demo_home: Path) -> None:
    rows = kvota("report", "rep_day", "rep=Anna Ivanova", "--json", home=demo_home).json["rows"]
    explained = kvota("explain", "rep_day", "rep=Anna Ivanova", "--measure", "talk_seconds", "--json", home=demo_home)
    talk = [each["talk_seconds"] for each in explained.json["contributions"]]
    assert sum(talk) == explained.json["sum"]["talk_seconds"] == rows[0]["talk_seconds"]
    assert len(talk) == rows[0]["calls"]
    assert {each["type"] for each in explained.json["contributions"]} == {"call.ended"}


@pytest.mark.usefixtures("kafka_up")
def test_verify_says_yes_and_names_the_cell_once_an_archived_row_was_altered(demo_home: Path) -> None:
    ran = kvota("projections", "verify", "--json", home=demo_home)
    assert (ran.code, ran.json["agree"], ran.json["differences"]) == (0, True, [])
    with duckdb.connect(demo_home / "history.duckdb") as archive:
        archive.execute(
            """
            UPDATE records SET raw = encode(replace(decode(raw), '"talk_seconds":', '"talk_seconds":1'))
            WHERE id = (SELECT min(id) FROM records WHERE type = 'call.ended' AND decode(raw) LIKE '%Anna Ivanova%')
            """
        )
    altered = kvota("projections", "verify", "rep_day", home=demo_home)
    assert altered.code == 1
    assert "rep_day rep=Anna Ivanova day=2026-11-24" in altered.out
