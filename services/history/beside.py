"""What stands beside the archive for a report: the company's working days, and what the report said itself before."""

from collections.abc import Mapping
from datetime import date, datetime

import duckdb
import pyarrow as pa

from projections.calendar import UnknownCountryError
from services.history.archive import Reading, turned
from services.history.closing import known_at
from services.history.errors import BadParametersError
from services.history.questions import Question, Value
from services.history.working_days import CALENDAR, register_working_days
from services.runtime.errors import WrongField
from services.runtime.parked import PARKED
from services.runtime.shards import Positions

_NO_CALENDAR = (
    f"working days are known from {CALENDAR.start} to {CALENDAR.stop - 1}",
    f"рабочие дни известны с {CALENDAR.start} по {CALENDAR.stop - 1} год",
)
_TOLD, _KNOWN, _AT = "told_then", "known_then", "known_at"
_MOMENT = pa.timestamp("us", tz="UTC")


def put_beside(reading: Reading, question: Question, parameters: Mapping[str, Value]) -> None:
    """Let a reading have all that stands beside a report that is asked with these values; raises HistoryError."""
    if question.then is not None:
        _put_then(reading, question, question.then, parameters)
    _put_calendar(reading, question, parameters)


def used(question: Question, parameters: Mapping[str, Value]) -> dict[str, Value]:
    """What the SQL asks for: all but the country, whose working days stand beside it."""
    return {name: value for name, value in parameters.items() if name != question.country}


def _put_calendar(reading: Reading, question: Question, parameters: Mapping[str, Value]) -> None:
    if question.country is None:
        return
    asked = {each.name: parameters[each.name] for each in question.parameters if each.kind == "day"}
    days = {name: day for name, day in asked.items() if isinstance(day, date)}
    if wrong := [WrongField(name, *_NO_CALENDAR) for name, day in days.items() if day.year not in CALENDAR]:
        raise BadParametersError(*wrong)
    try:
        register_working_days(reading, str(parameters[question.country]), days.values())
    except UnknownCountryError as error:
        ru = f"календаря нет: {parameters[question.country]!r}; напишите страну по ISO 3166, например RU"
        raise BadParametersError(WrongField(question.country, str(error), ru)) from None


def _put_then(reading: Reading, question: Question, then: str, parameters: Mapping[str, Value]) -> None:
    """Ask the report as of each moment that it wants to be asked as of, with nothing beside it; keep what it said."""
    _put_calendar(reading, question, parameters)
    occasions = _occasions(reading.con, then, parameters)
    nothing = pa.table({column.name: pa.nulls(0) for column in question.columns})
    _put(reading.con, nothing, [])
    told, moments = list[pa.Table](), list[datetime]()
    for moment, changes in occasions:
        cut = _known_within(reading, moment)
        if any(cut.values()):
            told.append(_asked(turned(reading, cut), question, {**parameters, **changes}))
            moments.append(moment)
    turned(reading, reading.cut)
    _put(reading.con, pa.concat_tables(told) if told else nothing, moments)


def _occasions(
    con: duckdb.DuckDBPyConnection, then: str, parameters: Mapping[str, Value]
) -> list[tuple[datetime, dict[str, Value]]]:
    """As of which moments a report wants to be asked, and with what in place of its own parameters."""
    [statement] = con.extract_statements(then)
    result = con.execute(statement, {name: parameters[name] for name in statement.named_parameters})
    names = [column[0] for column in result.description]
    occasions = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return [(occasion.pop(_AT), occasion) for occasion in occasions]


def _put(con: duckdb.DuckDBPyConnection, told: pa.Table, moments: list[datetime]) -> None:
    con.register(_TOLD, told)
    con.register(_KNOWN, pa.table({"moment": pa.array(moments, _MOMENT)}))


def _asked(reading: Reading, question: Question, parameters: Mapping[str, Value]) -> pa.Table:
    """What the report said then, by today's calendar of the days that are asked for today."""
    rows: pa.Table = reading.con.sql(question.sql, params=used(question, parameters)).to_arrow_table()
    return rows


def _known_within(reading: Reading, moment: datetime) -> Positions:
    """What was known at a moment, of what the reading holds: the same whenever the same cut is asked."""
    known = {PARKED: 0} | known_at(reading.con, moment)
    cut = {PARKED: known[PARKED]} | {**reading.cut}
    return {source: min(before, cut.get(source, 0)) for source, before in known.items()}
