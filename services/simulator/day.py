"""A whole day, computed before any of it is played: happenings, requests, and the truth about them."""

from dataclasses import dataclass
from functools import cached_property

from services.simulator import commands
from services.simulator.arrivals import arrivals, customers, errands
from services.simulator.calls import Calls
from services.simulator.commands import Command
from services.simulator.deals import Deal, deals
from services.simulator.figures import Figures, figures
from services.simulator.floor import Floor
from services.simulator.happenings import Happening
from services.simulator.month import EarlierSale, earlier_sales
from services.simulator.outbound import OutboundCalls
from services.simulator.plan import SECOND, Micros, Plan
from services.simulator.records import Gauge, Outbound, Pause, Stay
from services.simulator.staff import Agent, staff


@dataclass(frozen=True)
class Day:
    """All that happens on a day; equal plans give equal days."""

    plan: Plan
    agents: tuple[Agent, ...]
    happenings: tuple[Happening, ...]
    """What the phone system sees, in the order of time."""
    stays: tuple[Stay, ...]
    outbound: tuple[Outbound, ...]
    pauses: tuple[Pause, ...]
    gauges: tuple[Gauge, ...]
    deals: tuple[Deal, ...]
    earlier: tuple[EarlierSale, ...]
    """What the month had brought before."""

    @cached_property
    def setup(self) -> tuple[Command, ...]:
        """What is asked of the desk before the day."""
        return tuple(commands.setup(self.plan, self.agents, self.earlier))

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """What is asked of the desk over the day, in the order of time."""
        return tuple(commands.over_the_day(self.plan, self.deals))

    @cached_property
    def figures(self) -> Figures:
        """The truth, counted from the model."""
        return figures(self.agents, self.stays, self.outbound, self.pauses, self.deals, self.earlier)

    @property
    def starts(self) -> Micros:
        """The moment of the first thing that happens once the company is set up."""
        firsts = [self.happenings[0].at, *(command.at for command in self.commands[:1])]
        return min(firsts)

    @property
    def ends(self) -> Micros:
        """A moment after the last thing that happens: when the phone system says this time, it has told all."""
        lasts = [self.happenings[-1].at, *(command.at for command in self.commands[-1:])]
        return max(lasts) + SECOND


def simulate(plan: Plan) -> Day:
    """Compute the day of a plan."""
    agents = staff(plan)
    known = customers(plan)
    floor = Floor(plan, agents)
    calls, outbound = Calls(floor), OutboundCalls(floor)
    calls.expect(arrivals(plan, known))
    outbound.expect(errands(plan, agents, known))
    floor.run()
    return Day(
        plan=plan,
        agents=agents,
        happenings=tuple(floor.happenings),
        stays=tuple(calls.stays),
        outbound=tuple(outbound.made),
        pauses=tuple(floor.pauses),
        gauges=tuple(calls.gauges),
        deals=deals(plan, agents, calls.stays, outbound.made),
        earlier=earlier_sales(plan, agents),
    )
