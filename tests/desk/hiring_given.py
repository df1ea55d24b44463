"""A requisition of North with one opening, a candidate and an offer: what tests of hiring at a whole desk are given."""

from typing import Any

from events.people import CandidateApplied, OfferAccepted, OfferMade, RequisitionOpened
from tests.desk.given import NORTH
from tests.events.examples.dates import TODAY, at

NOW: dict[str, Any] = {"occurred_at": at(9), "day": TODAY}
WANTED, VERA = "requisition-1", "vera"

wanted = RequisitionOpened(**NOW, requisition=WANTED, unit=NORTH, post="sales", openings=1)
applied = CandidateApplied(**NOW, candidate=VERA, requisition=WANTED, found_through="hh.ru")
offered = OfferMade(
    **NOW,
    offer="offer-1",
    candidate=VERA,
    requisition=WANTED,
    unit=NORTH,
    post="sales",
    starts_on=TODAY,
    salary_minor=100,
    on_target_minor=150,
    currency="RUB",
    lapses_on=TODAY.replace(year=2027),
)
accepted = OfferAccepted(**NOW, offer="offer-1", candidate=VERA, requisition=WANTED, starts_on=TODAY)
