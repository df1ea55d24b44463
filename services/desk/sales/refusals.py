"""Why the business says no to what is asked about sales. Pure."""

from events.ids import DealId
from events.money import Money
from services.desk.deciding import Rejected


class DealNotWon(Rejected):
    """There is no sale to take anything back from."""

    kind = "deal-not-won"

    def __init__(self, deal: DealId) -> None:
        """Name the deal."""
        super().__init__(en=f"the deal {deal} was not won", ru=f"сделка {deal} не выиграна")


class RefundExceedsSale(Rejected):
    """More would be given back than was sold."""

    kind = "refund-exceeds-sale"

    def __init__(self, left: Money) -> None:
        """Say what is left to refund."""
        super().__init__(
            en=f"{left.minor} minor units of {left.currency} are left to refund",
            ru=f"вернуть можно не больше {left.minor} минимальных единиц {left.currency}",
        )


class PaymentExceedsSale(Rejected):
    """More would be paid than was sold and not given back."""

    kind = "payment-exceeds-sale"

    def __init__(self, left: Money) -> None:
        """Say what is left to pay."""
        super().__init__(
            en=f"{left.minor} minor units of {left.currency} are left to pay",
            ru=f"оплатить осталось не больше {left.minor} минимальных единиц {left.currency}",
        )


class DealMovedOn(Rejected):
    """What was expected at first of a deal that has moved on is not what is expected now."""

    kind = "deal-moved-on"

    def __init__(self, deal: DealId) -> None:
        """Say what to do."""
        super().__init__(
            en=f"the deal {deal} has moved on since it was opened: advance it with what is expected now",
            ru=f"сделка {deal} уже изменилась после открытия: переведите её на этап с новыми ожиданиями",
        )


class SaleSettled(Rejected):
    """What was paid for or given back cannot become another sale."""

    kind = "sale-settled"

    def __init__(self, deal: DealId) -> None:
        """Name the deal."""
        super().__init__(
            en=f"something was paid for the deal {deal}, or given back: it cannot be amended any more",
            ru=f"по сделке {deal} уже была оплата или возврат: изменить её условия нельзя",
        )


class DealTermsUnchanged(Rejected):
    """The deal is by these terms already."""

    kind = "deal-terms-unchanged"

    def __init__(self, deal: DealId) -> None:
        """Name it."""
        super().__init__(en=f"these are the terms of the deal {deal}", ru=f"у сделки {deal} уже такие условия")
