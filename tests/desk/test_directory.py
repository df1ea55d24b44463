"""What may be asked about names of phone systems, and what it makes true."""

from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from events.directory import DirectoryMapped
from services.desk.directory.decider import MapName, decide
from services.desk.directory.refusals import NameMappedSoAlready, NameMeansNobody
from services.desk.directory.routes import MappingBody
from services.desk.directory.state import MappedName, name_id
from services.desk.people.refusals import NoSuchRep
from tests.desk.given import ANNA, BORIS, anna_left, team
from tests.events.examples.dates import TODAY, at
from tests.scenario import Scenario

directory = Scenario[MapName](decide)
AGENT: dict[str, Any] = {"named_by": "/asterisk/pbx1", "kind": "agent", "name": "agent101"}
QUEUE: dict[str, Any] = {"named_by": "/asterisk/pbx1", "kind": "queue", "name": "sales"}


def map_name(to: str | None, starts_at: datetime = at(9), **changes: Any) -> MapName:  # noqa: ANN401  # fields
    return MapName(at=at(12), day=TODAY, to=to, starts_at=starts_at, **AGENT | changes)


def mapped(to: str | None, starts_at: datetime = at(9), **changes: Any) -> DirectoryMapped:  # noqa: ANN401  # fields
    return DirectoryMapped(occurred_at=at(12), day=TODAY, to=to, starts_at=starts_at, **AGENT | changes)


def test_a_name_comes_to_mean_a_rep_who_works_here_or_has() -> None:
    directory.given(*team).when(map_name(ANNA)).then(mapped(ANNA))
    directory.given(*team).when(map_name(ANNA)).then_relies_on(f"rep/{ANNA}")
    directory.given(*team, anna_left).when(map_name(ANNA)).then(mapped(ANNA))
    directory.given(*team).when(map_name("nobody")).then_rejected(NoSuchRep)


def test_a_name_of_a_queue_comes_to_mean_another_name() -> None:
    directory.given().when(map_name("new customers", **QUEUE)).then(mapped("new customers", **QUEUE))
    directory.given().when(map_name("new customers", **QUEUE)).then_relies_on()


def test_a_mapping_may_be_made_backwards_and_mended() -> None:
    given = directory.given(*team, mapped(ANNA))
    given.when(map_name(BORIS, at(8))).then(mapped(BORIS, at(8)))
    given.when(map_name(BORIS)).then(mapped(BORIS))
    given.when(map_name(ANNA, at(10))).then(mapped(ANNA, at(10)))


def test_what_holds_already_is_not_decided_again() -> None:
    directory.given(*team, mapped(ANNA)).when(map_name(ANNA)).then_rejected(NameMappedSoAlready)
    directory.given(*team, mapped(ANNA), mapped(BORIS)).when(map_name(ANNA)).then(mapped(ANNA))


def test_a_meaning_can_be_taken_back_where_there_is_one() -> None:
    given = directory.given(*team, mapped(ANNA))
    given.when(map_name(None, at(10))).then(mapped(None, at(10)))
    given.when(map_name(None, at(8))).then_rejected(NameMeansNobody)
    directory.given(*team).when(map_name(None)).then_rejected(NameMeansNobody)
    directory.given(*team, mapped(ANNA), mapped(None)).when(map_name(None, at(10))).then_rejected(NameMeansNobody)


def test_at_a_moment_the_mapping_holds_that_begins_last_and_of_several_the_last_decided() -> None:
    known = MappedName((mapped(BORIS, at(10)), mapped(ANNA), mapped(BORIS)))
    assert known.holding(at(8)) is None
    assert known.holding(at(9)) == known.mappings[2]
    assert known.holding(at(11)) == known.mappings[0]


def test_no_two_names_have_one_id() -> None:
    names = [("a", "b c"), ("a b", "c"), ("a:b", "c"), ("a", "b:c"), ("a%3Ab", "c"), ("a/b", "c"), ("a", "b/c")]
    ids = {name_id(kind, *name) for name in names for kind in ("agent", "queue")}
    assert len(ids) == 2 * len(names)


@pytest.mark.parametrize(
    "number",
    ["+7 (916) 123-45-67", "+79161234567", "89161234567", "8 (916) 123-45-67", "(495) 123-45-67", "8.916.123.45.67"],
)
def test_a_telephone_number_is_no_name(number: str) -> None:
    with pytest.raises(ValidationError, match="no telephone number"):
        MappingBody.model_validate_json(f'{{"named_by": "/kamailio", "kind": "agent", "name": "{number}"}}')
