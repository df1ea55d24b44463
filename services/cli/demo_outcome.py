"""What a day came to, as history answers it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from services.runtime.errors import ClearError
from services.simulator.plan import Plan

_WITHIN_S = 120.0

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of one day, and whether the live cells and history agree about every number behind them."""

    seed: int
    day: str
    calls: int
    """Calls that came into a queue, and calls out."""
    queues: dict[str, dict[str, int]]
    wins: int
    currency: str
    won_minor: int
    refunded_minor: int
    quota_minor: int
    """What all reps are asked for in the month."""
    attainment: str | None
    """What was won, less what went back, in percent of the quota."""
    cells: int
    live_equals_history: bool
    differences: list[str]

    def as_dict(self) -> dict[str, object]:
        """The figures as one JSON object."""
        return asdict(self)

    def rows(self) -> list[dict[str, str | int | None]]:
        """The figures as rows for a terminal: amounts as everywhere in minor units, such as kopecks."""
        queues = {f"{queue}, {name}": count for queue, counts in self.queues.items() for name, count in counts.items()}
        sales = {
            f"{name} {self.currency}": amount
            for name, amount in (
                ("won_minor", self.won_minor),
                ("refunded_minor", self.refunded_minor),
                ("quota_minor", self.quota_minor),
            )
        }
        figures = {"calls": self.calls, **queues, "wins": self.wins, **sales, "attainment %": self.attainment}
        return [{"figure": name, "value": value} for name, value in figures.items()]


async def ask(history: str, who: Mapping[str, str], plan: Plan) -> Outcome:
    """Ask history at this URL, as `who` says, about the day of a plan; raises ClearError for what it refuses."""
    async with httpx.AsyncClient(base_url=f"{history}/v1/", headers=who, timeout=_WITHIN_S, trust_env=False) as client:
        agreed = await _answer(client, "verify")
        day = plan.day.isoformat()
        queues = _rows(await _answer(client, "reports/call_centre", day=day, zone=plan.zone))
        reps = _rows(await _answer(client, "reports/rep_day", day=day))
        sales = _rows(await _answer(client, "reports/sales_day", day=day))
        quotas = _rows(await _answer(client, "reports/quota_attainment", as_of=day))
    totals = [row for row in queues if row["interval"] is None]
    [sold] = [row for row in sales if row["currency"] == plan.currency]
    [company] = [row for row in quotas if row["level"] == "company" and row["denominator"] == "members"]
    return Outcome(
        seed=plan.seed,
        day=day,
        calls=sum(row["offered"] for row in totals) + sum(row["outbound"] for row in reps),
        queues={row["queue"]: _counts(row) for row in totals},
        wins=sold["wins"],
        currency=sold["currency"],
        won_minor=sold["won_minor"],
        refunded_minor=sold["refunded_minor"],
        quota_minor=company["quota_minor"],
        attainment=company["attainment"],
        cells=agreed["cells"],
        live_equals_history=agreed["agree"],
        differences=agreed["differences"],
    )


def _counts(row: Row) -> dict[str, int]:
    return {name: row[name] for name in ("offered", "answered", "abandoned", "timed_out", "key_exit", "transferred")}


async def _answer(client: httpx.AsyncClient, question: str, **about: str) -> Row:
    answer = await client.get(question, params=about)
    body: Row = answer.json()
    if not answer.is_success:
        raise ClearError(str(body["detail"]))
    return body


def _rows(report: Row) -> Sequence[Row]:
    rows: Sequence[Row] = report["rows"]
    return rows
