"""Whose a thing is, and who reaches it."""

import pytest

from events.deals import DealWon
from events.people import RepHired, UnitFormed
from services.desk.company import Company
from services.desk.reach import reaches
from services.runtime.auth.callers import Caller, Permit, Role, Scope
from tests.desk.given import ANNA, BORIS, FIRST, NORTH, anna, credit, formed, opened, won
from tests.events.examples.dates import TODAY, at
from tests.scenario import event_id

SOUTH = "south"
south = UnitFormed(occurred_at=at(8), day=TODAY, unit=SOUTH, kind="team", title="Юг", starts_on=TODAY)
boris = RepHired(occurred_at=at(8), day=TODAY, rep=BORIS, unit=SOUTH, post="sales", starts_on=TODAY)
sold: DealWon = won(credits=(credit(ANNA, 9_900, 990), credit(BORIS, 100, 10)))
shared_by_boris: DealWon = won(credits=(credit(BORIS, 10_000, 1_000),))


def company(sale: DealWon) -> Company:
    """Anna of North leads a deal, and Boris of South has a part in the sale."""
    known = Company()
    for place, event in enumerate((formed, south, anna, boris, opened(), sale)):
        known.take(event, event_id(place))
    return known


def permit(role: Role, scope: Scope, **where: str) -> Permit:
    return Permit("deals.refund", Caller(subject="somebody", role=role, **where), scope)


@pytest.mark.parametrize("sale", [sold, shared_by_boris], ids=["a small part", "all of it"])
def test_a_sale_is_reached_by_who_led_it_and_the_leader_and_by_no_part_in_it(sale: DealWon) -> None:
    known, deal = company(sale), f"deal/{FIRST}"
    assert reaches(permit("rep", "self", rep=ANNA), deal, TODAY, known)
    assert reaches(permit("team_lead", "team", unit=NORTH), deal, TODAY, known)
    assert not reaches(permit("rep", "self", rep=BORIS), deal, TODAY, known)
    assert not reaches(permit("team_lead", "team", unit=SOUTH), deal, TODAY, known)
