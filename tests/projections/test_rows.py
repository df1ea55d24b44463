"""The rows of plain records are those that SQL makes of their JSON, and so are the cells."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from events.catalogue import CATALOGUE, NOUNS
from events.codec import Decoded, UnreadableError, decode, encode
from events.envelope import Envelope
from events.plain import PlainRecord, read_all
from events.shapes import SHAPES, Shape
from projections.fold import Counted, Folder
from projections.projection import load_projections
from projections.relations import SOURCE, SOURCE_COLUMNS, relation_sql
from projections.rows import careful_rows, plain_rows
from tests.events.examples.record import fact
from tests.events.spoiling import spoiled
from tests.events.strategies import events
from tests.telling import answered, facts, restated

FOLDER = Folder(load_projections())
CON = duckdb.connect()
CON.execute(f"SET TimeZone = 'UTC'; CREATE TABLE {SOURCE} ({SOURCE_COLUMNS})")


def told(shape: Shape) -> st.SearchStrategy[Envelope]:
    """Draw a fact of one type."""
    return events(shape.event.model).map(lambda event: fact(event, "/pbx", "call/1", 1).envelope)


def raws(shape: Shape) -> st.SearchStrategy[list[bytes]]:
    """Draw records of one type, some of them written in another way."""
    return st.lists(told(shape).flatmap(lambda each: spoiled(each) | st.just(encode(each))), min_size=1, max_size=3)


def plain_ones(written: Sequence[bytes]) -> list[tuple[bytes, PlainRecord]]:
    """The records that are plain."""
    return [(raw, read) for raw, read in zip(written, read_all(written), strict=True) if isinstance(read, PlainRecord)]


def by_sql(noun: str, written: Sequence[bytes]) -> pa.Table:
    """The rows that the relation's SQL makes of records' JSON."""
    CON.execute(f"DELETE FROM {SOURCE}")
    for place, raw in enumerate(written):
        CON.execute(f"INSERT INTO {SOURCE} VALUES (?, ?, 'kvota.x', 2, ?)", [noun, raw.decode(), place])
    rows: pa.Table = CON.sql(f'SELECT * FROM ({relation_sql(NOUNS[noun])}) ORDER BY fact."offset"').to_arrow_table()
    return rows


@settings(deadline=None)  # DuckDB plans a statement in some tenths of a second at worst
@given(st.sampled_from(list(SHAPES.values())), st.data())
def test_the_rows_of_plain_records_are_those_of_their_json(shape: Shape, data: st.DataObject) -> None:
    written = data.draw(raws(shape))
    found = [(raw, read) for raw, read in plain_ones(written) if read.shape is shape]
    rows = by_sql(shape.event.noun, [raw for raw, _ in found])
    if found:
        places = [("kvota.x", 2, place) for place in range(len(found))]
        assert plain_rows(rows.schema, shape, [read for _, read in found], places).to_pylist() == rows.to_pylist()


@settings(deadline=None)
@given(st.sampled_from(sorted(CATALOGUE)), st.data())
def test_the_rows_of_other_records_are_those_of_their_json(name: str, data: st.DataObject) -> None:
    known = CATALOGUE[name]
    drawn = data.draw(st.lists(events(known.model), min_size=1, max_size=3))
    decoded = [decode(encode(fact(event, "/pbx", "call/1", 1).envelope)) for event in drawn]
    rows = by_sql(known.noun, [record.json for record in decoded])
    made = careful_rows(rows.schema, [(record, ("kvota.x", 2, place)) for place, record in enumerate(decoded)])
    assert sorted(made.to_pylist(), key=_by_place) == sorted(rows.to_pylist(), key=_by_place)


@settings(deadline=None)
@given(st.lists(st.sampled_from(list(SHAPES.values())).flatmap(raws), max_size=4))
def test_the_cells_of_plain_records_are_those_of_records_read_carefully(written: list[list[bytes]]) -> None:
    found = plain_ones(list(chain.from_iterable(written)))
    plain = FOLDER.fold([Counted(read) for _, read in found])
    assert plain == FOLDER.fold([Counted(decode(raw)) for raw, _ in found])


def test_plain_records_and_others_are_folded_together() -> None:
    was = answered(talk=60)
    written = [encode(record.envelope) for record in facts(was, restated(was, answered(talk=90)))]
    read = [each for each in read_all(written) if not isinstance(each, UnreadableError)]
    assert [type(each) for each in read] == [PlainRecord, Decoded]
    assert FOLDER.fold(map(Counted, read)) == FOLDER.fold([Counted(decode(raw)) for raw in written])


def _by_place(row: dict[str, Any]) -> tuple[int, int]:
    return row["fact"]["offset"], row["fact"]["weight"]
