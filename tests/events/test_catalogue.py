"""Every event has one name, one topic and columns of one type."""

import re
from typing import Literal

import pytest

from events.agents import AgentEvent
from events.catalogue import CATALOGUE, DECISIONS, NOUNS, Noun, entry_of, every_model, members, topic_of
from events.event import Event, Name
from tests.events.examples import EXAMPLES

_HIDES_WHY = ("created", "updated", "deleted", "changed_state")


class BellRung(Event):
    """A bell was rung."""

    type: Literal["bell.rung"] = "bell.rung"
    version: Literal[1] = 1
    bell: Name


class BellTuned(Event):
    """A bell was tuned."""

    type: Literal["bell.tuned"] = "bell.tuned"
    version: Literal[1] = 1
    bell: int


class BellLent(Event):
    """A bell was lent out."""

    type: Literal["bell.lent"] = "bell.lent"
    version: Literal[1] = 1
    source: Name


def test_every_class_has_its_own_name() -> None:
    assert len(CATALOGUE) == sum(len(noun.models) for noun in NOUNS.values()) == len(list(every_model()))


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_a_name_is_a_noun_and_what_happened_to_it(name: str) -> None:
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", name)
    assert not name.endswith(_HIDES_WHY)


@pytest.mark.parametrize("model", list(every_model()), ids=lambda model: model.__name__)
def test_an_event_says_what_it_means(model: type[Event]) -> None:
    assert (model.__doc__ or "").strip().endswith(".")


@pytest.mark.parametrize("noun", list(NOUNS.values()), ids=lambda noun: noun.name)
def test_a_noun_has_columns_of_one_type_each(noun: Noun) -> None:
    kind = r"(VARCHAR|BOOLEAN|BIGINT|DATE|TIMESTAMP|UUID|STRUCT\(.*\))(\[\])?"
    assert all(re.fullmatch(kind, column) for column in noun.columns.values())


def test_columns_hold_what_a_projection_reads() -> None:
    deals = NOUNS["deals"].columns
    assert deals["amount_minor"] == "BIGINT"
    assert deals["credits"] == 'STRUCT("rep" VARCHAR, "share_bp" BIGINT, "amount_minor" BIGINT)[]'
    assert deals["novelty_evidence"] == "UUID[]"
    assert not {"was", "now", "occurred_at", "day", "type", "version"} & deals.keys()
    assert NOUNS["calls"].columns["enqueued_at"] == "TIMESTAMP"
    assert NOUNS["goals"].columns["starts_on"] == "DATE"


def test_two_events_cannot_give_one_column_two_types() -> None:
    with pytest.raises(TypeError, match=r"bells\.bell is VARCHAR in one event and BIGINT in another"):
        _ = Noun("bells", DECISIONS, (BellRung, BellTuned)).columns


def test_a_field_cannot_hide_an_attribute_of_the_record() -> None:
    with pytest.raises(TypeError, match=r"bells\.source would hide the record's own source"):
        _ = Noun("bells", DECISIONS, (BellLent,)).columns


def test_facts_ride_on_their_own_topics_and_decisions_on_one() -> None:
    assert topic_of(EXAMPLES["call.ended"].event) == "kvota.calls"
    assert topic_of(EXAMPLES["record.parked"].event) == "kvota.parked"
    decisions = {noun.name for noun in NOUNS.values() if noun.topic == DECISIONS}
    assert decisions == {"people", "goals", "deals", "leads", "training", "tactics", "directory"}


def test_only_corrections_can_be_unfolded() -> None:
    assert {entry.name for entry in CATALOGUE.values() if entry.corrects} == {
        "agent.restated",
        "call.restated",
        "deal.amended",
        "quota.amended",
        "tactic.cost_amended",
    }
    assert {noun.name for noun in NOUNS.values() if noun.restatable} == {"agents", "calls", "deals", "goals", "tactics"}
    assert NOUNS["agents"].corrected == {"agent.state_lasted"}


def test_an_event_at_hand_knows_its_place() -> None:
    won = EXAMPLES["deal.won"].event
    assert entry_of(won) == CATALOGUE["deal.won"]


def test_a_noun_of_one_event_is_a_noun() -> None:
    assert members(BellRung) == (BellRung,)
    assert members(AgentEvent)[0] is CATALOGUE["agent.signed_in"].model
