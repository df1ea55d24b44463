"""Every number explains itself, down to the events."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from events.event import Event
from projections.cells import shown
from projections.projection import load_projections
from services.history.archive import Archive
from services.history.errors import BadValueError, UnknownNameError
from services.history.explain import Explanation, explain
from services.runtime.parked import PARKED
from tests.events.examples.dates import TODAY, at
from tests.projections.test_any_order import events
from tests.telling import (
    AGENTS,
    ANNA,
    CALLS,
    DECISIONS,
    abandoned,
    amended,
    answered,
    call_id,
    decided,
    entered,
    lying,
    raw,
    restated,
    won,
)

PROJECTIONS = load_projections()
DAY = {"rep": ANNA, "day": str(TODAY)}


def fill(archive: Archive) -> None:
    first, second = answered(talk=60), answered(talk=90)
    archive.ingest(
        lying([raw(first, 1), raw(restated(first, second), 2), raw(answered(talk=5), 3), raw(abandoned(), 4)])
    )
    archive.ingest(
        lying([decided(won(500), "deal/d1", 1), decided(amended(won(500), won(600)), "deal/d1", 2)], DECISIONS)
    )


def added(explanation: Explanation, measure: str) -> list[int]:
    return [step.weight * int(step.measures[measure]) for step in explanation.contributions]


def test_contributions_name_their_events_and_add_up(archive: Archive) -> None:
    fill(archive)
    explanation = explain(archive, "rep_day", DAY | {"currency": ""}, measure="talk_seconds")
    assert added(explanation, "talk_seconds") == [5, 60, -60, 90]
    assert explanation.total == {"talk_seconds": 95}
    assert explanation.question == "What did each rep do on each business day, and what came of it?"
    first = explanation.contributions[1]
    assert (first.id, first.type, first.topic, first.partition, first.offset) == (call_id(1), "call.ended", CALLS, 0, 0)
    assert first.time == at(9, 1, 10)
    assert [step.type for step in explanation.contributions].count("call.restated") == 2


def test_money_is_explained_in_its_currency(archive: Archive) -> None:
    fill(archive)
    explanation = explain(archive, "rep_day", DAY | {"currency": "RUB"})
    assert added(explanation, "won_minor") == [500, -500, 600]
    assert explanation.total["won_minor"] == 600
    assert "talk_seconds" not in explanation.contributions[0].measures


def test_a_part_of_the_key_that_is_left_out_may_be_anything(archive: Archive) -> None:
    fill(archive)
    explanation = explain(archive, "queue_interval", {"clock": "enqueue"}, measure="calls")
    assert explanation.total == {"calls": 3}


def test_two_currencies_are_never_added_up(archive: Archive) -> None:
    archive.ingest(lying([raw(won(1), 1), raw(won(2, currency="USD"), 2)]))
    with pytest.raises(BadValueError, match="name one currency: RUB, USD"):
        explain(archive, "rep_day", DAY)
    assert explain(archive, "rep_day", DAY | {"currency": "USD"}, measure="won_minor").total == {"won_minor": 2}


def test_as_known_at_a_moment_only_what_was_appended_counts(archive: Archive) -> None:
    fill(archive)
    cut = archive.known_at(at(9))
    explanation = explain(archive, "rep_day", DAY | {"currency": ""}, measure="talk_seconds", cut=cut)
    assert (added(explanation, "talk_seconds"), explanation.as_of) == (
        [60],
        {(CALLS, 0): 1, (DECISIONS, 0): 1, PARKED: 0},
    )


def test_the_latest_is_explained_by_all_that_came_before(archive: Archive) -> None:
    archive.ingest(lying([raw(entered("paused", at(9, 5)), 1), raw(entered("ready", at(9)), 2)], AGENTS))
    explanation = explain(archive, "agent_now", {"rep": ANNA}, measure="last_state")
    assert [step.measures["last_state"] for step in explanation.contributions] == ["ready", "paused"]
    assert explanation.total == {"last_state": "paused"}


def test_the_latest_may_be_nothing(archive: Archive) -> None:
    told = [raw(entered("paused", at(9), reason="tea"), 1), raw(entered("ready", at(9, 5)), 2)]
    archive.ingest(lying(told, AGENTS))
    for measure in ("last_reason", None):
        explanation = explain(archive, "agent_now", {"rep": ANNA}, measure=measure)
        assert len(explanation.contributions) == 2
        assert explanation.total["last_reason"] is None


def test_a_cell_that_is_not_there_has_nothing_behind_it(archive: Archive) -> None:
    fill(archive)
    explanation = explain(archive, "rep_day", {"rep": "'; DROP TABLE records; --"})
    assert explanation.contributions == ()


@pytest.mark.parametrize(
    ("name", "key", "measure", "said"),
    [
        ("rep_dya", {}, None, "no projection 'rep_dya'; there are: agent_interval, agent_now"),
        ("rep_day", {"wno": "x"}, None, "no key 'wno'; there are: currency, day, rep"),
        ("rep_day", {"rep": ANNA}, "clals", "no measure 'clals'; there are: answered, calls"),
    ],
)
def test_an_unknown_name_is_refused_with_those_there_are(
    archive: Archive, name: str, key: dict[str, str], measure: str | None, said: str
) -> None:
    with pytest.raises(UnknownNameError, match=said):
        explain(archive, name, key, measure=measure)


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events)
def test_every_cell_is_the_sum_of_its_contributions(archive: Archive, told: list[Event]) -> None:
    start = archive.positions().get((CALLS, 0), 0)
    since: datetime = at(9) + timedelta(seconds=start)
    archive.ingest(lying([raw(event, start + place) for place, event in enumerate(told)], start=start, since=since))
    for name, cells in archive.cells_at(archive.positions(), PROJECTIONS).items():
        for key, values in list(cells.items())[:5]:
            parts = ("" if part is None else str(part) for part in key)
            explanation = explain(archive, name, dict(zip(PROJECTIONS[name].keys, parts, strict=True)))
            assert list(explanation.total.values()) == [shown(value) for value in values]
