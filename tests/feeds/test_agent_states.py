"""What agents do, where nobody watched for a while: each second is told once, and none that is known is left out."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from events.agents import AgentStateLasted, State
from events.envelope import Envelope
from services.feeds.agent_states import Agents, Membership
from services.feeds.facts import SECOND, Micros, Teller
from tests.feeds.webhooks.given import COMPANY, NOON, counted, events

LASTING: frozenset[State] = frozenset({"paused"})


def at(seconds: int) -> Micros:
    return (NOON + seconds) * SECOND


def paused(begun: int, unseen: Sequence[tuple[int, int]], ended: int) -> list[Envelope]:
    """What is told of a pause, of which the phone system says when it began, and nobody saw these parts."""
    agents = Agents(Teller("/asterisk/pbx1", COMPANY), LASTING)
    known = Membership("free", paused=True, reason="tea", since=at(begun))
    facts = [*agents.clock(at(begun)), *agents.member(at(begun), "anna", "sales", known)]
    for last, first in unseen:
        facts += [*agents.clock(at(last)), *agents.lost_sight(at(last), frozenset())]
        facts += [*agents.clock(at(first)), *agents.member(at(first), "anna", "sales", known)]
    return [*facts, *agents.clock(at(ended)), *agents.resumed(at(ended), "anna", "sales")]


@given(st.integers(0, 2_000), st.lists(st.integers(0, 3_000), max_size=6), st.integers(0, 2_000))
def test_a_pause_that_went_on_while_nobody_watched_is_told_whole_and_once(
    begun: int, pauses: list[int], further: int
) -> None:
    moments = [begun + sum(pauses[: number + 1]) for number in range(len(pauses) // 2 * 2)]
    ended = max([begun, *moments]) + further
    pieces = events(
        AgentStateLasted, counted(paused(begun, list(zip(moments[::2], moments[1::2], strict=True)), ended))
    )
    told = sorted((int(piece.began_at.timestamp()) - NOON, piece.seconds) for piece in pieces)
    assert [second for start, seconds in told for second in range(start, start + seconds)] == [*range(begun, ended)]
