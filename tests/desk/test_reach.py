"""How far a permit reaches, by what was decided."""

from datetime import date
from uuid import UUID

import pytest

from events.people import UnitFormed
from services.desk.company import Company
from services.desk.reach import reaches
from services.runtime.auth.callers import Caller, Permit, Role, Scope
from tests.desk.given import ANNA, BORIS, FIRST, NORTH, anna, boris, credit, formed, opened, won
from tests.events.examples.dates import TODAY, at

SOUTH = "south"
south = UnitFormed(occurred_at=at(8), day=TODAY, unit=SOUTH, kind="team", title="Юг", starts_on=TODAY)
SHARED = won(credits=(credit(ANNA, 6_000, 600), credit(BORIS, 4_000, 400)))


def company() -> Company:
    """Anna, of the north, has won a deal, and Boris, of the south, has a share in it."""
    known = Company()
    for place, event in enumerate((formed, south, anna, boris.model_copy(update={"unit": SOUTH}), opened(), SHARED)):
        known.take(event, UUID(int=place))
    return known


def permit(permission: str, role: Role, scope: Scope, *, rep: str | None = None, unit: str | None = None) -> Permit:
    return Permit(permission, Caller(subject="somebody", role=role, rep=rep, unit=unit), scope)


@pytest.mark.parametrize(("permission", "shares"), [("deals.read", True), ("deals.refund", False)])
def test_a_share_in_a_sale_lets_see_it_and_decide_nothing(permission: str, shares: bool) -> None:  # noqa: FBT001  # a table
    deal = f"deal/{FIRST}"
    for rep, unit, reached in ((ANNA, NORTH, True), (BORIS, SOUTH, shares)):
        assert reaches(permit(permission, "rep", "self", rep=rep), deal, TODAY, company()) == reached
        assert reaches(permit(permission, "team_lead", "team", unit=unit), deal, TODAY, company()) == reached


def test_whoever_led_a_deal_leads_it_still_when_others_are_credited() -> None:
    known = company()
    all_to_boris = won(credits=(credit(BORIS, 10_000, 1_000),))
    known.deals.deals.clear()
    for event in (opened(), all_to_boris):
        known.take(event, UUID(int=9))
    leader = permit("deals.refund", "team_lead", "team", unit=NORTH)
    assert reaches(leader, f"deal/{FIRST}", date(2026, 12, 1), known)
