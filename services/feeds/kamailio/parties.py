"""Whose call it is: told from the user parts of the two addresses, of which no number goes any further."""

from dataclasses import dataclass
from typing import Literal

from events.calls import Direction
from services.feeds.facts import Company
from services.feeds.fields import extension
from services.feeds.kamailio.records import Parties

_NOBODY = frozenset({"anonymous", "unknown", "unavailable", "restricted", "private", "s"})
"""What stands where a caller does not say who calls."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Who of the company is on either side: a user that the roster names, or one that is no number of the world."""

    caller: str | None
    called: str | None

    @property
    def direction(self) -> Direction:
        """Where the call went; between two whom the company does not know, from outside."""
        if self.caller is None:
            return "inbound"
        return "internal" if self.called is not None else "outbound"

    def rep(self, *, answered: bool) -> str | None:
        """Who made a call to the outside, or answered another one."""
        if self.direction == "outbound":
            return self.caller
        return self.called if answered else None

    def by(self, *, caller: bool) -> Literal["customer", "rep"]:
        """Who it was that hung up: the side that called, or the other one."""
        if self.direction == "inbound":
            return "customer" if caller else "rep"
        return "rep" if caller or self.direction == "internal" else "customer"


def sides(parties: Parties, company: Company) -> Sides:
    """Say who of the company is on either side."""
    return Sides(_rep(parties.caller, company), _rep(parties.called, company))


def _rep(user: str, company: Company) -> str | None:
    """Name an agent; one who goes by a number is the rep that the roster has for it, and the number goes no further."""
    known = None if user.lower() in _NOBODY else extension(user.encode())
    return company.roster.get(user) if known is None else known
