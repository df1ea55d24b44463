"""The report of a day's sales counts deals whole, each currency by itself, and refunds on their own day."""

from datetime import date, timedelta
from typing import Any

from events.deals import Credit
from services.history.archive import Archive
from services.history.report import run_report
from tests.events.examples.dates import TODAY
from tests.telling import ANNA, BORIS, DECISIONS, decided, lying, refunded, won

TOMORROW = TODAY + timedelta(days=1)
SPLIT = tuple(Credit(rep=rep, share_bp=5_000, amount_minor=500) for rep in (ANNA, BORIS))


def rows(archive: Archive, **given: date) -> list[dict[str, Any]]:
    """Ask, and give the rows by column."""
    report = run_report(archive, "sales_day", {name: day.isoformat() for name, day in given.items()})
    return [dict(zip(report.columns, row, strict=True)) for row in report.rows]


def row(day: date, currency: str, wins: int, won_minor: int, refunded_minor: int) -> dict[str, Any]:
    """Give a row as it is expected."""
    sums = {"wins": wins, "won_minor": won_minor, "refunded_minor": refunded_minor}
    return {"day": day, "currency": currency} | sums | {"booked_minor": won_minor - refunded_minor}


def test_each_day_and_currency_has_its_sales_and_its_refunds(archive: Archive) -> None:
    archive.ingest(
        lying(
            [
                decided(won(1_000, "d1", credits=SPLIT), "deal/d1", 1),
                decided(won(300, "d2"), "deal/d2", 1),
                decided(won(70, "d3", currency="EUR"), "deal/d3", 1),
                decided(refunded(200, "d1", day=TOMORROW), "deal/d1", 2),
                decided(won(10, "d4", day=TOMORROW), "deal/d4", 1),
            ],
            DECISIONS,
        )
    )
    today = [row(TODAY, "EUR", 1, 70, 0), row(TODAY, "RUB", 2, 1_300, 0)]
    tomorrow = [row(TOMORROW, "RUB", 1, 10, 200)]
    assert rows(archive) == today + tomorrow
    assert rows(archive, day=TODAY) == today
    assert rows(archive, **{"from": TOMORROW}) == tomorrow
    assert rows(archive, to=TOMORROW) == today


def test_where_nothing_was_sold_there_is_no_row(archive: Archive) -> None:
    assert rows(archive) == []
