"""Money: whole minor units of one currency, and the one way to share them out."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

K = TypeVar("K", bound=Hashable)

Ties = Literal["first", "last"]
"""Who takes an odd unit among those with equal claims to it: whoever stands first, or last."""


class CurrencyMismatchError(ValueError):
    """Two amounts of different currencies were added or compared."""

    def __init__(self, left: str, right: str) -> None:
        """Name both currencies, so that the caller sees which conversion is missing."""
        super().__init__(f"cannot combine {left} with {right}: convert one of them first")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of `minor` units (kopecks, cents) of an ISO 4217 `currency`; may be negative."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        """Sum two amounts of one currency; raises CurrencyMismatchError for two."""
        self._same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """Take one amount from another of the same currency."""
        return self + -other

    def __neg__(self) -> "Money":
        """Turn income into expense."""
        return Money(-self.minor, self.currency)

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatchError(self.currency, other.currency)


def share_out(total: int, weights: Mapping[K, int], *, ties: Ties = "last") -> dict[K, int]:
    """Split `total` units in proportion to `weights` so that the parts sum to the total.

    The method of largest remainders: everyone gets the floor of the exact share, the units left over go to the largest
    remainders, and among equal ones to those who stand last in `weights` (so the last period takes the odd kopeck), or
    first. Raises ValueError when a weight is negative or all are zero.
    """
    whole = sum(weights.values())
    if whole <= 0 or any(weight < 0 for weight in weights.values()):
        message = f"weights must be zero or more and not all zero, got {dict(weights)}"
        raise ValueError(message)
    parts = {key: total * weight // whole for key, weight in weights.items()}
    left = total - sum(parts.values())
    in_order = list(weights) if ties == "first" else list(weights)[::-1]
    by_remainder = sorted(in_order, key=lambda key: -(total * weights[key] % whole))
    for key in by_remainder[:left]:
        parts[key] += 1
    return parts
