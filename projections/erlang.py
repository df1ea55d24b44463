"""Erlang C: how many agents a queue needs, and what its callers can expect. Pure.

Calls come at random at an even rate, talk for a time that is exponentially distributed, and wait in the order of coming
without giving up: A. K. Erlang, "Solution of some Problems in the Theory of Probabilities of Significance in Automatic
Telephone Exchanges" (1917). Where callers give up, the others wait shorter than this says.
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

_DIGITS = 40
"""Digits of what is no fraction: far more than are shown."""

MOST_ERLANGS = 100_000
"""More traffic than this is taken for a mistake: the recursion has a step for each agent."""


@dataclass(frozen=True, slots=True)
class Staffed:
    """What callers can expect of so many agents. Shares are parts of 1."""

    agents: int
    occupancy: Decimal
    """The share of their time that agents talk."""
    p_wait: Decimal
    """The share of callers who wait at all."""
    service_level: Decimal
    """The share of callers who wait no longer than the threshold."""
    asa_s: Decimal | None
    """The mean wait of all callers, in seconds; None where the queue only grows."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Calls of a queue: how many in how many seconds, and how many seconds each is handled."""

    calls: Fraction
    per_s: Fraction
    aht_s: Fraction

    @property
    def erlangs(self) -> Fraction:
        """How many agents talk at once on average, if there are enough of them."""
        return self.calls * self.aht_s / self.per_s

    def staffed(self, agents: int, threshold_s: Fraction) -> Staffed:
        """What to expect of a number of agents; with no more of them than erlangs, all wait and ever longer."""
        return self._expected(agents, _blocked(self.erlangs, agents), threshold_s)

    def needed(self, target: Fraction, threshold_s: Fraction) -> Staffed:
        """The fewest agents of whom the service level is at least the target, a part of 1 below 1."""
        agents = 0
        blocked = Decimal(1)
        while True:
            expected = self._expected(agents, blocked, threshold_s)
            if expected.service_level >= _decimal(target):
                return expected
            agents += 1
            blocked = _next_blocked(_decimal(self.erlangs), agents, blocked)

    def _expected(self, agents: int, blocked: Decimal, threshold_s: Fraction) -> Staffed:
        """From Erlang's B, by which calls would be turned away if nobody could wait, to those who wait."""
        erlangs = self.erlangs
        if erlangs == 0:
            return Staffed(agents, Decimal(0), Decimal(0), Decimal(1), Decimal(0))
        if agents <= erlangs:
            return Staffed(agents, Decimal(1), Decimal(1), Decimal(0), None)
        with localcontext(prec=_DIGITS):
            occupancy, spare = _decimal(erlangs / agents), _decimal(agents - erlangs)
            p_wait = blocked / (1 - occupancy * (1 - blocked))
            waits_longer = p_wait * (-spare * _decimal(threshold_s / self.aht_s)).exp()
            return Staffed(agents, occupancy, p_wait, 1 - waits_longer, p_wait * _decimal(self.aht_s) / spare)


def _blocked(erlangs: Fraction, agents: int) -> Decimal:
    """Erlang's B."""
    blocked, offered = Decimal(1), _decimal(erlangs)
    for number in range(1, agents + 1):
        blocked = _next_blocked(offered, number, blocked)
    return blocked


def _next_blocked(erlangs: Decimal, agents: int, blocked: Decimal) -> Decimal:
    """Erlang's B for a number of agents, from that for one fewer."""
    with localcontext(prec=_DIGITS):
        return erlangs * blocked / (agents + erlangs * blocked)


def _decimal(number: Fraction) -> Decimal:
    with localcontext(prec=_DIGITS):
        return Decimal(number.numerator) / Decimal(number.denominator)
