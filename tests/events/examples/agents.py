"""A morning of two agents and their queue."""

from events.agents import (
    AgentSignedIn,
    AgentSignedOut,
    AgentStateEntered,
    AgentStateLasted,
    QueueMeasured,
    ShiftChanged,
    ShiftPlanned,
)
from tests.events.examples.calls import PBX, QUEUE
from tests.events.examples.dates import at, when
from tests.events.examples.record import Example, fact

REP = "agent-1001"
ROSTER = "/roster"

EXAMPLES: tuple[Example, ...] = (
    fact(AgentSignedIn(**when(6), rep=REP, queue=QUEUE), PBX, f"agent/{REP}", 101),
    fact(AgentSignedOut(**when(15), rep=REP, queue=QUEUE), PBX, f"agent/{REP}", 164),
    fact(AgentStateEntered(**when(9, 30), rep=REP, state="paused", reason="обед"), PBX, f"agent/{REP}", 131),
    fact(
        AgentStateLasted(**when(9, 30), rep=REP, state="talking", queue=QUEUE, began_at=at(9, 24), seconds=360),
        PBX,
        f"agent/{REP}",
        130,
    ),
    fact(
        ShiftPlanned(**when(6), rep=REP, starts_at=at(6), ends_at=at(15), activity="звонки"),
        ROSTER,
        f"agent/{REP}",
        7,
    ),
    fact(
        ShiftChanged(
            **when(8),
            rep=REP,
            planned_starts_at=at(6),
            starts_at=at(7),
            ends_at=at(16),
            reason="late train",
        ),
        ROSTER,
        f"agent/{REP}",
        8,
    ),
    fact(
        QueueMeasured(**when(9, 1), queue=QUEUE, waiting=3, longest_wait_seconds=41, staffed=12, ready=2, talking=9),
        PBX,
        f"queue/{QUEUE}",
        1795507260,
    ),
)
