"""Names that nobody stands behind are told, until they are mapped and their facts restated."""

from typing import Any

from events.codec import encode
from events.people import RepHired
from services.feeds.facts import Company, Teller
from services.history.archive import Archive
from services.history.report import run_report
from tests.events.examples.dates import TODAY, at, when
from tests.feeds.directory.world import PBX, World, ended, lasted, mapped
from tests.feeds.samples import MOSCOW
from tests.telling import DECISIONS, decided, lying

HIRED = RepHired(**when(8), rep="rep-1", unit="north", post="sales", starts_on=TODAY)


def rows(archive: Archive, **given: str) -> list[dict[str, Any]]:
    report = run_report(archive, "unmapped_names", given)
    return [dict(zip(report.columns, row, strict=True)) for row in report.rows]


def ingest(archive: Archive, world: World) -> None:
    archive.ingest(lying([decided(HIRED, "rep/rep-1", 1), *(raw for raw, _ in world.decisions)], DECISIONS))
    archive.ingest(lying([raw for raw, _ in world.facts]))


def floor() -> World:
    """Two calls and a while of Anna's, and one call of a rep whom the phone system calls by the id."""
    world = World()
    for number, event in enumerate([ended(1, "Anna"), ended(2, "Anna", hour=12), lasted(3, "Anna", hour=10)], start=1):
        world.tell(event, number)
    world.tell(ended(4, "rep-1", "sales"), 4)
    return world


def test_a_name_that_is_no_rep_is_told_with_when_it_was_seen_and_how_often(archive: Archive) -> None:
    ingest(archive, floor())
    assert rows(archive) == [
        {
            "source": PBX,
            "kind": "agent",
            "name": "Anna",
            "told_as": "Anna",
            "facts": 3,
            "seen_first": at(9).replace(tzinfo=None),
            "seen_last": at(12).replace(tzinfo=None),
        }
    ]
    assert rows(archive, kind="queue") == rows(archive, source="/mango") == []


def test_a_name_is_gone_once_it_is_mapped_and_its_facts_are_restated(archive: Archive) -> None:
    world = floor()
    world.decide(mapped("Anna", "rep-1", at(8)))
    world.correct()
    ingest(archive, world)
    assert rows(archive) == []


def test_a_name_of_a_source_that_is_called_otherwise_is_gone_as_well(archive: Archive) -> None:
    world = World()
    told = Teller("urn:pbx:1", Company(MOSCOW)).tell(ended(1, "Anna"), "call/c1", "", 1)
    world.facts.append((encode(told), world.now_ms))
    world.decide(mapped("Anna", "rep-1", at(8), by="urn:pbx:1"))
    world.correct()
    ingest(archive, world)
    assert rows(archive) == []


def test_of_a_name_that_is_mapped_from_a_moment_on_the_facts_before_are_left(archive: Archive) -> None:
    world = floor()
    world.decide(mapped("Anna", "rep-1", at(11)))
    world.correct()
    ingest(archive, world)
    [left] = rows(archive)
    assert (left["facts"], left["seen_last"]) == (2, at(10).replace(tzinfo=None))


def test_a_queue_is_told_where_its_neighbour_is_mapped(archive: Archive) -> None:
    world = floor()
    world.tell(ended(5, "rep-1", "support"), 5)
    world.decide(mapped("sales", "new customers", at(8), "queue"))
    world.decide(mapped("Anna", "rep-1", at(8)))
    world.correct()
    ingest(archive, world)
    assert [(row["kind"], row["name"], row["facts"]) for row in rows(archive)] == [("queue", "support", 1)]
