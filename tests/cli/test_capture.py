"""An Asterisk's own stream, read in as its owner does it: feed, projector, history, and questions to them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from services.broker.broker import Broker
from tests.captures.asterisk import AMI
from tests.cli.commands import Ran, kvota
from tests.waiting import eventually

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


@dataclass
class Company:
    """A home and the Kafka beside it, and how much lies in that."""

    home: Path
    kafka: str
    records: int = 0

    def kvota(self, *arguments: str | Path) -> Ran:
        """Run a command there."""
        return kvota(*arguments, home=self.home, KVOTA_KAFKA_BOOTSTRAP_SERVERS=self.kafka)

    def read_in(self) -> None:
        """Feed the captured stream, and wait until the live cells hold it."""
        self.records += sum(self.kvota("feed", "asterisk", "--file", AMI, "--json").json["appended"].values())
        assert eventually(self._is_live, within_s=60)

    def _is_live(self) -> bool:
        ran = self.kvota("projections", "verify", "--json")
        return ran.code == 0 and sum(ran.json["as_of"].values()) == self.records

    @property
    def verified(self) -> Any:  # noqa: ANN401  # JSON
        """What the comparison of live and history says."""
        return self.kvota("projections", "verify", "--json").json

    @property
    def totals(self) -> dict[str, dict[str, int]]:
        """The queues by the report."""
        rows = self.kvota("report", "call_centre", "--json").json["rows"]
        totals = {row["queue"]: row for row in rows if row["interval"] is None}
        return {queue: {name: row[name] for name in TRUTH[queue]} for queue, row in totals.items()}


@pytest.fixture(scope="module")
def company(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Give a company, with a projector at work, into whose log the captured stream has been read."""
    own = tmp_path_factory.mktemp("home")
    with Broker(home=home, data_dir=own / "broker").running() as address:
        company = Company(own, address)
        assert company.kvota("topics", "create").code == 0
        environment = {**os.environ, "KVOTA_KAFKA_BOOTSTRAP_SERVERS": address, "KVOTA_PROJECTOR_PORT": "0"}
        with subprocess.Popen([sys.executable, "-m", "services.projector"], env=environment) as projector:
            try:
                company.read_in()
                yield company
            finally:
                projector.terminate()


def test_the_report_gives_the_truth_by_queue(company: Company) -> None:
    assert company.totals == TRUTH


def test_the_report_names_its_service_levels_by_policy(company: Company) -> None:
    report = company.kvota("report", "call_centre", "--json").json
    levels = [column for column in report["rows"][0] if column.startswith("service_level_")]
    assert len(levels) >= 5
    assert {policy["id"] for policy in report["policies"]} >= set(levels)


def test_the_same_stream_read_in_again_counts_nothing_twice(company: Company) -> None:
    before = company.verified
    company.read_in()
    after = company.verified
    assert (after["agree"], after["cells"]) == (True, before["cells"])
    assert company.totals == TRUTH


def test_a_number_is_explained_by_events_that_sum_up_to_it(company: Company) -> None:
    rows = company.kvota("report", "rep_day", "rep=Anna Ivanova", "--json").json["rows"]
    explained = company.kvota("explain", "rep_day", "rep=Anna Ivanova", "--measure", "talk_seconds", "--json").json
    talk = [each["talk_seconds"] for each in explained["contributions"]]
    assert sum(talk) == explained["sum"]["talk_seconds"] == rows[0]["talk_seconds"]
    assert len(talk) == rows[0]["calls"]
    assert {each["type"] for each in explained["contributions"]} == {"call.ended"}


def test_verify_says_yes_and_names_the_cell_once_an_archived_row_was_altered(company: Company) -> None:
    ran = company.kvota("projections", "verify", "--json")
    assert (ran.code, ran.json["agree"], ran.json["differences"]) == (0, True, [])
    with duckdb.connect(company.home / "history.duckdb") as archive:
        archive.execute(
            """
            UPDATE records SET raw = encode(replace(decode(raw), '"talk_seconds":', '"talk_seconds":1'))
            WHERE id = (SELECT min(id) FROM records WHERE type = 'call.ended' AND decode(raw) LIKE '%Anna Ivanova%')
            """
        )
    altered = company.kvota("projections", "verify", "rep_day")
    assert altered.code == 1
    assert "rep_day rep=Anna Ivanova day=2026-11-24" in altered.out
