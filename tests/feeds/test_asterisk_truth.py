"""Both readers against what really happened: the plan of the run and the packets on the wire.

Neither owes anything to Asterisk's reports. A caller's number joins them to a call here, and nowhere else.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from events.calls import CallEnded, CallOffered
from tests.feeds.samples import ami_capture, ended, events_of, log_capture, read_ami, read_log, truth

WITHIN = 1.1
"""Asterisk's whole seconds are within one second of the truth, and it is up to 65 ms late itself."""
ANSWERING_S = 0.5
"""The dialplan answers, and lets the caller join the queue half a second later."""
OUTCOMES = {
    "sales": "answered",
    "support": "answered",
    "noanswer": "abandoned",
    "empty": "timed_out",
    "xfer": "transferred_blind",
    "dtmf": "key_exit",
    "nomembers": "join_empty",
    "consult": "transferred_attended",
    "direct DID, answered by agent108, caller hangs up": "answered",
    "direct DID, caller CANCELs 0.5 s after ringing": "abandoned",
}
NAMES = {
    "101": "Anna Ivanova",
    "102": "Boris Petrov",
    "103": "Clara Müller",
    "104": "Dmitry Orlov",
    "107": "Hans Transfer",
    "108": "Jana Overflow",
    "111": "Irina Consult",
}
OUTBOUND = {"5551": "answered", "5552": "busy", "5553": "no_answer", "5554": "failed"}

INBOUND_TRUTH: list[dict[str, Any]] = truth("joined")
WIRE: list[dict[str, Any]] = truth("wire")


def ids_in_log() -> Mapping[str, str]:
    """Say which call each caller's number had, by queue_log."""
    return {
        row[6]: row[1] for line in log_capture().decode().splitlines() if (row := line.split("|"))[4] == "ENTERQUEUE"
    }


def ids_in_ami() -> Mapping[str, str]:
    """Say which call each caller's number had, by AMI."""
    begun = rb"Event: Newchannel\r\n.*?CallerIDNum: (\+79[0-9]+)\r\n.*?Uniqueid: (\S+)\r\nLinkedid: \2\r\n"
    found = (re.search(begun, item + b"\r\n", re.DOTALL) for item in ami_capture().split(b"\r\n\r\n"))
    return {match[1].decode(): match[2].decode() for match in found if match}


AMI_CALLS = {call.call: call for call in ended(read_ami(ami_capture()))}
LOG_CALLS = {call.call: call for call in ended(read_log(log_capture()))}
AMI_IDS, LOG_IDS = ids_in_ami(), ids_in_log()
IN_QUEUE = [real for real in INBOUND_TRUTH if real["queue_log"]]


def by_ami(real: Mapping[str, Any]) -> CallEnded:
    return AMI_CALLS[AMI_IDS[real["caller"]]]


def by_log(real: Mapping[str, Any]) -> CallEnded:
    return LOG_CALLS[LOG_IDS[real["caller"]]]


def told(real: Mapping[str, Any]) -> list[CallEnded]:
    return [by_ami(real), *([by_log(real)] if real["queue_log"] else [])]


def caller_leg(real: Mapping[str, Any]) -> Mapping[str, Any]:
    [leg] = [leg for leg in WIRE if leg["leg"] == "inbound" and leg["from_user"] == real["caller"]]
    return leg


def agent_leg(real: Mapping[str, Any]) -> Mapping[str, Any]:
    """Find the dialog of the first agent who answered the caller."""
    legs = [
        leg for leg in WIRE if leg["leg"] == "outbound" and leg["from_user"] == real["caller"] and leg["answered_at"]
    ]
    return min(legs, key=lambda leg: leg["answered_at"])


each = pytest.mark.parametrize("real", INBOUND_TRUTH, ids=lambda real: str(real["id"]))
each_in_queue = pytest.mark.parametrize("real", IN_QUEUE, ids=lambda real: str(real["id"]))


def test_all_56_inbound_and_10_outbound_calls_are_told_once_and_no_other() -> None:
    calls = ended(read_ami(ami_capture()))
    assert Counter(call.direction for call in calls) == {"inbound": 56, "outbound": 10}
    assert len({call.call for call in calls}) == 66
    assert len(INBOUND_TRUTH) == len(AMI_IDS) == 56


def test_queue_log_tells_the_51_that_joined_a_queue() -> None:
    assert len(ended(read_log(log_capture()))) == len(LOG_IDS) == len(IN_QUEUE) == len(LOG_CALLS) == 51


@each
def test_the_outcome_is_what_was_planned(real: Mapping[str, Any]) -> None:
    assert {call.outcome for call in told(real)} == {OUTCOMES[real["intent"]]}


@each
def test_the_queue_is_the_one_that_was_dialled(real: Mapping[str, Any]) -> None:
    queue = None if real["intent"].startswith("direct") else real["intent"]
    assert {call.queue for call in told(real)} == {queue}


@each
def test_the_rep_is_who_answered_on_the_wire(real: Mapping[str, Any]) -> None:
    reps = {call.rep for call in told(real)}
    if OUTCOMES[real["intent"]] in ("answered", "transferred_blind", "transferred_attended"):
        number = agent_leg(real)["to_user"]
        assert reps <= {NAMES[number], *({"agent108"} if real["intent"].startswith("direct") else ())}
    else:
        assert reps == {None}


@each
def test_who_hung_up_is_who_sent_the_bye(real: Mapping[str, Any]) -> None:
    expected = {"answered": "customer", "abandoned": "customer"}.get(OUTCOMES[real["intent"]])
    expected = "rep" if real["intent"] == "support" else expected
    assert {call.hung_up_by for call in told(real)} == {expected}


def waited(real: Mapping[str, Any]) -> float:
    """How long a caller really waited."""
    leg, outcome = caller_leg(real), OUTCOMES[real["intent"]]
    joined = leg["answered_at"] + ANSWERING_S
    if outcome in ("abandoned", "timed_out"):
        return float(leg["bye_at"] - joined)
    return float((leg["dtmf_at"] if outcome == "key_exit" else agent_leg(real)["answered_at"]) - joined)


def talked(real: Mapping[str, Any]) -> float:
    """How long an agent really talked: to the first goodbye, or until the transfer was asked for."""
    agent, caller = agent_leg(real), caller_leg(real)
    ends = [agent["refer_at"] or agent["bye_at"], caller["bye_at"]]
    return float(min(end for end in ends if end is not None) - agent["answered_at"])


@each_in_queue
def test_waiting_is_within_the_rounding(real: Mapping[str, Any]) -> None:
    assert all(abs(call.wait_seconds - waited(real)) < WITHIN for call in told(real))


@each_in_queue
def test_ringing_and_talking_are_within_the_rounding(real: Mapping[str, Any]) -> None:
    for call in told(real):
        if call.rep is None:
            assert (call.ring_seconds, call.talk_seconds) == (0, 0)
        else:
            assert abs(call.ring_seconds - agent_leg(real)["ring_s"]) < WITHIN
            assert abs(call.talk_seconds - talked(real)) < WITHIN


@pytest.mark.parametrize(
    "real", [real for real in INBOUND_TRUTH if "answered by" in real["intent"]], ids=lambda r: r["id"]
)
def test_a_direct_call_is_within_the_rounding(real: Mapping[str, Any]) -> None:
    call, agent = by_ami(real), agent_leg(real)
    assert abs(call.talk_seconds - talked(real)) < WITHIN
    assert abs(call.wait_seconds - agent["ring_s"]) < WITHIN


def test_outbound_calls_ended_as_the_wire_says() -> None:
    real = sorted((leg for leg in WIRE if leg["to_user"].startswith("+79165")), key=lambda leg: leg["invite_at"])
    calls = sorted((call for call in AMI_CALLS.values() if call.direction == "outbound"), key=lambda call: call.call)
    assert [call.outcome for call in calls] == [OUTBOUND[leg["to_user"][5:9]] for leg in real]
    assert Counter(call.outcome for call in calls) == {"answered": 5, "busy": 2, "no_answer": 2, "failed": 1}
    for call, leg in zip(calls, real, strict=True):
        assert abs(call.talk_seconds - leg.get("talk_s", 0)) < WITHIN
        assert (call.rep, call.campaign, call.ring_seconds) == ("agent110", "autumn", 0)
        if "ring_s" in leg:
            assert abs(call.wait_seconds - leg["ring_s"]) < WITHIN


def test_counts_by_queue_and_by_agent_are_the_truths() -> None:
    real = Counter((call["intent"], OUTCOMES[call["intent"]]) for call in IN_QUEUE)
    answered = Counter(NAMES[agent_leg(call)["to_user"]] for call in IN_QUEUE if call["agent_answers"])
    for calls in (AMI_CALLS.values(), LOG_CALLS.values()):
        in_queue = [call for call in calls if call.queue is not None and call.outcome != "join_empty"]
        assert Counter((call.queue, call.outcome) for call in in_queue) == real
        assert Counter(call.rep for call in in_queue if call.rep is not None) == answered


def test_offers_by_queue_are_the_truths() -> None:
    real = Counter(call["intent"] for call in IN_QUEUE)
    for records in (read_ami(ami_capture()), read_log(log_capture())):
        assert Counter(offered.queue for offered in events_of(CallOffered, records)) == real


def test_asterisks_whole_seconds_are_off_by_less_than_a_quarter_of_a_second_on_average() -> None:
    for figure, real_figure in (("wait_seconds", waited), ("talk_seconds", talked)):
        errors = [
            getattr(by_log(real), figure) - real_figure(real) for real in IN_QUEUE if by_log(real).rep is not None
        ]
        assert abs(sum(errors) / len(errors)) < 0.25
