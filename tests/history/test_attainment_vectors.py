"""Published examples of attainment, decided on a real log: reports and formulas come to the published numbers."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from events.deals import Credit, DealLost, DealOpened
from events.event import Event
from events.money import share_out
from projections.calendar import working_dates
from services.history.archive import Archive
from services.history.archiver import Archiver
from services.runtime.settings import KafkaSettings
from tests.desk.desks import desk_running
from tests.events.examples.dates import at, when
from tests.history.published import attainment, decide_all, minor, months_from, of_one, rows_of
from tests.telling import ANNA, BORIS, assigned, period, won

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

OPEN = """
SELECT amount_minor, stage, strftime(expected_on, '%Y-%m') AS month
FROM deals WHERE type = 'deal.opened' AND deal NOT IN (SELECT deal FROM deals WHERE type IN ('deal.won', 'deal.lost'))
"""
"""What an auditor asks for in SQL: no report has the pipeline, though there are formulas of it."""


async def test_attainment_comes_to_what_was_published(fresh_kafka: KafkaSettings, archive: Archive) -> None:
    """A yearly quota in twelve months, and what two of them brought (Oracle)."""
    told, expected = attainment("TV-19")
    months = months_from(date(2026, 1, 1), 12)
    targets = [minor(each) for each in expected["period_quotas"]]
    quota = assigned(*(period(*each) for each in zip(targets, months, months[1:], strict=False)))
    assert quota.target == minor(told["quota"])
    deals = [_deal(number, months[number], minor(credit)) for number, credit in enumerate(told["credits"])]
    await decide_all(
        fresh_kafka, {"quota/anna": quota} | {f"deal/d{number}": deal for number, deal in enumerate(deals)}
    )
    await Archiver(fresh_kafka, archive).catch_up()
    for number, wanted in enumerate(expected["attainment"]):
        as_of = str(months[number + 1] - timedelta(days=1))
        row = of_one(archive, "quota_attainment", {"as_of": as_of}, level="rep")
        assert row["quota_minor"] == targets[number]
        assert row["attainment"] == 100 * Decimal(wanted)


@pytest.mark.parametrize("name", ["TV-24", "TV-25"])
async def test_shares_of_deals_come_to_what_was_published(
    fresh_kafka: KafkaSettings, archive: Archive, name: str
) -> None:
    """A rep is credited with a part of a deal (ERPNext)."""
    told, expected = attainment(name)
    month = date(2026, 11, 1)
    deals = {
        f"deal/d{number}": _deal(number, month, minor(amount), float(share))
        for number, (amount, share) in enumerate(zip(told["credits"], told["shares"], strict=True))
    }
    await decide_all(fresh_kafka, {"quota/anna": assigned(period(minor(told["quota"])))} | deals)
    await Archiver(fresh_kafka, archive).catch_up()
    row = of_one(archive, "quota_attainment", {"as_of": "2026-11-30"}, level="rep", rep=ANNA)
    assert row["booked_minor"] == minor(expected["credited"])
    if "variance" in expected:
        assert row["booked_minor"] - row["quota_minor"] == minor(expected["variance"])
    for wanted in expected.get("attainment", []):
        assert row["attainment"] == 100 * Decimal(wanted)


async def test_pace_and_what_is_needed_come_to_what_was_published(fresh_kafka: KafkaSettings, archive: Archive) -> None:
    """A rep is half way through ninety working days, with three deals of ten won, and others open."""
    told, expected = attainment("TV-20")
    days = working_dates("RU", date(2026, 1, 1), date(2027, 1, 1))
    starts_on, as_of, ends_on = days[0], days[told["elapsed_days"] - 1], days[told["days"]]
    wins = round(10 * Decimal(told["win_rate"]))
    parts = share_out(sum(map(minor, told["credits"])), dict.fromkeys(range(wins), 1))
    log: dict[str, Event] = {"quota/anna": assigned(period(minor(told["quota"]), starts_on, ends_on))}
    log |= {f"deal/d{number}": _deal(number, as_of, part) for number, part in parts.items()}
    log |= {f"deal/l{number}": _lost(f"l{number}", as_of) for number in range(10 - wins)}
    log |= _open(told["pipeline"], expected_on=ends_on)
    await decide_all(fresh_kafka, log)
    await Archiver(fresh_kafka, archive).catch_up()
    row = of_one(archive, "quota_attainment", {"as_of": str(as_of)}, level="rep")
    assert (row["elapsed_days"], row["working_days"]) == (told["elapsed_days"], told["days"])
    names = {"gap": "gap_minor", "required_per_day": "required_per_day_minor", "projected": "forecast_minor"}
    assert {name: row[column] for name, column in names.items()} == {name: minor(expected[name]) for name in names}
    sold = of_one(archive, "rep_performance", {"by": "year"}, rep=ANNA)
    assert sold["win_rate"] == 100 * Decimal(told["win_rate"])
    booked, quota, won, lost = row["booked_minor"], row["quota_minor"], sold["deals_won"], sold["deals_lost"]
    reckoned = f"""
    SELECT pace_per_day_v1({booked}, {row["elapsed_days"]}), pipeline_needed_v1({booked}, {quota}, {won}, {won + lost}),
           coverage_of_remaining_v1(sum(amount_minor), {booked}, {quota}) FROM ({OPEN})
    """
    per_day, needed, coverage = _ask(archive, reckoned)[0]
    assert (per_day, needed) == (minor(expected["pace_per_day"]), minor(expected["pipeline_needed"]))
    assert str(coverage) == expected["coverage_of_remaining"]


async def test_a_pipeline_covers_a_quota_as_was_published(fresh_kafka: KafkaSettings, archive: Archive) -> None:
    told, expected = attainment("TV-21")
    await decide_all(fresh_kafka, {"quota/anna": assigned(period(minor(told["quota"])))} | _open(told["pipeline"]))
    await Archiver(fresh_kafka, archive).catch_up()
    row = of_one(archive, "quota_attainment", {"as_of": "2026-11-30"}, level="rep", rep=ANNA)
    assert row["booked_minor"] == sum(map(minor, told["credits"]))
    [(coverage,)] = _ask(archive, f"SELECT coverage_of_quota_v1(sum(amount_minor), {row['quota_minor']}) FROM ({OPEN})")
    assert str(coverage) == expected["coverage_of_quota"]


async def test_open_deals_are_weighed_by_month_as_was_published(fresh_kafka: KafkaSettings, archive: Archive) -> None:
    """How likely a stage is to end in a sale stands in no event: here each stage is called by its percentage."""
    told, expected = attainment("TV-28")
    log: dict[str, Event] = {}
    for number, (amount, chance, month) in enumerate(told["deals"]):
        expected_on = date.fromisoformat(f"{month}-15")
        log |= _open(amount, f"o{number}", expected_on=expected_on, stage=str(round(100 * Decimal(chance))))
    await decide_all(fresh_kafka, log)
    await Archiver(fresh_kafka, archive).catch_up()
    forecast = f"SELECT month, weighted_forecast_v1(amount_minor, stage::INT, 100) FROM ({OPEN}) GROUP BY month"
    assert dict(_ask(archive, forecast)) == {month: minor(amount) for month, amount in expected["forecast"].items()}


async def test_quotas_by_month_come_to_what_was_published(
    fresh_kafka: KafkaSettings, archive: Archive, tmp_path: Path
) -> None:
    """The desk shares a target out over HTTP, and the report says what is asked for in each month.

    Where a year is pro-rated by its days (TV-22), each month weighs as many as it has. Where a newcomer is asked for a
    list of amounts (TV-29), these are the weights: the desk's own ramp is in hundredths of a percent of the whole.
    """
    pro_rated, ramped = attainment("TV-22"), attainment("TV-29")
    even, parts = attainment("TV-L1")
    year = months_from(date(2026, 1, 1), 12)
    by_days = {"weights": [(after - first).days for first, after in pairwise(year)], "prorating": "calendar_days"}
    amounts = [minor(amount) for amount in ramped[1]["period_quotas"]]
    asked: dict[str, dict[str, Any]] = {
        "TV-22": {"target": minor(pro_rated[0]["quota"]), **by_days},
        "TV-29": {"target": sum(amounts), "weights": amounts},
        "TV-L1": {"target": minor(even["quota"])},
    }
    hired = {"TV-22": pro_rated[0]["start"]}
    lengths = {"TV-22": 12, "TV-29": ramped[0]["months"], "TV-L1": even["periods"]}
    reps = dict[str, str]()
    async with desk_running(str(fresh_kafka.bootstrap_servers), tmp_path) as desk:
        unit = await _made(desk, "units", kind="team", title="Север", starts_on="2026-01-01")
        for name, body in asked.items():
            starts_on = hired.get(name, "2026-01-01")
            reps[name] = await _made(desk, "reps", name=name, unit=unit, post="sales", starts_on=starts_on)
            ends_on = months_from(date(2026, 1, 1), lengths[name])[-1]
            days = {"starts_on": "2026-01-01", "ends_on": str(ends_on), "currency": "RUB"}
            await _made(desk, "quotas", holder=reps[name], holder_kind="rep", **days, **body)
    await Archiver(fresh_kafka, archive).catch_up()
    came = {name: _by_month(archive, reps[name], lengths[name]) for name in asked}
    assert came["TV-29"] == amounts
    assert sum(came["TV-22"]) == minor(pro_rated[1]["prorated_quota"])
    assert [quota > 0 for quota in came["TV-22"]] == [False] * 5 + [True] * 7
    assert sorted(came["TV-L1"]) == sorted(map(minor, parts["period_quotas"]))
    assert came["TV-L1"][-1] == max(came["TV-L1"]), "the desk gives the odd kopeck to the last month, not to the first"


def _by_month(archive: Archive, rep: str, months: int) -> list[int]:
    """Give what is asked of a rep in each month from January on: nothing in a month without a row."""
    names = [f"{first:%Y-%m}" for first in months_from(date(2026, 1, 1), months)[:-1]]
    answers = [rows_of(archive, "quota_attainment", {"period": name, "rep": rep}) for name in names]
    return [sum(row["quota_minor"] for row in rows) for rows in answers]


async def _made(desk: httpx.AsyncClient, noun: str, **body: Any) -> str:  # noqa: ANN401  # JSON
    answer = await desk.post(f"/v1/{noun}", json=body)
    assert answer.status_code == 201, answer.text
    return str(next(iter(answer.json().values())))


def _deal(number: int, day: date, amount: int, share: float = 1) -> Event:
    part = round(amount * share)
    parts = [Credit(rep=ANNA, share_bp=round(10_000 * share), amount_minor=part)]
    if share < 1:
        parts.append(Credit(rep=BORIS, share_bp=10_000 - round(10_000 * share), amount_minor=amount - part))
    return won(amount, f"d{number}", day=day, occurred_at=at(12), credits=tuple(parts))


def _lost(deal: str, day: date) -> Event:
    about = {"deal": deal, "customer": "x", "rep": ANNA, "amount_minor": 700, "currency": "RUB"}
    return DealLost.model_validate(
        when(14, day=day) | about | {"reason": "price", "stage_left": "offer", "days_in_stage": 3}
    )


def _open(
    amount: str, deal: str = "o", expected_on: date = date(2026, 12, 1), stage: str = "offer"
) -> dict[str, Event]:
    """Give a deal that is open, by its stream."""
    about = {"deal": deal, "customer": "x", "rep": ANNA, "amount_minor": minor(amount), "currency": "RUB"}
    opened = DealOpened.model_validate(when(9) | about | {"stage": stage, "expected_on": expected_on})
    return {f"deal/{deal}": opened}


def _ask(archive: Archive, sql: str) -> list[tuple[Any, ...]]:
    with archive.cursor() as con:
        return con.execute(sql).fetchall()
