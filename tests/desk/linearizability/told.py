"""What the log says in the end, folded by the law alone: each command at most once, and how every arena was left."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from events.codec import decode
from events.law import Ledger, Verdict
from tests.desk.linearizability.arenas import Arena
from tests.desk.linearizability.history import Value


@dataclass(slots=True)
class Told:
    """The decisions that count."""

    events: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """What each says, by its id."""
    commands: Counter[str] = field(default_factory=Counter[str])
    """How often each command is recorded."""
    parents: dict[str, str | None] = field(default_factory=dict[str, str | None])
    plans: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    won: list[str] = field(default_factory=list[str])
    given: list[str] = field(default_factory=list[str])

    def left(self, arena: Arena) -> Value:
        """How an arena was left, as its model says it."""
        match arena.kind:
            case "units":
                return {name: arena.named(self.parents.get(unit)) for name, unit in arena.things.items()}
            case "plans":
                own = [plan for plan in self.plans if plan["unit"] == arena.things["unit"]]
                return sorted(f"{plan['starts_on']}/{plan['ends_on']}" for plan in own)
            case "sales":
                return sorted(filter(None, map(arena.named, self.won)))
            case "leads":
                return sorted(filter(None, map(arena.named, self.given)))


def told(records: Iterable[bytes]) -> Told:
    """Fold the records of the log."""
    ledger, found = Ledger(), Told()
    for record in records:
        envelope = decode(record).envelope
        if ledger.judge(envelope) is not Verdict.COUNTS:
            continue
        data: dict[str, Any] = msgspec.json.decode(envelope.data)
        found.events[str(envelope.id)] = data
        found.commands[str(envelope.commandid)] += 1
        match envelope.type:
            case "unit.formed":
                found.parents[data["unit"]] = data.get("parent")
            case "headcount_plan.approved":
                found.plans.append(data)
            case "deal.won":
                found.won.append(data["deal"])
            case "lead.assigned":
                found.given.append(data["lead"])
            case _:
                pass
    return found
