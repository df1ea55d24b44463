"""Why the business says no to what is asked about customers. Pure."""

from events.ids import CustomerId
from services.desk.deciding import Rejected, Unknown


class CustomerUnknown(Unknown):
    """Nobody registered such a customer."""

    kind = "customer-unknown"
    said = ("there is no customer {}", "клиента {} нет")


class CustomerRegisteredAlready(Rejected):
    """A customer is registered once."""

    kind = "customer-registered-already"

    def __init__(self, customer: CustomerId) -> None:
        """Name it."""
        super().__init__(
            en=f"the customer {customer} is registered already", ru=f"клиент {customer} уже зарегистрирован"
        )
