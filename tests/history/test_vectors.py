"""Published service levels, of calls appended to a real log: the report made of them comes to the published numbers."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import pytest

from events.event import Event
from services.feeds.appender import append as append_facts
from services.history.archive import Archive
from services.history.archiver import Archiver
from services.history.report import run_report
from services.runtime.settings import KafkaSettings
from services.runtime.topics import ensure_topics, source_topics
from tests.events.examples.record import fact
from tests.history.published import of_one, vectors
from tests.telling import PBX, abandoned, answered

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

POLICIES = ("answered_only", "offered", "removed", "ignore_abandon_within_threshold", "exclude_short")


async def test_service_levels_come_to_what_was_published(fresh_kafka: KafkaSettings, archive: Archive) -> None:
    """A call goes through the feeds' appender; a queue for each example."""
    await ensure_topics(fresh_kafka.bootstrap_servers, source_topics())
    examples = vectors("service_level")
    calls = [
        fact(event, PBX, f"call/{name}-{number}", 1).envelope
        for name, example in examples.items()
        for number, event in enumerate(_calls(name, example["input"]))
    ]
    await append_facts(fresh_kafka, calls)
    await Archiver(fresh_kafka, archive).catch_up()
    for name, example in examples.items():
        told, expected = example["input"], example["expected"]
        if not told["answered"] and not told["abandoned"]:
            assert run_report(archive, "call_centre", {"queue": name}).rows == ()
            continue
        given = {"queue": name} | {each: str(told[each]) for each in ("threshold", "short") if each in told}
        row = of_one(archive, "call_centre", given, interval=None)
        levels = {policy: str(row[f"service_level_{policy}"]) for policy in POLICIES if policy in expected}
        assert levels == {policy: expected[policy] for policy in POLICIES if policy in expected}
        assert "asa" not in expected or str(row["asa"]) == expected["asa"]
        assert (row["answered"], row["abandoned"]) == (len(told["answered"]), len(told["abandoned"]))


def _calls(queue: str, told: Mapping[str, Any]) -> Iterable[Event]:
    yield from (answered(wait, queue=queue) for wait in told["answered"])
    yield from (abandoned(wait, queue=queue) for wait in told["abandoned"])


async def test_waits_fall_into_the_published_bins(fresh_kafka: KafkaSettings, archive: Archive) -> None:
    [(name, example)] = [(name, each) for name, each in vectors("service_level").items() if "edges" in each["input"]]
    await ensure_topics(fresh_kafka.bootstrap_servers, source_topics())
    events = list(_calls(name, example["input"]))
    await append_facts(
        fresh_kafka, [fact(each, PBX, f"call/{number}", 1).envelope for number, each in enumerate(events)]
    )
    await Archiver(fresh_kafka, archive).catch_up()
    edges = [0, *example["input"]["edges"], 10**9]
    with archive.cursor() as con:
        waits = con.execute(
            "SELECT wait, answered, sum(calls) FROM queue_interval WHERE clock = 'enqueue' GROUP BY ALL"
        ).fetchall()
    for is_answered, bins in ((1, "answered_bins"), (0, "abandoned_bins")):
        found = [
            sum(calls for wait, said, calls in waits if said == is_answered and low <= wait < high)
            for low, high in pairwise(edges)
        ]
        assert found == example["expected"][bins]
