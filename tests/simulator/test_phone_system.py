"""What the simulated phone system says, read by the reader of real ones: it must come to the model's own truth."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from events.agents import AgentSignedIn, AgentStateEntered, AgentStateLasted
from events.calls import CallAnswered, CallEnded, CallOffered
from events.codec import decode, encode
from events.envelope import Envelope
from services.simulator.day import Day, simulate
from services.simulator.facts import Facts
from services.simulator.figures import AgentFigures
from services.simulator.messages import BANNER
from services.simulator.queue_log import QueueLog
from tests.feeds.samples import ami_capture, contents, ended, events_of, facts, parked, read_ami, read_log
from tests.simulator.days import ami_bytes, plan, seeds, small_day, whole_day


def log_bytes(day: Day) -> bytes:
    return b"".join(lines for _, lines in QueueLog().told(day.happenings))


def by_queue(calls: Sequence[CallEnded]) -> dict[str, Counter[str]]:
    return {
        queue: Counter(call.outcome for call in calls if call.queue == queue)
        for queue in {call.queue for call in calls if call.queue is not None}
    }


def by_agent(records: Sequence[Envelope], day: Day) -> dict[str, AgentFigures]:
    """Count what the records say of each agent, leaving out what is sold."""
    found = {agent.name: AgentFigures() for agent in day.agents}
    for call in ended(records):
        if call.rep is not None:
            one = found[call.rep]
            one.calls += 1
            one.answered += call.answered_at is not None
            one.outbound += call.direction == "outbound"
            one.transferred += call.outcome.startswith("transferred")
            one.ring_seconds += call.ring_seconds
            one.talk_seconds += call.talk_seconds
    for state in events_of(AgentStateLasted, records):
        if state.reason is not None:
            seconds = found[state.rep].paused_seconds
            seconds[state.reason] = seconds.get(state.reason, 0) + state.seconds
    return found


def unsold(figures: AgentFigures) -> tuple[object, ...]:
    return (
        figures.calls, figures.answered, figures.outbound, figures.transferred, figures.ring_seconds,
        figures.talk_seconds, figures.paused_seconds,
    )  # fmt: skip


def agrees(records: Sequence[Envelope], day: Day) -> None:
    calls, truth = ended(records), day.figures
    assert not parked(records)
    assert len(calls) == truth.calls
    assert by_queue(calls) == {name: queue.outcomes for name, queue in truth.queues.items() if queue.outcomes}
    assert Counter(call.outcome for call in calls if call.direction == "outbound") == truth.outbound
    offered = Counter(offer.queue for offer in events_of(CallOffered, records))
    assert offered == {name: queue.offered for name, queue in truth.queues.items() if queue.offered}
    answered = Counter(answer.queue for answer in events_of(CallAnswered, records))
    assert answered == {name: queue.answered for name, queue in truth.queues.items() if queue.answered}
    for name, queue in truth.queues.items():
        assert sum(call.wait_seconds for call in calls if call.queue == name) == queue.wait_seconds
        assert sum(call.talk_seconds for call in calls if call.queue == name) == queue.talk_seconds
    told = by_agent(records, day)
    assert {name: unsold(one) for name, one in told.items()} == {
        name: unsold(one) for name, one in truth.agents.items()
    }


def test_a_whole_day_read_from_the_manager_interface_is_the_truth() -> None:
    agrees(read_ami(BANNER + ami_bytes(whole_day())), whole_day())


def test_who_hung_up_is_told_of_calls_in_both_directions() -> None:
    day = whole_day()
    told = {(call.call, call.queue): call.hung_up_by for call in ended(read_ami(ami_bytes(day)))}
    inbound = {(stay.call, stay.queue): stay.by for stay in day.stays if stay.outcome == "answered"}
    outbound = {
        (call.call, None): "rep" if call.by_agent else "customer" for call in day.outbound if call.answered is not None
    }
    assert set(inbound.values()) == set(outbound.values()) == {"customer", "rep"}
    expected = inbound | outbound
    assert {call: told[call] for call in expected} == expected


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_any_day_read_from_the_manager_interface_is_the_truth(seed: int) -> None:
    day = simulate(plan(seed))
    agrees(read_ami(ami_bytes(day)), day)


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_the_truth_does_not_depend_on_how_the_bytes_come(data: st.DataObject) -> None:
    stream = ami_bytes(small_day())
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=60)))
    chunks = [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert contents(facts(read_ami(*chunks))) == contents(facts(read_ami(stream)))


def test_queue_log_tells_the_same_facts_with_the_same_ids() -> None:
    day = whole_day()
    from_log, from_ami = facts(read_log(log_bytes(day))), facts(read_ami(ami_bytes(day)))
    queued = (CallOffered, CallAnswered, CallEnded, AgentSignedIn)
    assert {fact.id for fact in from_log} <= {fact.id for fact in from_ami}
    for kind in queued:
        expected = [event for event in events_of(kind, from_ami) if getattr(event, "queue", None) is not None]
        assert len(events_of(kind, from_log)) == len(expected)


def test_a_copy_for_the_door_is_what_a_reader_of_the_phone_system_says() -> None:
    day = whole_day()
    known = {envelope.id: envelope for envelope in read_ami(ami_bytes(day))}
    copies = [copy for stay in day.stays if stay.number for copy in Facts(day).of_stay(stay)]
    assert len(copies) > 5_000
    for copy in copies:
        real = known[copy.id]
        assert decode(encode(copy)).event == decode(encode(real)).event
        assert (copy.subject, copy.source, copy.day, copy.time) == (real.subject, real.source, real.day, real.time)


def test_agents_go_by_the_names_that_queues_have_for_them() -> None:
    day = small_day()
    members = {agent.name: f"rep-{agent.number}" for agent in day.agents}
    told = read_ami(ami_bytes(day, members))
    reps = {state.rep for state in events_of(AgentStateEntered, told)} | {
        call.rep for call in ended(told) if call.rep is not None
    }
    assert reps <= set(members.values())
    assert len(ended(told)) == day.figures.calls


def test_every_message_has_the_fields_that_a_real_one_has() -> None:
    """The simulator leaves fields out, and makes none up."""
    real, ours = _fields(ami_capture()), _fields(ami_bytes(whole_day()))
    for kind, fields in ours.items():
        assert fields <= real[kind], kind


def _fields(stream: bytes) -> dict[bytes, set[bytes]]:
    found: dict[bytes, set[bytes]] = {}
    for item in stream.split(b"\r\n\r\n"):
        lines = [line.partition(b": ") for line in item.strip().split(b"\r\n")]
        if lines[0][0] == b"Event":
            found.setdefault(lines[0][2], set()).update(key.rstrip(b":") for key, _, _ in lines)
    return found


def test_no_staff_name_is_said_by_the_phone_system() -> None:
    day = small_day()
    said = ami_bytes(day).decode() + log_bytes(day).decode()
    named = [f"{before}{agent.person}" for agent in day.agents for before in ("MemberName: ", "|")]
    assert not [name for name in named if name in said]
