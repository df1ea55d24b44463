"""Calls to the outside: a seller's phone rings first, then somebody is called who may or may not answer."""

from collections.abc import Iterable
from random import Random
from typing import Literal

from services.simulator.arrivals import Errand
from services.simulator.floor import Floor, Seat
from services.simulator.happenings import Dial, Dialled, DialOver, Missed, Originated, Reached
from services.simulator.plan import Micros, around, between
from services.simulator.records import DialOutcome, Outbound

_CAMPAIGNS = ("autumn", "renewal-2027", "win-back")
_TRIES = 6
_RESULTS: dict[DialOutcome, float] = {"answered": 0.55, "no_answer": 0.28, "busy": 0.13, "failed": 0.04}
_STATUS: dict[DialOutcome, Literal["BUSY", "NOANSWER", "CONGESTION"]] = {
    "busy": "BUSY",
    "no_answer": "NOANSWER",
    "failed": "CONGESTION",
}
_TAKES_S: dict[DialOutcome, tuple[float, float]] = {
    "answered": (4, 17),
    "no_answer": (20, 30),
    "busy": (1.5, 4),
    "failed": (0.5, 2),
}
"""From dialling to the answer, or to giving up."""
_HANGS_UP = 0.5
"""How many talks the agent ends."""


class OutboundCalls:
    """Makes the calls that sellers mean to make, when they are free."""

    def __init__(self, floor: Floor) -> None:
        """Call from the phones of a floor."""
        self._floor = floor
        self._random: Random = floor.plan.chance("outbound")
        self._leads = 0
        self.made: list[Outbound] = []

    def expect(self, errands: Iterable[Errand]) -> None:
        """Plan the calls of the day."""
        for errand in errands:
            self._floor.at(errand.at, lambda errand=errand: self._try(errand, _TRIES))  # type: ignore[misc]  # bound now

    def _try(self, errand: Errand, tries: int) -> None:
        """Call, if the agent is free; else later, or never."""
        seat = self._floor.seats[errand.agent]
        if seat.doing == "free":
            self._originate(seat, errand)
        elif tries:
            self._floor.after(between(self._random, 40, 100), lambda: self._try(errand, tries - 1))

    def _originate(self, seat: Seat, errand: Errand) -> None:
        self._leads += 1
        channel = self._floor.channel(seat.agent.interface, seat.agent.number)
        lead = f"lead-{self._floor.plan.seed}-{self._leads:04d}"
        dial = Dial(seat.agent, channel, errand.customer, self._random.choice(_CAMPAIGNS), lead)
        self._floor.saw(Originated(self._floor.now, dial))
        self._floor.take(seat, "dialling", 6)
        self._floor.after(between(self._random, 0.4, 2.5), lambda: self._dial(seat, dial))

    def _dial(self, seat: Seat, dial: Dial) -> None:
        leg = self._floor.channel("PJSIP/outside", dial.customer.number)
        dialled = self._floor.now
        self._floor.saw(Dialled(dialled, dial, leg))
        self._floor.set_phone(seat, 2)
        result = self._random.choices([*_RESULTS], [*_RESULTS.values()])[0]

        def missed() -> None:
            self._floor.saw(Missed(self._floor.now, dial, leg, _STATUS[result]))
            self._over(seat, dial, dialled, result)

        def reached() -> None:
            answered = self._floor.now
            self._floor.saw(Reached(answered, dial, leg))
            self._floor.after(around(self._random, 100, 0.8), lambda: talked(answered))

        def talked(answered: Micros) -> None:
            by_agent = self._random.random() < _HANGS_UP
            self._floor.saw(DialOver(self._floor.now, dial, leg, by_agent))
            self._over(seat, dial, dialled, result, answered, by_agent=by_agent)

        self._floor.after(between(self._random, *_TAKES_S[result]), reached if result == "answered" else missed)

    def _over(  # noqa: PLR0913  # what is known of a call
        self,
        seat: Seat,
        dial: Dial,
        dialled: Micros,
        outcome: DialOutcome,
        answered: Micros | None = None,
        *,
        by_agent: bool = False,
    ) -> None:
        self.made.append(
            Outbound(
                call=dial.id,
                customer=dial.customer,
                agent=seat.agent.name,
                campaign=dial.campaign,
                lead=dial.lead,
                dialled=dialled,
                ended=self._floor.now,
                outcome=outcome,
                answered=answered,
                by_agent=by_agent,
            )
        )
        self._floor.release(seat)
