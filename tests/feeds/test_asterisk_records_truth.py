"""CEL and CDR against what really happened, as the other two readers are: by the plan and the packets on the wire."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from events.calls import CallEnded
from tests.feeds.samples import (
    cdr_capture,
    cdr_json_capture,
    cel_capture,
    contents,
    ended,
    facts,
    read_cdr,
    read_cel,
)
from tests.feeds.test_asterisk_truth import (
    AMI_IDS,
    ANSWERING_S,
    IN_QUEUE,
    INBOUND_TRUTH,
    NAMES,
    OUTBOUND,
    OUTCOMES,
    WIRE,
    agent_leg,
    caller_leg,
    each,
    each_in_queue,
    talked,
    waited,
)


class Within(NamedTuple):
    """By how many seconds a source may differ from the truth."""

    wait: float
    talk: float
    wait_and_talk: float
    instants: float


CEL_WITHIN = Within(wait=1.1, talk=1.1, wait_and_talk=1.1, instants=0.25)
"""Whole seconds are within one second, as AMI's and queue_log's; Asterisk was late itself, by 0.22 seconds once."""
CDR_WITHIN = Within(wait=2.6, talk=2.6, wait_and_talk=1.1, instants=1.1)
"""Asterisk answered these calls before any agent did, who all did so within 2.5 seconds: only the sum is exact."""

CEL_CALLS = {call.call: call for call in ended(read_cel(cel_capture()))}
CDR_CALLS = {call.call: call for call in ended(read_cdr(cdr_capture()))}
CALLED = {"timed_out": "closed", "key_exit": "closed", "join_empty": "closed"}
"""What CDR makes of calls whose queue rang nobody, of which it has no queue either."""
REACHED = [real for real in IN_QUEUE if OUTCOMES[real["intent"]] not in CALLED]
"""Those of which CDR knows the queue."""


def by_cel(real: Mapping[str, Any]) -> CallEnded:
    return CEL_CALLS[AMI_IDS[real["caller"]]]


def by_cdr(real: Mapping[str, Any]) -> CallEnded:
    return CDR_CALLS[AMI_IDS[real["caller"]]]


def agent_of(real: Mapping[str, Any]) -> str | None:
    outcome = OUTCOMES[real["intent"]]
    answered = outcome in ("answered", "transferred_blind", "transferred_attended")
    return NAMES[agent_leg(real)["to_user"]] if answered else None


def test_csv_and_json_tell_the_very_same() -> None:
    assert contents(facts(read_cdr(cdr_capture()))) == contents(facts(read_cdr(cdr_json_capture())))


@pytest.mark.parametrize("calls", [CEL_CALLS, CDR_CALLS], ids=["cel", "cdr"])
def test_all_56_inbound_and_10_outbound_calls_are_told_once_and_no_other(calls: Mapping[str, CallEnded]) -> None:
    assert Counter(call.direction for call in calls.values()) == {"inbound": 56, "outbound": 10}
    assert calls.keys() >= set(AMI_IDS.values())
    assert len(ended(read_cel(cel_capture()))) == len(ended(read_cdr(cdr_capture()))) == 66


@each
def test_outcome_queue_and_rep_are_the_truths(real: Mapping[str, Any]) -> None:
    outcome, queue = OUTCOMES[real["intent"]], None if real["intent"].startswith("direct") else real["intent"]
    cel, cdr = by_cel(real), by_cdr(real)
    assert (cel.outcome, cel.queue, cel.rep) == (outcome, queue, agent_of(real))
    assert (cdr.outcome, cdr.queue, cdr.rep) == (
        CALLED.get(outcome, outcome),
        None if outcome in CALLED else queue,
        agent_of(real),
    )


@each
def test_who_hung_up_is_who_sent_the_bye_where_it_is_known(real: Mapping[str, Any]) -> None:
    expected = {"answered": "customer", "abandoned": "customer"}.get(OUTCOMES[real["intent"]])
    assert by_cel(real).hung_up_by == ("rep" if real["intent"] == "support" else expected)
    assert by_cdr(real).hung_up_by == ("customer" if OUTCOMES[real["intent"]] == "abandoned" else None)


@each
def test_a_transfer_went_to_extension_200(real: Mapping[str, Any]) -> None:
    transferred = OUTCOMES[real["intent"]].startswith("transferred")
    for call in (by_cel(real), by_cdr(real)):
        assert (call.transfers, call.transferred_to) == ((1, "200") if transferred else (0, None))


@each_in_queue
def test_waiting_and_talking_by_cel_are_the_truths(real: Mapping[str, Any]) -> None:
    call = by_cel(real)
    assert abs(call.wait_seconds - waited(real)) < CEL_WITHIN.wait
    if call.rep is not None:
        assert abs(call.talk_seconds - talked(real)) < CEL_WITHIN.talk
        assert abs(call.ring_seconds - agent_leg(real)["ring_s"]) < CEL_WITHIN.wait


@each_in_queue
def test_instants_by_cel_are_those_of_the_wire(real: Mapping[str, Any]) -> None:
    call, joined = by_cel(real), caller_leg(real)["answered_at"] + ANSWERING_S
    assert call.enqueued_at is not None
    assert abs(call.enqueued_at.timestamp() - joined) < CEL_WITHIN.instants
    if call.answered_at is None:
        assert abs(call.ended_at.timestamp() - joined - waited(real)) < CEL_WITHIN.instants
    else:
        answered = agent_leg(real)["answered_at"]
        assert abs(call.answered_at.timestamp() - answered) < CEL_WITHIN.instants
        assert abs(call.ended_at.timestamp() - answered - talked(real)) < CEL_WITHIN.instants


def test_instants_by_cel_are_off_by_less_than_a_fiftieth_of_a_second_on_average() -> None:
    answered = [(by_cel(real).answered_at, agent_leg(real)["answered_at"]) for real in IN_QUEUE if agent_of(real)]
    late = [told.timestamp() - real for told, real in answered if told is not None]
    assert len(late) == len(answered) == 39
    assert abs(sum(late) / len(late)) < 0.02


@each_in_queue
def test_waiting_and_talking_by_cdr_are_the_truths_together(real: Mapping[str, Any]) -> None:
    call, waiting = by_cdr(real), ANSWERING_S + waited(real)
    talking = talked(real) if agent_of(real) is not None else 0
    assert abs(call.wait_seconds + call.talk_seconds - waiting - talking) < CDR_WITHIN.wait_and_talk
    assert abs(call.wait_seconds - waiting) < CDR_WITHIN.wait
    assert abs(call.talk_seconds - talking) < CDR_WITHIN.talk
    if agent_of(real) is not None:
        assert -CDR_WITHIN.wait_and_talk < call.talk_seconds - talking
    ends = caller_leg(real)["answered_at"] + waiting + talking
    assert abs(call.ended_at.timestamp() - ends) < CDR_WITHIN.instants


@pytest.mark.parametrize(
    "real", [real for real in INBOUND_TRUTH if "answered by" in real["intent"]], ids=lambda r: r["id"]
)
def test_a_direct_call_whose_line_the_agent_answered_is_exact_in_either(real: Mapping[str, Any]) -> None:
    for call in (by_cel(real), by_cdr(real)):
        assert abs(call.talk_seconds - talked(real)) < CEL_WITHIN.talk
        assert abs(call.wait_seconds - agent_leg(real)["ring_s"]) < CEL_WITHIN.wait


@pytest.mark.parametrize("calls", [CEL_CALLS, CDR_CALLS], ids=["cel", "cdr"])
def test_outbound_calls_ended_as_the_wire_says(calls: Mapping[str, CallEnded]) -> None:
    real = sorted((leg for leg in WIRE if leg["to_user"].startswith("+79165")), key=lambda leg: leg["invite_at"])
    told = sorted((call for call in calls.values() if call.direction == "outbound"), key=lambda call: call.call)
    within = CEL_WITHIN if calls is CEL_CALLS else CDR_WITHIN
    assert [call.outcome for call in told] == [OUTBOUND[leg["to_user"][5:9]] for leg in real]
    for call, leg in zip(told, real, strict=True):
        assert call.rep == "agent110"
        talk, ring = leg.get("talk_s", 0), leg.get("ring_s", 0)
        assert abs(call.talk_seconds - talk) < within.talk
        assert abs(call.wait_seconds + call.talk_seconds - talk - ring) < within.wait_and_talk


def test_counts_by_queue_and_by_agent_are_the_truths() -> None:
    real = Counter((call["intent"], OUTCOMES[call["intent"]]) for call in IN_QUEUE)
    reached = Counter((call["intent"], OUTCOMES[call["intent"]]) for call in REACHED)
    answered = Counter(agent_of(call) for call in IN_QUEUE if call["agent_answers"])
    for calls, expected in ((CEL_CALLS, real), (CDR_CALLS, reached)):
        in_queue = [call for call in calls.values() if call.queue is not None and call.outcome != "join_empty"]
        assert Counter((call.queue, call.outcome) for call in in_queue) == expected
        assert Counter(call.rep for call in in_queue if call.rep is not None) == answered
    assert sum(call.outcome == "closed" for call in CDR_CALLS.values()) == len(IN_QUEUE) - len(REACHED) + 2
