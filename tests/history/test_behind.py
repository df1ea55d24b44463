"""What a report declares to be behind its rows makes them: whatever it leaves out can be left out of the log."""

from collections.abc import Iterator, Mapping, Sequence

import pytest

from services.history.archive import Archive, Reading
from services.history.behind import ROW
from services.history.beside import used
from services.history.differing import Key, Row, rows_by_key
from services.history.facts_behind import Fact, Part, left_out
from services.history.limits import NO_LIMITS
from services.history.nouns_read import nouns_read
from services.history.questions import Question, Value
from services.history.rendering import plain
from services.history.report import asking, bound, question_named, told
from services.history.row_explained import RowExplained, explain_row
from tests.history.asking import empty_archive
from tests.history.log import fill
from tests.history.logs import LOGS

MOST_ROWS = 6
Place = tuple[str, int, int]
Rows = Mapping[Key, Row]

_PLACES = """
SELECT topic, "partition", "offset" FROM records
WHERE verdict = 'counts' AND noun IN (SELECT unnest($nouns::VARCHAR[]))
ORDER BY ALL
"""
_LEAVE_OUT = "SET VARIABLE otherwise = $verdicts"


def answers(
    reading: Reading, question: Question, parameters: Mapping[str, Value], without: Place | None = None
) -> Rows:
    """Give the rows of a report by their keys; as if one record did not count, where one is to be left out."""
    with asking(reading, question, parameters, NO_LIMITS):
        if without is not None:
            verdict = dict(zip(("topic", "partition", "offset"), without, strict=True)) | {"verdict": "parked"}
            reading.con.execute(_LEAVE_OUT, {"verdicts": [verdict]})
        result = reading.con.execute(question.sql, used(question, parameters))
        rows = tuple(result.fetchall())
        return rows_by_key(told(reading, question, parameters, result, rows), question.key)


def without(
    archive: Archive, question: Question, parameters: Mapping[str, Value], found: Mapping[Key, RowExplained]
) -> Iterator[tuple[Place, Rows, Key | None]]:
    """Answer again and again, each time as if another one of the records did not count.

    With each answer goes the row that the record was behind, where that does not say that it is left out now.
    """
    with archive.reading() as reading:
        nouns = {"nouns": sorted(nouns_read(reading.con, question.sql))}
        for topic, partition, offset in reading.con.execute(_PLACES, nouns).fetchall():
            spot = topic, partition, offset
            rows = answers(reading, question, parameters, without=spot)
            hit = next((key for key, row in found.items() if key in rows and is_listed(row, spot)), None)
            says_so = hit is None or spot in excluded(archive, reading, question, parameters, rows[hit])
            yield spot, rows, None if says_so else hit


def is_listed(row: RowExplained, spot: Place) -> bool:
    """Say whether a record is told to be behind a row."""
    return any(spot in map(place, part.listed) for part in row.parts)


def excluded(
    archive: Archive, reading: Reading, question: Question, parameters: Mapping[str, Value], row: Row
) -> set[Place]:
    """Give the records that are told to be about a row and not to count."""
    asked = {**used(question, parameters), **{ROW + name: value for name, value in row.items()}}
    told_of = left_out(archive, reading, question.behind, asked).listed
    return {(each.topic, each.partition, each.offset) for each in told_of}


def explained(
    archive: Archive, question: Question, parameters: Mapping[str, Value], wanted: Sequence[Key]
) -> dict[Key, RowExplained]:
    """Explain these rows of a report."""
    keys = {key: {name: _written(value) for name, value in zip(question.key, key, strict=True)} for key in wanted}
    return {key: explain_row(archive, question, parameters, named) for key, named in keys.items()}


def spread(keys: Sequence[Key]) -> Sequence[Key]:
    """Give some of the rows, from the first to the last."""
    return keys[:: 1 + len(keys) // MOST_ROWS]


def _written(value: object) -> str:
    return "" if value is None else str(plain(value))


def place(fact: Fact) -> Place:
    return fact.topic, fact.partition, fact.offset


def changed(before: Row, after: Row | None) -> set[str]:
    """Give the columns that are others now; all of them where the row is gone."""
    return set(before) if after is None else {name for name in before if before[name] != after[name]}


def taken_back(part: Part) -> set[Place]:
    """Give what a correction takes back: it makes no difference any more."""
    back = [fact.says for fact in part.listed if fact.weight < 0]
    return {place(fact) for fact in part.listed if fact.weight > 0 and fact.says in back}


CASES = [(name, given) for name, log in sorted(LOGS.items()) for given in log.asked]


@pytest.mark.parametrize(("name", "given"), CASES, ids=[f"{name} {' '.join(given.values())}" for name, given in CASES])
def test_whatever_is_not_listed_can_be_left_out_and_whatever_is_cannot_unless_it_is_told(
    name: str, given: Mapping[str, str]
) -> None:
    question = question_named(name)
    parameters = bound(question, given, "RU")
    with empty_archive() as archive:
        fill(archive, LOGS[name])
        with archive.reading() as reading:
            rows = answers(reading, question, parameters)
        assert rows
        found = explained(archive, question, parameters, spread(list(rows)))
        left = list(without(archive, question, parameters, found))
    for spot, _, silent in left:
        assert silent is None, f"{spot} is not told to be left out of {silent}"
    for key in found:
        row = rows[key]
        parts = found[key].parts
        assert any(part.listed for part in parts), f"nothing is behind {key}"
        effects = {spot: changed(row, others.get(key)) for spot, others, _ in left}
        for spot, columns in effects.items():
            told_of = {name for part in parts if spot in map(place, part.listed) for name in part.behind.columns}
            missing = columns - told_of if len(columns) < len(row) or told_of == set() else set()
            assert not missing, f"{spot} is not behind {sorted(missing)} of {key}"
        for part in parts:
            for fact in part.listed if part.behind.role == "behind" else ():
                makes_something = effects[place(fact)] & set(part.behind.columns) or place(fact) in taken_back(part)
                assert makes_something, f"{fact} changes nothing of {part.behind} in {key}"
