"""A morning of two agents and their queue."""

from events.agents import (
    AgentRestated,
    AgentSignedIn,
    AgentSignedOut,
    AgentStateEntered,
    AgentStateLasted,
    QueueMeasured,
    ShiftChanged,
    ShiftPlanned,
)
from events.ids import restatement_id
from tests.events.examples.calls import PBX, QUEUE
from tests.events.examples.dates import at, when
from tests.events.examples.record import Example, fact

REP = "agent-1001"
ROSTER = "/roster"


def _lasted(rep: str, source_agent: str | None = None) -> AgentStateLasted:
    return AgentStateLasted(
        **when(9, 30),
        rep=rep,
        state="talking",
        queue=QUEUE,
        began_at=at(9, 24),
        seconds=360,
        source_agent=source_agent,
    )


lasted_example = fact(_lasted(REP), PBX, f"agent/{REP}", 130)

EXAMPLES: tuple[Example, ...] = (
    fact(AgentSignedIn(**when(6), rep=REP, queue=QUEUE), PBX, f"agent/{REP}", 101),
    fact(AgentSignedOut(**when(15), rep=REP, queue=QUEUE), PBX, f"agent/{REP}", 164),
    fact(AgentStateEntered(**when(9, 30), rep=REP, state="paused", reason="обед"), PBX, f"agent/{REP}", 131),
    lasted_example,
    fact(
        AgentRestated(
            **when(10),
            of=lasted_example.envelope.id,
            revision=3,
            reason="the directory says so since its decision 3",
            was=_lasted(REP),
            now=_lasted("rep-014", REP),
        ),
        f"/directory{PBX}",
        f"agent/{REP}",
        1,
        identity=restatement_id(lasted_example.envelope.id, 3),
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
