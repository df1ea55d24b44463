"""What agents do is told while they do it, a quarter of an hour at a time; each second once, whatever comes late."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from events.agents import AgentStateEntered, AgentStateLasted
from events.envelope import Envelope
from services.feeds.facts import SECOND
from services.feeds.webhooks.adapter import Adapter, AdapterMemory
from services.feeds.webhooks.seen import Doing, Ticked
from tests.feeds.webhooks.given import COMPANY, NOON, counted, doing, dump_memory, events, load_memory, micros

MINUTE = 60
END = 20 * 25
"""No day that is drawn has so many minutes."""


@dataclass(frozen=True)
class Step:
    """What the log has next, in minutes after noon: that an agent does something else, or only that time goes on."""

    heard: int
    at: int | None = None
    state: str = "ready"

    @property
    def taken(self) -> Doing | Ticked:
        return Ticked() if self.at is None else doing(self.at * MINUTE, self.state)


def told(steps: Sequence[Step], memory: AdapterMemory | None = None) -> list[Envelope]:
    adapter = Adapter(COMPANY, memory or AdapterMemory())
    return [fact for step in steps for fact in adapter.take(step.taken, micros(step.heard * MINUTE))]


def lasted(facts: Sequence[Envelope]) -> list[tuple[str, float, float]]:
    """Each piece: the state, and from when to when, in minutes after noon."""
    pieces = events(AgentStateLasted, facts)
    begun = [(piece.began_at.timestamp() - NOON) / MINUTE for piece in pieces]
    return [(each.state, start, start + each.seconds / MINUTE) for each, start in zip(pieces, begun, strict=True)]


def by_minute(facts: Sequence[Envelope]) -> dict[int, str]:
    """What each minute is told as; none is told twice, and no piece crosses a quarter of an hour."""
    minutes: dict[int, str] = {}
    for state, start, end in lasted(facts):
        assert 0 < end - start <= 15 - start % 15
        for minute in range(int(start), int(end)):
            assert minute not in minutes
            minutes[minute] = state
    return minutes


def ticks(*heard: int) -> list[Step]:
    return [Step(each) for each in heard]


def test_an_agent_who_talks_for_an_hour_is_told_a_quarter_at_a_time() -> None:
    first = [Step(0, 0, "talking"), *ticks(10, 16, 17, 25, 31, 32, 47)]
    assert lasted(told(first)) == [("talking", 0, 15), ("talking", 15, 30), ("talking", 30, 45)]
    assert lasted(told([*first, Step(60, 60, "wrap")]))[3:] == [("talking", 45, 60)]


def test_a_word_of_anybody_tells_what_others_did_in_the_quarter_before() -> None:
    adapter = Adapter(COMPANY, AdapterMemory())
    said = [
        (0, doing(0, "talking")),
        (10 * MINUTE, doing(0, "ready", agent="8")),
        (1030, doing(1030, "wrap", agent="8")),
    ]
    facts = [fact for heard, seen in said for fact in adapter.take(seen, micros(heard))]
    assert [(piece.rep, piece.state, piece.seconds) for piece in events(AgentStateLasted, facts)] == [
        ("anna", "talking", 900),
        ("8", "ready", 900),
        ("8", "ready", 130),
    ]


def test_a_change_inside_a_quarter_that_is_told_counts_from_its_end_and_is_entered_when_it_was() -> None:
    facts = told([Step(0, 0, "talking"), *ticks(10, 17), Step(18, 9, "wrap"), Step(19, 11, "ready"), *ticks(32)])
    assert lasted(facts) == [("talking", 0, 15), ("ready", 15, 30)]
    entered = [(each.state, each.occurred_at.timestamp() - NOON) for each in events(AgentStateEntered, facts)]
    assert entered == [("talking", 0), ("wrap", 540), ("ready", 660)]


def test_after_a_silence_what_was_not_taken_meanwhile_is_waited_for() -> None:
    said = [Step(0, 0, "talking"), *ticks(10), Step(75, 75, "talking"), Step(76, 20, "wrap"), Step(77, 25, "ready")]
    facts = told([*said, *ticks(84, 85)])
    assert by_minute(facts) == {
        minute: "talking" if minute < 20 else "wrap" if minute < 25 else "ready" for minute in range(75)
    }
    assert len(events(AgentStateLasted, told(said))) == 3


def test_an_agent_who_is_gone_is_told_of_no_more_and_one_without_a_word_for_a_day_neither() -> None:
    assert not lasted(told([Step(0, 0, "offline"), *ticks(10, 17, 32)]))
    quarters = [Step(17 + 15 * number) for number in range(4 * 26)]
    assert len(by_minute(told([Step(0, 0), *ticks(10), *quarters]))) == 24 * 60


def test_what_an_earlier_version_remembered_is_gone_on_with() -> None:
    agent = {"state": "talking", "since": NOON, "reason": None, "queue": None}
    remembered = {"calls": {"legs": {}}, "agents": {"agents": {"/cloud\x1f7": agent}}, "tellers": {}}
    facts = told(ticks(8, 18), load_memory(msgspec.msgpack.encode(remembered)))
    assert lasted(facts) == [("talking", 0, 15)]


STATES = st.sampled_from(["ready", "talking", "wrap", "offline"])


@st.composite
def days(draw: st.DrawFn, latest: int, pause: int) -> list[Step]:
    """Draw what a log has of a day: nothing comes more than `latest` minutes late, nor `pause` after the last."""
    heard, steps = 0, list[Step]()
    for _ in range(draw(st.integers(1, 19))):
        heard += draw(st.integers(0, pause))
        at = draw(st.none() | st.integers(max(0, heard - latest), heard))
        steps.append(Step(heard, at, draw(STATES)))
    return steps


def recomputed(steps: Sequence[Step]) -> dict[int, str]:
    """The same, minute by minute: what was told of one stands; else it is what the last change before it says."""
    minutes: dict[int, str] = {}
    fixed: set[int] = set()
    changed, state, clock, resumed, done = -1, "", -1000, 0, 0
    for step in steps:
        resumed = step.heard if step.heard - clock > 20 else resumed
        clock = step.heard
        border = (clock - 2) // 15 * 15
        if clock >= resumed + 10 and border > done:
            done = border
            fixed |= {minute for minute in range(border) if minutes.get(minute, "offline") != "offline"}
        if step.at is None or step.at < changed or step.state == state:
            continue
        changed, state = step.at, step.state
        minutes |= {minute: state for minute in range(changed, END) if minute not in fixed}
    said = fixed | set(range(max(changed, 0)))
    return {minute: known for minute, known in minutes.items() if minute in said and known != "offline"}


@given(days(latest=60, pause=25))
def test_however_late_it_comes_every_minute_is_told_once_as_the_rule_says(steps: list[Step]) -> None:
    assert by_minute(told(steps)) == recomputed(steps)


@given(days(latest=2, pause=15))
def test_what_comes_in_time_is_told_as_it_was(steps: list[Step]) -> None:
    truth: dict[int, str] = {}
    changed, state = -1, ""
    for step in steps:
        if step.at is not None and step.at >= changed and step.state != state:
            changed, state = step.at, step.state
            truth |= dict.fromkeys(range(changed, END), state)
    minutes = by_minute(told(steps))
    assert minutes == {minute: state for minute, state in truth.items() if minute in minutes}


@given(days(latest=60, pause=25), st.integers(0, 19))
def test_a_process_that_died_tells_the_same_pieces_again(steps: list[Step], cut: int) -> None:
    memory = AdapterMemory()
    before = told(steps[:cut], memory)
    kept = dump_memory(memory)
    after, again = told(steps[cut:], memory), told(steps[cut:], load_memory(kept))
    assert after == again
    assert before + after == told(steps)
    assert counted([*before, *after, *again]) == counted([*before, *after])


@given(days(latest=60, pause=25), st.integers(0, 17 * MINUTE - 1))
def test_nothing_more_is_told_before_it_is_due(steps: list[Step], wait: int) -> None:
    memory = AdapterMemory()
    facts = told(steps, memory)
    adapter, now = Adapter(COMPANY, memory), micros(steps[-1].heard * MINUTE + wait)
    due = adapter.due
    if due is None or now < due:
        assert not list(adapter.take(Ticked(), now))
    else:
        assert by_minute([*facts, *adapter.take(Ticked(), now)]).keys() >= by_minute(facts).keys()
        assert (adapter.due or now + SECOND) > now
