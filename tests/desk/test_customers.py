"""What may be asked about customers, and what it makes true."""

from datetime import date
from typing import Any

from events.deals import CustomerContacted, CustomerRegistered, DealWon
from services.desk.customers.decider import ContactCustomer, CustomerCommand, RegisterCustomer, decide
from services.desk.customers.refusals import CustomerRegisteredAlready, CustomerUnknown
from services.desk.deals.decider import DealCommand, WinDeal
from services.desk.deals.decider import decide as decide_deal
from services.desk.people.refusals import RepNotHired
from tests.desk.given import ACME, ANNA, FIRST, opened, team, won
from tests.events.examples.dates import TODAY, at
from tests.scenario import Scenario, event_id

customer = Scenario[CustomerCommand](decide)
deal = Scenario[DealCommand](decide_deal)
NOW: dict[str, Any] = {"occurred_at": at(9), "day": TODAY}
ASKED: dict[str, Any] = {"at": at(9), "day": TODAY}


def register(rep: str | None = ANNA) -> RegisterCustomer:
    return RegisterCustomer(**ASKED, customer=ACME, rep=rep, found_through="trade fair")


def registered(since: date | None = None) -> CustomerRegistered:
    return CustomerRegistered(**NOW, customer=ACME, rep=ANNA, found_through="trade fair", customer_since=since)


def contact(rep: str = ANNA) -> ContactCustomer:
    return ContactCustomer(**ASKED, customer=ACME, rep=rep, channel="call")


def contacted(novelty: Any) -> CustomerContacted:  # noqa: ANN401  # a literal
    return CustomerContacted(**NOW, customer=ACME, rep=ANNA, novelty=novelty, channel="call")


def test_a_customer_is_registered_once_and_looked_after_by_somebody_who_works_here() -> None:
    customer.given(*team).when(register()).then(registered())
    customer.given(*team).when(register()).then_relies_on(f"rep/{ANNA}")
    customer.given(*team).when(register(rep=None)).then_relies_on()
    customer.given(*team).when(register("nobody")).then_rejected(RepNotHired)
    customer.given(*team, registered()).when(register()).then_rejected(CustomerRegisteredAlready)


def test_who_has_bought_is_kept_in_touch_with_as_an_existing_customer() -> None:
    customer.given(*team, registered()).when(contact()).then(contacted("new"))
    customer.given(*team, opened(), won()).when(contact()).then(contacted("existing"))
    customer.given(*team).when(contact()).then_rejected(CustomerUnknown)
    customer.given(*team, registered()).when(contact("nobody")).then_rejected(RepNotHired)


def test_who_bought_before_the_log_began_is_an_existing_customer_by_its_registration() -> None:
    win = WinDeal(at=at(10), day=TODAY, deal=FIRST)
    known = deal.given(*team, registered(date(2020, 1, 1)), opened()).when(win)
    event = known.decision.event
    assert isinstance(event, DealWon)
    assert (event.novelty, event.novelty_evidence) == ("existing", (event_id(len(team) + 1),))
    new = deal.given(*team, registered(), opened()).when(win).decision
    assert isinstance(new.event, DealWon)
    assert new.event.novelty == "new"
    assert f"customer/{ACME}" in new.relies_on
