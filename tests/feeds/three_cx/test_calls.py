"""What a row of a 3CX comes to."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC

import pytest

from events.calls import CallEnded
from services.feeds.callers.heard import Callers
from services.feeds.facts import Teller
from services.feeds.reading import Reading
from services.feeds.three_cx.fields import ORDER
from services.feeds.three_cx.reader import ThreeCxReader
from tests.feeds.samples import at, ended, facts, parked
from tests.feeds.three_cx.given import CALLER, COMPANY, callid, clock, read, row


def one(**changes: str) -> CallEnded:
    told = read(row(**changes))
    assert not parked(told)
    [call] = ended(told)
    return call


def test_a_caller_whom_a_queue_gave_to_an_agent() -> None:
    call = one()
    assert (call.call, call.direction, call.outcome, call.queue, call.rep) == (
        *("612504", "inbound", "answered", "800", "anna"),
    )
    assert (call.wait_seconds, call.talk_seconds, call.hung_up_by) == (8, 60, "customer")
    assert (call.enqueued_at, call.answered_at, call.ended_at) == (at(0), at(8), at(69))


def test_without_a_duration_the_times_tell_it() -> None:
    assert one(duration="").talk_seconds == 61


NOBODY = {"final_dn": "", "final_type": "", "final_number": "", "reason_changed": "", "duration": ""}
UNANSWERED = {**NOBODY, "time_answered": ""}
DIRECT = {**NOBODY, "to_dn": "101", "to_type": "Extension", "duration": "00:01:00"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (UNANSWERED, ("abandoned", "800", None)),
        ({**UNANSWERED, "duration": "00:00:40", "time_answered": clock(0)}, ("abandoned", "800", None)),
        ({**UNANSWERED, "reason_terminated": "TerminatedByDst"}, ("timed_out", "800", None)),
        ({"reason_changed": "QFwdToDNA"}, ("timed_out", "800", None)),
        ({"final_type": "VMail", "final_dn": "999"}, ("voicemail", "800", None)),
        ({"to_type": "IVR"}, ("answered", None, "anna")),
        ({"to_type": "IVR", "final_type": "queue", "final_dn": "800"}, ("abandoned", "800", None)),
        ({**NOBODY, "to_type": "ivr"}, ("abandoned", None, None)),
        ({**NOBODY, "to_type": "ivr", "reason_terminated": "dst_participant_terminated"}, ("closed", None, None)),
        (DIRECT, ("answered", None, "anna")),
        ({**DIRECT, "time_answered": "", "reason_terminated": "Failed_Cancelled"}, ("abandoned", None, None)),
        ({**DIRECT, "time_answered": "", "reason_terminated": "NoAnswerTimeout"}, ("no_answer", None, None)),
        ({**DIRECT, "time_answered": "", "reason_terminated": "busy"}, ("busy", None, None)),
        ({**DIRECT, "time_answered": "", "reason_terminated": "no_route"}, ("closed", None, None)),
        ({**DIRECT, "final_dn": "102", "final_type": "Extension", "reason_changed": "FwdNoAnswer"}, None),
        ({"final_type": "external_line", "final_dn": "10001"}, ("diverted", "800", None)),
        ({"to_type": "ring_group_ring_all", "to_dn": "850"}, ("answered", None, "anna")),
    ],
)
def test_how_an_inbound_call_ended(changes: Mapping[str, str], told: tuple[str, str | None, str | None] | None) -> None:
    call = one(**changes)
    assert (call.outcome, call.queue, call.rep) == (told or ("answered", None, "102"))
    assert call.direction == "inbound"
    assert call.wait_seconds + call.talk_seconds in {68, 69}  # a duration is cut down


@pytest.mark.parametrize(
    ("changed", "outcome"), [("ReplacedDst", "transferred_attended"), ("BXferOfDst", "transferred_blind")]
)
@pytest.mark.parametrize(("kind", "to", "told"), [("Extension", "102", "102"), ("Line", "10001", None)])
def test_an_agent_who_sent_the_caller_on(changed: str, outcome: str, kind: str, to: str, told: str | None) -> None:
    call = one(to_dn="101", to_type="Extension", final_dn=to, final_type=kind, reason_changed=changed)
    assert (call.outcome, call.rep, call.transferred_to, call.transfers) == (outcome, "anna", told, 1)
    assert call.queue is None


OUTBOUND = {**NOBODY, "from_type": "Extension", "from_dn": "101", "to_type": "Line", "to_dn": "10001"}


@pytest.mark.parametrize(
    ("changes", "outcome", "by"),
    [
        ({}, "answered", "rep"),
        ({"reason_terminated": "TerminatedByDst"}, "answered", "customer"),
        ({"time_answered": ""}, "no_answer", None),
        ({"time_answered": "", "reason_terminated": "TargetBusy"}, "busy", None),
        ({"time_answered": "", "reason_terminated": "NoRouteExists"}, "failed", None),
        ({"final_type": "Extension", "final_dn": "102", "reason_changed": "ReplacedSrc"}, "transferred_attended", None),
    ],
)
def test_how_a_dialled_call_ended(changes: Mapping[str, str], outcome: str, by: str | None) -> None:
    call = one(**{**OUTBOUND, **changes})
    assert (call.direction, call.outcome, call.rep, call.hung_up_by) == ("outbound", outcome, "anna", by)


def test_a_colleague_who_called_another() -> None:
    call = one(**{**OUTBOUND, "to_type": "Extension", "to_dn": "102"})
    assert (call.direction, call.outcome, call.rep, call.hung_up_by) == ("internal", "answered", "102", None)


@pytest.mark.parametrize("kind", ["Queue", "ring_group_hunt", "IVR"])
def test_a_leg_that_the_phone_system_began_is_no_call(kind: str) -> None:
    told = read(row(from_type=kind, from_dn="800", to_type="Extension", to_dn="101", missed_queue_calls="102;103;"))
    assert not facts(told)
    assert not parked(told)


def test_the_parts_of_a_call_are_told_by_themselves() -> None:
    later = row(callid=callid(70.5), time_start=clock(70), time_answered=clock(71), time_end=clock(99))
    told = facts(read(row(), later))
    assert len({fact.id for fact in told}) == len(told) == 2
    assert {fact.subject for fact in told} == {"call/612504"}


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({}, CALLER),
        ({**OUTBOUND, "to_no": "79161230002"}, "79161230002"),
        ({**OUTBOUND, "to_no": "", "dial_no": "79161230003"}, "79161230003"),
        ({**OUTBOUND, "to_type": "Extension", "to_no": "Ext.102"}, None),
    ],
)
def test_who_is_on_the_line_from_outside_is_heard_and_looked_up(changes: Mapping[str, str], number: str | None) -> None:
    heard = dict[str, str]()

    async def look_up(numbers: Mapping[str, str]) -> Mapping[str, str]:
        heard.update(numbers)
        return dict.fromkeys(numbers, "p7")

    callers = Callers(look_up)
    reading = ThreeCxReader(Teller("/3cx", replace(COMPANY, callers=callers)), ORDER, UTC)
    told = facts(Reading(reading, "cdr.log").read([row(**changes)]))
    [call] = ended(asyncio.run(callers.identify(told)))
    assert list(heard.values()) == ([] if number is None else [number])
    assert call.person == (None if number is None else "p7")


def test_no_event_holds_a_number_or_a_name_of_a_caller() -> None:
    rows = [
        row(),
        row(from_dn=CALLER, to_dn=CALLER, final_dn=CALLER),
        row(**OUTBOUND, to_no=CALLER, dial_no=CALLER),
        row(historyid="79161230001"),
        row(callid=CALLER),
        row(time_end=CALLER, reason_terminated="Иван"),
    ]
    told = b"\n".join(bytes(record.data) for record in read(*rows))
    assert ended(read(*rows))
    assert parked(read(*rows))
    assert not [secret for secret in ("9161230001", "Иван", "Ромашка") if secret.encode() in told]
