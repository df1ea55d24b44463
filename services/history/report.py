"""Running a report: one SELECT, read-only, as of one cut of the log."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from projections.metrics import Policy, policies_of
from services.history.archive import Archive, Reading
from services.history.beside import put_beside, used
from services.history.charts import Chart
from services.history.columns import Column, Told, disagreement
from services.history.errors import BadParametersError, BadValueError, UnknownNameError
from services.history.limits import NO_LIMITS, Limits
from services.history.questions import Question, Value, load_questions
from services.runtime.errors import WrongField
from services.runtime.shards import Positions

Field = str | int | float | bool | Decimal | date | Sequence[str] | Mapping[str, int] | None
"""What stands in one place of a report."""


@dataclass(frozen=True, slots=True)
class Report:
    """An answer, with all that is needed to get the same answer again."""

    name: str
    question: Told
    key: tuple[str, ...]
    """The columns that tell a row from all others."""
    chart: Chart | None
    """Its picture."""
    needs: Told | None
    """What would have to be there for what it cannot tell yet."""
    parameters: Mapping[str, Value]
    as_of: Positions
    """The records that it is made of: in each partition those before this offset."""
    schema: tuple[Column, ...]
    types: tuple[str, ...]
    """Of each column, as DuckDB calls it."""
    rows: tuple[tuple[Field, ...], ...]
    policies: tuple[Policy, ...]
    """The formulas by which its numbers were reckoned."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(column.name for column in self.schema)


def run_report(
    archive: Archive, name: str, given: Mapping[str, str], cut: Positions | None = None, *, country: str | None = None
) -> Report:
    """Answer a report as of a cut, or of all that is archived; raises HistoryError, which says what is wrong.

    `country` is the company's: its working days count unless `given` names another.
    """
    return answer(archive, question_named(name), given, cut, country=country)


def question_named(name: str) -> Question:
    """A report by name; raises UnknownNameError, which lists them."""
    questions = load_questions()
    if name not in questions:
        raise UnknownNameError(name, kind="report", known=questions)
    return questions[name]


def answer(
    archive: Archive,
    question: Question,
    given: Mapping[str, str],
    cut: Positions | None = None,
    *,
    country: str | None = None,
) -> Report:
    """Answer a loaded report."""
    return answer_bound(archive, question, bound(question, given, country), cut)


def bound(question: Question, given: Mapping[str, str], country: str | None) -> Mapping[str, Value]:
    """What a report is asked with, in a company of this country; raises BadParametersError."""
    assumed = {question.country: country} if question.country and country else {}
    return question.bind({**assumed, **given})


def answer_bound(
    archive: Archive,
    question: Question,
    parameters: Mapping[str, Value],
    cut: Positions | None = None,
    limits: Limits = NO_LIMITS,
) -> Report:
    """Answer a loaded report that is asked with these values, within limits; raises HistoryError."""
    with archive.reading(cut) as reading:
        with asking(reading, question, parameters, limits):
            result = reading.con.execute(question.sql, used(question, parameters))
            rows = tuple[tuple[Field, ...], ...](limits.fetch(result))
        return told(reading, question, parameters, result, rows)


@contextmanager
def asking(reading: Reading, question: Question, parameters: Mapping[str, Value], limits: Limits) -> Generator[None]:
    """Run the statement of a report in this block, with all that stands beside it, in its time; raises HistoryError."""
    try:
        with limits.time(reading.con):
            put_beside(reading, question, parameters)
            yield
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        raise _refusal(question, str(error).splitlines()[0].removeprefix("Invalid Input Error: ")) from None


def told(
    reading: Reading,
    question: Question,
    parameters: Mapping[str, Value],
    result: duckdb.DuckDBPyConnection,
    rows: tuple[tuple[Field, ...], ...],
) -> Report:
    """The answer of these rows; raises ValueError when the report does not declare the columns of the result."""
    described = [(str(column[0]), str(column[1])) for column in result.description]
    if differs := disagreement(question.columns, described):
        message = f"reports/{question.name}.sql: {differs}"
        raise ValueError(message)
    return Report(
        name=question.name,
        question=question.question,
        key=question.key,
        chart=question.chart,
        needs=question.needs,
        parameters=parameters,
        as_of=reading.cut,
        schema=question.columns,
        types=tuple(held for _, held in described),
        rows=rows,
        policies=policies_of(question.sql, reading.con),
    )


def _refusal(question: Question, said: str) -> BadValueError:
    """What the SQL refuses by `error('parameter: English | Русский')`; or what DuckDB says of a value."""
    field, _, what = said.partition(": ")
    en, _, ru = what.partition(" | ")
    if ru and any(field == parameter.name for parameter in question.parameters):
        return BadParametersError(WrongField(field, en, ru))
    return BadValueError(said)
