"""Live cells as tables: those of all shards, added up, and only those that say something."""

import random

from projections.cells import shown
from services.wallboard.tables import Tables
from tests.events.examples.dates import at
from tests.telling import ANNA, BORIS, abandoned, answered, beat, entered
from tests.wallboard.floor import PROJECTIONS, Floor, offered, sold


def rows(tables: Tables, name: str) -> list[tuple[object, ...]]:
    """Give a table's rows."""
    return tables.con.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall()


def test_parts_of_a_cell_in_two_shards_are_added_up() -> None:
    floor = Floor()
    with Tables(PROJECTIONS) as tables:
        floor.tell(answered(), shard=0)
        tables.load(floor.live)
        floor.tell(answered(), shard=1)
        assert tables.take_in() == {"queue_interval", "rep_day", "rep_month"}
        calls = tables.con.execute("SELECT rep, calls FROM rep_day").fetchall()
    assert calls == [(ANNA, 2)]


def test_a_cell_that_was_taken_back_is_gone() -> None:
    floor = Floor()
    with Tables(PROJECTIONS) as tables:
        floor.tell(offered("c", at(9)))
        tables.load(floor.live)
        assert len(rows(tables, "queue_waiting")) == 1
        floor.tell(abandoned(10, joined=at(9)))
        tables.take_in()
        assert rows(tables, "queue_waiting") == []


def test_keys_and_measures_have_their_types_even_where_there_is_nothing() -> None:
    with Tables(PROJECTIONS) as tables:
        described = tables.con.execute("DESCRIBE queue_interval").fetchall()
        assert dict(row[:2] for row in described)["wait"] == "BIGINT"
        assert dict(row[:2] for row in described)["queue"] == "VARCHAR"
        assert dict(row[:2] for row in tables.con.execute("DESCRIBE agent_now").fetchall())["last_state"] == "VARCHAR"


def test_taken_in_step_by_step_the_tables_are_those_of_all_at_once() -> None:
    chance = random.Random(7)
    floor = Floor()
    with Tables(PROJECTIONS) as tables:
        tables.load(floor.live)
        for number in range(40):
            rep = chance.choice([ANNA, BORIS])
            joined = at(9, chance.randrange(60))
            told = [
                answered(chance.randrange(90), joined=joined, rep=rep, call=f"c{number}"),
                abandoned(chance.randrange(90), joined=joined, call=f"c{number}"),
                offered(f"c{number}", joined),
                sold(chance.randrange(10_000), rep),
                entered(chance.choice(["ready", "talking"]), joined, rep),
                beat(joined),
            ]
            floor.tell(chance.choice(told), shard=chance.randrange(2))
            if chance.random() < 0.5:
                tables.take_in()
        tables.take_in()
        for name in PROJECTIONS:
            cells = floor.live.boards.get(name, {})
            wanted = sorted(((*key, *map(shown, values)) for key, values in cells.items()), key=repr)
            assert sorted(rows(tables, name), key=repr) == wanted, name
