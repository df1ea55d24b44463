"""The figures of a day, counted from what the model did: the truth that the whole product is compared with."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from services.simulator.deals import Deal, Share
from services.simulator.month import EarlierSale
from services.simulator.records import Outbound, Pause, Stay
from services.simulator.staff import QUEUES, Agent


@dataclass(slots=True)
class QueueFigures:
    """What became of the stays in one queue."""

    offered: int = 0
    """Stays; a caller who was refused made none."""
    answered: int = 0
    """Stays that an agent answered, transfers included."""
    outcomes: dict[str, int] = field(default_factory=dict)
    """Stays by outcome, and with `join_empty` who was refused."""
    wait_seconds: int = 0
    talk_seconds: int = 0


@dataclass(slots=True)
class AgentFigures:
    """What one agent did and sold; the names are those of the projection rep_day."""

    calls: int = 0
    answered: int = 0
    outbound: int = 0
    transferred: int = 0
    ring_seconds: int = 0
    talk_seconds: int = 0
    paused_seconds: dict[str, int] = field(default_factory=dict)
    """By reason."""
    wins: int = 0
    """Wins that the agent has a part in."""
    won_minor: int = 0
    won_new_minor: int = 0
    """Of it, from customers who had bought nothing before."""
    refunded_minor: int = 0
    quota_minor: int = 0
    """For the month."""
    earlier_minor: int = 0
    """Won in the month before the day."""


@dataclass(slots=True)
class DealFigures:
    """What became of the day's deals."""

    opened: int = 0
    won: int = 0
    won_new: int = 0
    lost: int = 0
    refunded: int = 0
    split: int = 0
    """Won deals that two share."""
    won_minor: int = 0
    refunded_minor: int = 0
    quota_minor: int = 0
    """What all sellers are asked for in the month."""
    earlier_minor: int = 0
    """What they had won in it before the day."""


@dataclass(slots=True)
class Figures:
    """The truth of one day."""

    calls: int
    """Stays in queues, refused callers, and calls out: every one ends once."""
    queues: dict[str, QueueFigures]
    outbound: dict[str, int]
    """Calls out, by outcome."""
    agents: dict[str, AgentFigures]
    """By the name that the phone system gives an agent."""
    deals: DealFigures

    def as_dict(self) -> dict[str, Any]:
        """Give the figures as JSON has them."""
        return asdict(self)


def figures(  # noqa: PLR0913, PLR0917  # all that happens on a day
    agents: Sequence[Agent],
    stays: Sequence[Stay],
    made: Sequence[Outbound],
    pauses: Iterable[Pause],
    deals: Sequence[Deal],
    earlier: Iterable[EarlierSale],
) -> Figures:
    """Count a day."""
    by_agent = {agent.name: AgentFigures(quota_minor=agent.quota_minor) for agent in agents}
    for sale in earlier:
        by_agent[sale.agent].earlier_minor += sale.amount_minor
    _add_calls(by_agent, stays, made)
    _add_pauses(by_agent, pauses)
    return Figures(
        calls=len(stays) + len(made),
        queues={name: _queue([stay for stay in stays if stay.queue == name]) for name in QUEUES},
        outbound=_sorted(Counter(call.outcome for call in made)),
        agents=by_agent,
        deals=_deals(by_agent, deals),
    )


def _queue(stays: Sequence[Stay]) -> QueueFigures:
    return QueueFigures(
        offered=sum(stay.outcome != "join_empty" for stay in stays),
        answered=sum(stay.answered is not None for stay in stays),
        outcomes=_sorted(Counter(stay.outcome for stay in stays)),
        wait_seconds=sum(stay.wait_s for stay in stays),
        talk_seconds=sum(stay.talk_s for stay in stays),
    )


def _add_calls(agents: dict[str, AgentFigures], stays: Iterable[Stay], made: Iterable[Outbound]) -> None:
    for stay in stays:
        if stay.agent is not None:
            one = agents[stay.agent]
            one.calls += 1
            one.answered += 1
            one.transferred += stay.outcome.startswith("transferred")
            one.ring_seconds += stay.ring_s
            one.talk_seconds += stay.talk_s
    for call in made:
        one = agents[call.agent]
        one.calls += 1
        one.outbound += 1
        one.answered += call.answered is not None
        one.talk_seconds += call.talk_s


def _add_pauses(agents: dict[str, AgentFigures], pauses: Iterable[Pause]) -> None:
    for pause in pauses:
        seconds = agents[pause.agent].paused_seconds
        seconds[pause.reason] = seconds.get(pause.reason, 0) + pause.seconds


def _deals(agents: dict[str, AgentFigures], deals: Sequence[Deal]) -> DealFigures:
    counted = DealFigures(
        opened=len(deals),
        quota_minor=sum(agent.quota_minor for agent in agents.values()),
        earlier_minor=sum(agent.earlier_minor for agent in agents.values()),
    )
    counted.lost = sum(deal.closing is not None and deal.won is None for deal in deals)
    bought: set[str] = set()
    won = sorted(
        ((deal.won.at, deal.key, deal, deal.won.shares) for deal in deals if deal.won), key=lambda row: row[:2]
    )
    for _, _, deal, shares in won:
        is_new = deal.customer.id not in bought
        bought.add(deal.customer.id)
        counted.won += 1
        counted.won_new += is_new
        counted.split += len(shares) > 1
        counted.won_minor += deal.amount_minor
        _credit(agents, shares, is_new=is_new)
        if deal.refund is not None:
            counted.refunded += 1
            counted.refunded_minor += deal.refund.amount_minor
            for share in deal.refund.shares:
                agents[share.agent].refunded_minor += share.amount_minor
    return counted


def _credit(agents: dict[str, AgentFigures], shares: Iterable[Share], *, is_new: bool) -> None:
    for share in shares:
        one = agents[share.agent]
        one.wins += 1
        one.won_minor += share.amount_minor
        one.won_new_minor += share.amount_minor if is_new else 0


def _sorted(counts: Counter[Any]) -> dict[str, int]:
    return dict(sorted(counts.items()))
