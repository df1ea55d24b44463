"""Published examples, appended as events to a real log: the reports made of them come to the published numbers."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from events.deals import Credit
from events.event import Event
from services.feeds.appender import append as append_facts
from services.history.archive import Archive
from services.history.archiver import Archiver
from services.history.report import run_report
from services.runtime.settings import KafkaSettings
from services.runtime.topics import ensure_topics, source_topics
from tests.events.examples.dates import at
from tests.events.examples.record import fact
from tests.projector.workers import append_to
from tests.telling import DECISIONS, PBX, abandoned, answered, assigned, decided, period, won

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

VECTORS = Path(__file__).parents[1] / "vectors"
POLICIES = ("answered_only", "offered", "removed", "ignore_abandon_within_threshold", "exclude_short")


def vectors(name: str) -> dict[str, Mapping[str, Any]]:
    """Give published examples by their id."""
    return {each["id"]: each for each in json.loads((VECTORS / f"{name}.json").read_bytes())}


@pytest.fixture
def kafka(fresh_bootstrap: str) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=fresh_bootstrap, client_id="test")


def of_one(archive: Archive, report: str, given: Mapping[str, str], **where: str | None) -> dict[str, Any]:
    """Give the one row of a report that says this of itself."""
    found = run_report(archive, report, given)
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    [row] = [row for row in rows if all(row[name] == value for name, value in where.items())]
    return row


async def test_service_levels_come_to_what_was_published(kafka: KafkaSettings, archive: Archive) -> None:
    """A call goes through the feeds' appender; a queue for each example."""
    await ensure_topics(kafka.bootstrap_servers, source_topics())
    examples = vectors("service_level")
    calls = [
        fact(event, PBX, f"call/{name}-{number}", 1).envelope
        for name, example in examples.items()
        for number, event in enumerate(_calls(name, example["input"]))
    ]
    await append_facts(kafka, calls)
    await Archiver(kafka, archive).catch_up()
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


async def test_waits_fall_into_the_published_bins(kafka: KafkaSettings, archive: Archive) -> None:
    [(name, example)] = [(name, each) for name, each in vectors("service_level").items() if "edges" in each["input"]]
    await ensure_topics(kafka.bootstrap_servers, source_topics())
    events = list(_calls(name, example["input"]))
    await append_facts(kafka, [fact(each, PBX, f"call/{number}", 1).envelope for number, each in enumerate(events)])
    await Archiver(kafka, archive).catch_up()
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


async def test_attainment_comes_to_what_was_published(kafka: KafkaSettings, archive: Archive) -> None:
    """A yearly quota in twelve months, and what two of them brought (Oracle)."""
    told, expected = (vectors("attainment")["TV-19"][each] for each in ("input", "expected"))
    months = [date(2026 + number // 12, number % 12 + 1, 1) for number in range(13)]
    targets = [_minor(each) for each in expected["period_quotas"]]
    quota = assigned(*(period(*each) for each in zip(targets, months, months[1:], strict=False)))
    assert quota.target == _minor(told["quota"])
    deals = [_deal(number, months[number], _minor(credit)) for number, credit in enumerate(told["credits"])]
    await _decide(kafka, {"quota/anna": quota} | {f"deal/d{number}": deal for number, deal in enumerate(deals)})
    await Archiver(kafka, archive).catch_up()
    for number, wanted in enumerate(expected["attainment"]):
        as_of = str(months[number + 1] - timedelta(days=1))
        row = of_one(archive, "quota_attainment", {"as_of": as_of}, level="rep")
        assert row["quota_minor"] == targets[number]
        assert row["attainment"] == 100 * Decimal(wanted)


@pytest.mark.parametrize("name", ["TV-24", "TV-25"])
async def test_shares_of_deals_come_to_what_was_published(kafka: KafkaSettings, archive: Archive, name: str) -> None:
    """A rep is credited with a part of a deal (ERPNext)."""
    told, expected = (vectors("attainment")[name][each] for each in ("input", "expected"))
    month = date(2026, 11, 1)
    deals = {
        f"deal/d{number}": _deal(number, month, _minor(amount), float(share))
        for number, (amount, share) in enumerate(zip(told["credits"], told["shares"], strict=True))
    }
    await _decide(kafka, {"quota/anna": assigned(period(_minor(told["quota"])))} | deals)
    await Archiver(kafka, archive).catch_up()
    row = of_one(archive, "quota_attainment", {"as_of": "2026-11-30"}, level="rep", rep="anna")
    assert row["booked_minor"] == _minor(expected["credited"])
    if "variance" in expected:
        assert row["booked_minor"] - row["quota_minor"] == _minor(expected["variance"])
    for wanted in expected.get("attainment", []):
        assert row["attainment"] == 100 * Decimal(wanted)


def _minor(amount: str) -> int:
    return round(100 * float(amount))


def _deal(number: int, day: date, amount: int, share: float = 1) -> Event:
    part = round(amount * share)
    parts = [Credit(rep="anna", share_bp=round(10_000 * share), amount_minor=part)]
    if share < 1:
        parts.append(Credit(rep="boris", share_bp=10_000 - round(10_000 * share), amount_minor=amount - part))
    return won(amount, f"d{number}", day=day, occurred_at=at(12), credits=tuple(parts))


async def _decide(kafka: KafkaSettings, decisions: Mapping[str, Event]) -> None:
    await ensure_topics(kafka.bootstrap_servers, source_topics())
    records = [((DECISIONS, 0), decided(event, stream, 1)) for stream, event in decisions.items()]
    await append_to(kafka.bootstrap_servers, records)
