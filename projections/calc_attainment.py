"""The attainment calculator: quotas, credits and forecasts at hand, by the very macros that reports use.

Amounts come as decimal text, in a currency with hundredths. A split, a sum or a difference is written with as many
decimals as its inputs have, unless it needs two; a product or a quotient with two; parts of 1 with four.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast, get_args

import duckdb
import pyarrow as pa

from events.money import Ties, share_out
from projections.calc import Answer, BadInputError
from projections.calendar import UnknownCountryError, working_days
from projections.metrics import create_metrics_sql

_NUMBER = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,9})?", re.ASCII)
_CENT = 2
_MOST_PERIODS = 10_000
_AMOUNTS: list[tuple[str, pa.DataType]] = [("label", pa.string()), ("amount", pa.int64()), ("part", pa.int64())]


@dataclass(frozen=True, slots=True)
class _Amount:
    minor: int
    digits: int
    """Decimals that it was written with, or has to be."""

    def __str__(self) -> str:
        digits = self.digits if self.minor % 10 ** (_CENT - self.digits) == 0 else _CENT
        return f"{Decimal(self.minor).scaleb(-_CENT):.{digits}f}"


def calc_attainment(given: Mapping[str, object]) -> Answer:
    """Whatever can be said of a quota with what is given; raises BadInputError, which names the field.

    `quota` with `periods` is split evenly (`ties`: who takes an odd unit, the `first` or the `last` period); with
    `credits`, and `shares` of them, comes attainment, by period where there are periods; with `elapsed_days` of `days`
    the pace and the forecast; with `pipeline` and `win_rate` coverage; with `start`, `interval` and `prorate` the quota
    of somebody who was there for a part. `ramp`, `full` and `months` give the quotas of a newcomer, `deals` (amount,
    probability, month) the weighted forecast.
    """
    with duckdb.connect() as con:
        con.execute(create_metrics_sql())
        return _Calculator(con, given).answer()


class _Calculator:
    def __init__(self, con: duckdb.DuckDBPyConnection, given: Mapping[str, object]) -> None:
        self._con, self._given = con, given
        self._quota = _amount("quota", given["quota"]) if given.get("quota") is not None else None

    def answer(self) -> Answer:
        periods = self._split() if "periods" in self._given else None
        parts: list[Answer] = [
            self._ramp() if "ramp" in self._given or "full" in self._given else {},
            {"period_quotas": _written(periods)} if periods is not None else {},
            self._credits(periods) if "credits" in self._given else {},
            self._prorated() if "prorate" in self._given else {},
            self._forecast() if "deals" in self._given else {},
        ]
        return {name: value for part in parts for name, value in part.items()}

    def _split(self) -> list[_Amount]:
        quota, count = self._needed(), _whole("periods", self._given["periods"])
        ties = self._given.get("ties", "first")
        if ties not in get_args(Ties):
            raise BadInputError(_said("ties", ties, "first or last"))
        if not 1 <= count <= _MOST_PERIODS:
            raise BadInputError(_said("periods", count, f"a number from 1 to {_MOST_PERIODS}"))
        split = share_out(quota.minor, dict.fromkeys(range(count), 1), ties=cast("Ties", ties))
        return [_Amount(minor, quota.digits) for minor in split.values()]

    def _ramp(self) -> Answer:
        steps = [_amount("ramp", step) for step in _list("ramp", self._given.get("ramp", []))]
        months = _whole("months", self._given.get("months", len(steps)))
        if months > _MOST_PERIODS:
            raise BadInputError(_said("months", months, f"a number to {_MOST_PERIODS}"))
        if months > len(steps):
            steps += [_amount("full", self._given.get("full"))] * (months - len(steps))
        return {"period_quotas": _written(steps[:months])}

    def _credits(self, periods: Sequence[_Amount] | None) -> Answer:
        credits_ = [_amount("credits", each) for each in _list("credits", self._given["credits"])]
        shares, whole = self._shares(len(credits_))
        parts = [(credit.minor, share) for credit, share in zip(credits_, shares, strict=True)]
        total = self._sum("SELECT credited_v1(amount, part, $whole) FROM amounts", parts, whole)
        shared = "shares" in self._given
        booked = _Amount(total, _CENT if shared else max([0, *(credit.digits for credit in credits_)]))
        answer: Answer = {"credited": str(booked)}
        if self._quota is None:
            return answer
        digits = max(booked.digits, self._quota.digits)
        answer["variance"] = str(_Amount(booked.minor - self._quota.minor, digits))
        answer["attainment"] = [
            self._attainment(amount * share, quota.minor * whole)
            for amount, share, quota in _against(parts, periods, self._quota)
        ]
        return answer | self._standing(booked.minor, self._quota.minor, digits)

    def _shares(self, count: int) -> tuple[list[int], int]:
        """The share of each credit, as parts of a whole."""
        if "shares" not in self._given:
            return [1] * count, 1
        shares, whole = _fractions("shares", _list("shares", self._given["shares"]))
        if len(shares) != count:
            raise BadInputError(_said("shares", len(shares), f"as many as there are credits, {count}"))
        return shares, whole

    def _attainment(self, booked: int, quota: int) -> str | None:
        percent = self._row("SELECT attainment_v1($booked, $quota)", {"booked": booked, "quota": quota})[0]
        return None if percent is None else str(percent.scaleb(-2))

    def _standing(self, booked: int, quota: int, digits: int) -> Answer:
        about = {"booked": booked, "quota": quota}
        answer: Answer = {"gap": str(_Amount(self._row("SELECT gap_v1($booked, $quota)", about)[0], digits))}
        if "elapsed_days" in self._given or "days" in self._given:
            answer |= self._pace(about)
        if "pipeline" in self._given:
            answer |= self._coverage(about | {"pipeline": _amount("pipeline", self._given["pipeline"]).minor})
        if "win_rate" in self._given:
            answer["pipeline_needed"] = self._pipeline_needed(about)
        return answer

    def _pace(self, about: Mapping[str, int]) -> Answer:
        elapsed, days = (_whole(name, self._given.get(name)) for name in ("elapsed_days", "days"))
        if elapsed > days:
            raise BadInputError(_said("elapsed_days", elapsed, f"no more than the {days} days"))
        money = """
            SELECT pace_per_day_v1($booked, $elapsed)                              AS pace_per_day,
                   required_per_day_v1($booked, $quota, $elapsed, $days)           AS required_per_day,
                   forecast_v1($booked, $elapsed, $days)                           AS projected
        """
        ratios = """
            SELECT expected_share_v1($elapsed, $days)                              AS expected_share,
                   attainment_to_date_v1($booked, $quota, $elapsed, $days)         AS attainment_to_date,
                   pace_v1($booked, $quota, $elapsed, $days)                       AS pace
        """
        times = dict(about) | {"elapsed": elapsed, "days": days}
        amounts = {name: _money(minor) for name, minor in self._named(money, times).items()}
        shares = {name: _part_of_one(percent) for name, percent in self._named(ratios, times).items()}
        return {**amounts, **shares}

    def _coverage(self, about: Mapping[str, int]) -> Answer:
        sql = """
            SELECT coverage_of_quota_v1($pipeline, $quota)                         AS coverage_of_quota,
                   coverage_of_remaining_v1($pipeline, $booked, $quota)            AS coverage_of_remaining
        """
        return {name: None if times is None else str(times) for name, times in self._named(sql, about).items()}

    def _pipeline_needed(self, about: Mapping[str, int]) -> str | None:
        [part], whole = _fractions("win_rate", [self._given["win_rate"]])
        sql = "SELECT pipeline_needed_v1($booked, $quota, $part, $whole)"
        return _money(self._row(sql, dict(about) | {"part": part, "whole": whole})[0])

    def _prorated(self) -> Answer:
        starts_on, ends_on = (_day("interval", each) for each in _pair("interval", self._given.get("interval")))
        start = min(max(_day("start", self._given.get("start")), starts_on), ends_on)
        there, days = self._count(start, ends_on), self._count(starts_on, ends_on)
        about = {"quota": self._needed().minor, "there": there, "days": days}
        ratio = self._row("SELECT percent($there, $days)", {"there": there, "days": days})[0]
        prorated = self._row("SELECT prorated_v1($quota, $there, $days)", about)[0]
        return {"days": there, "ratio": _part_of_one(ratio), "prorated_quota": _money(prorated)}

    def _count(self, start: date, end: date) -> int:
        match self._given["prorate"]:
            case "calendar_inclusive":
                return max(0, (end - start).days)
            case "working_days":
                try:
                    return working_days(str(self._given.get("country", "")), start, end)
                except UnknownCountryError as error:
                    message = f"country: {error}"
                    raise BadInputError(message) from None
            case other:
                raise BadInputError(_said("prorate", other, "calendar_inclusive or working_days"))

    def _forecast(self) -> Answer:
        deals = [_triple("deals", each) for each in _list("deals", self._given["deals"])]
        amounts = [_amount("deals", deal[0]).minor for deal in deals]
        parts, whole = _fractions("deals", [deal[1] for deal in deals])
        months = [str(deal[2]) for deal in deals]
        self._register(zip(months, amounts, parts, strict=True))
        sql = "SELECT label, weighted_forecast_v1(amount, part, $whole) FROM amounts GROUP BY label ORDER BY label"
        rows = self._con.execute(sql, {"whole": whole}).fetchall()
        return {"forecast": {month: _money(minor) for month, minor in rows}}

    def _needed(self) -> _Amount:
        if self._quota is None:
            raise BadInputError(_said("quota", None, "an amount"))
        return self._quota

    def _sum(self, sql: str, parts: Sequence[tuple[int, int]], whole: int) -> int:
        self._register(("", amount, part) for amount, part in parts)
        return int(self._row(sql, {"whole": whole})[0])

    def _register(self, rows: Iterable[tuple[str, int, int]]) -> None:
        columns = list(zip(*rows, strict=True)) or [()] * len(_AMOUNTS)
        arrays = [pa.array(column, kind) for column, (_, kind) in zip(columns, _AMOUNTS, strict=True)]
        self._con.register("amounts", pa.table(arrays, schema=pa.schema(_AMOUNTS)))

    def _row(self, sql: str, about: Mapping[str, int]) -> tuple[Any, ...]:
        return self._con.execute(sql, dict(about)).fetchall()[0]

    def _named(self, sql: str, about: Mapping[str, int]) -> dict[str, Any]:
        used = {name: value for name, value in about.items() if f"${name}" in sql}
        result = self._con.execute(sql, used)
        return dict(zip([column[0] for column in result.description], result.fetchall()[0], strict=True))


def _against(
    parts: Sequence[tuple[int, int]], periods: Sequence[_Amount] | None, quota: _Amount
) -> Iterable[tuple[int, int, _Amount]]:
    """What is measured against what: with periods each credit against its own, else all against the quota."""
    if periods is None:
        return [(sum(amount * share for amount, share in parts), 1, quota)]
    if len(parts) > len(periods):
        raise BadInputError(_said("credits", len(parts), f"no more than the {len(periods)} periods"))
    return [(amount, share, period) for (amount, share), period in zip(parts, periods, strict=False)]


def _amount(field: str, value: object) -> _Amount:
    number = _number(field, value)
    digits = _digits(number)
    if digits > _CENT or abs(number) * 100 >= 2**53:
        raise BadInputError(_said(field, value, "an amount with two decimals at the most"))
    return _Amount(int(number.scaleb(_CENT)), digits)


def _fractions(field: str, values: Sequence[object]) -> tuple[list[int], int]:
    """Fractions as parts of one whole, a power of ten: exact."""
    numbers = [_number(field, value) for value in values]
    if any(not 0 <= number <= 100 for number in numbers):  # noqa: PLR2004  # an overlay may credit more than the whole
        raise BadInputError(_said(field, [*map(str, numbers)], "parts of 1, none below 0"))
    digits = max([0, *map(_digits, numbers)])
    return [int(number.scaleb(digits)) for number in numbers], 10**digits


def _number(field: str, value: object) -> Decimal:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise BadInputError(_said(field, value, "a decimal number, written as text"))
    return Decimal(text)


def _digits(number: Decimal) -> int:
    return -int(number.as_tuple().exponent)


def _whole(field: str, value: object) -> int:
    number = _number(field, value)
    if number < 0 or _digits(number):
        raise BadInputError(_said(field, value, "a whole number"))
    return int(number)


def _day(field: str, value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise BadInputError(_said(field, value, "a day, as in 2026-11-24")) from None


def _list(field: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise BadInputError(_said(field, value, "a list"))
    return value


def _pair(field: str, value: object) -> list[object]:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004  # a pair
        raise BadInputError(_said(field, value, "a first day and the first day after it"))
    return value


def _triple(field: str, value: object) -> list[object]:
    if not isinstance(value, list) or len(value) != 3:  # noqa: PLR2004  # a triple
        raise BadInputError(_said(field, value, "an amount, a probability and a month"))
    return value


def _said(field: str, value: object, wanted: str) -> str:
    return f"{field}: {value!r} is not {wanted}"


def _written(amounts: Sequence[_Amount]) -> list[str]:
    """All with as many decimals as the one that needs most."""
    texts = [str(amount) for amount in amounts]
    digits = max([0, *(len(text.partition(".")[2]) for text in texts)])
    return [f"{Decimal(text):.{digits}f}" for text in texts]


def _money(minor: int | None) -> str | None:
    return None if minor is None else str(_Amount(minor, _CENT))


def _part_of_one(percent: Decimal | None) -> str | None:
    return None if percent is None else str(percent.scaleb(-2))
