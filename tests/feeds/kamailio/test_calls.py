"""What the records of one call come to, whichever of them there are, and in whatever order."""

from itertools import permutations

import pytest

from events.calls import CallAnswered
from services.feeds.facts import Company
from tests.feeds.kamailio.given import acc, cdr, dialog, heard, lines, other, read
from tests.feeds.samples import MOSCOW, at, contents, ended, events_of, facts

CALLED = acc(5, callid="1@edge")
LEFT = acc(65, method="BYE")
RECORD = cdr(5.25, 65.5)
ANSWERED = (CALLED, LEFT, RECORD)
CANCELLED = (acc(9, 487), acc(9, 487), cdr(1.5, 1.5))


@pytest.mark.parametrize("records", list(permutations(ANSWERED)))
def test_an_answered_call_is_the_same_in_whatever_order_its_records_come(
    records: tuple[dict[str, object], ...],
) -> None:
    [call] = ended(heard(lines(*records)))
    assert (call.outcome, call.direction, call.rep, call.hung_up_by) == ("answered", "inbound", "101", "customer")
    assert (call.answered_at, call.ended_at, call.talk_seconds) == (at(5.25), at(65.5), 60)


@pytest.mark.parametrize("records", list(permutations(CANCELLED)))
def test_a_cancelled_call_is_the_same_in_whatever_order_its_records_come(
    records: tuple[dict[str, object], ...],
) -> None:
    [call] = ended(heard(lines(*records)))
    assert (call.outcome, call.rep, call.hung_up_by) == ("no_answer", None, "customer")
    assert (call.wait_seconds, call.talk_seconds, call.answered_at, call.ended_at) == (8, 0, None, at(9))


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (486, "busy"),
        (600, "busy"),
        (603, "busy"),
        (408, "no_answer"),
        (480, "no_answer"),
        (404, "failed"),
        (503, "failed"),
    ],
)
def test_the_code_of_a_refusal_says_how_it_ended(code: int, outcome: str) -> None:
    [call] = ended(heard(lines(acc(9, code), cdr(1, 1))))
    assert (call.outcome, call.hung_up_by) == (outcome, None)


def test_a_503_that_the_caller_gets_as_500_is_one_failed_call() -> None:
    [call] = ended(heard(lines(acc(2, 503), cdr(1, 1), acc(2, 500, to_tag=""), other(100))))
    assert call.outcome == "failed"


def test_a_call_that_nobody_took_at_first_and_another_phone_answered_is_answered() -> None:
    [call] = ended(heard(lines(acc(2, 486), acc(31, 408), acc(40), acc(50, method="BYE"), cdr(40, 50), other(99))))
    assert (call.outcome, call.talk_seconds) == ("answered", 10)


def test_being_asked_who_one_is_is_no_end_of_a_call() -> None:
    asked = lines(acc(1, 407), dialog("failed", 1), cdr(1, 1))
    [call] = ended(heard(asked + lines(other(60), *ANSWERED)))
    assert call.outcome == "answered"


def test_a_request_inside_of_a_call_changes_nothing() -> None:
    again = acc(30, src_user="101", dst_user="+79161234567")
    [call] = ended(heard(lines(CALLED, again, acc(31, 491), LEFT, RECORD)))
    assert (call.outcome, call.answered_at, call.hung_up_by) == ("answered", at(5.25), "customer")


def test_without_cdr_start_on_confirmed_the_ringing_is_told() -> None:
    told = heard(lines(acc(25), acc(65, method="BYE"), cdr(5.25, 65.5)))
    [call] = ended(told)
    assert (call.wait_seconds, call.ring_seconds, call.talk_seconds) == (20, 20, 40)
    assert (call.answered_at, call.ended_at) == (at(25), at(65.5))


def test_without_a_bye_the_call_is_told_five_seconds_later_and_nobody_hung_up() -> None:
    said = lines(CALLED, RECORD, other(66))
    assert not ended(heard(said + lines(other(70))))
    [call] = ended(heard(said + lines(other(71))))
    assert (call.talk_seconds, call.hung_up_by) == (60, None)


def test_without_cdrs_a_call_is_told_from_its_transactions() -> None:
    said = lines(CALLED, LEFT)
    [call] = ended(read(said))
    assert contents(facts(read(said))) == contents(facts(heard(said + lines(other(65), other(70)))))
    assert (call.answered_at, call.ended_at, call.talk_seconds, call.hung_up_by) == (at(5), at(65), 60, "customer")


def test_without_cdrs_a_refusal_waits_three_minutes_for_another_phone() -> None:
    said = lines(acc(9, 486), other(10))
    assert not ended(heard(said + lines(other(188))))
    assert [call.outcome for call in ended(heard(said + lines(other(189))))] == ["busy"]
    [call] = ended(heard(said + lines(acc(100), acc(110, method="BYE"), other(111), other(116), other(500))))
    assert call.outcome == "answered"


def test_without_cdrs_the_dialog_module_says_that_no_other_phone_will_answer() -> None:
    said = lines(dialog("failed", 9), acc(9, 486), other(10))
    assert not ended(heard(said + lines(other(13))))
    assert [call.outcome for call in ended(heard(said + lines(other(14))))] == ["busy"]


def test_a_clock_that_jumps_far_ahead_for_a_record_holds_no_call_back() -> None:
    jump = acc(0, method="OPTIONS", time=4_000_000_000, callid="2@edge")
    told = heard(lines(CALLED, cdr(1, 1, call_id="3@edge"), jump, RECORD, other(66), other(80)))
    assert {(call.call, call.outcome, call.talk_seconds) for call in ended(told)} == {
        ("1@edge", "answered", 60),
        ("3@edge", "failed", 0),
    }


def test_the_dialog_module_alone_tells_calls_to_the_second() -> None:
    said = lines(dialog("start", 5), dialog("end", 65, 5), dialog("failed", 70, callid="3@edge"))
    first, second = ended(read(said))
    assert (first.outcome, first.talk_seconds, first.hung_up_by) == ("answered", 60, None)
    assert (second.outcome, second.talk_seconds) == ("failed", 0)


def test_cdrs_alone_tell_what_they_know() -> None:
    said = lines(RECORD, cdr(1, 1, call_id="3@edge"), other(70), other(75))
    assert [(call.outcome, call.talk_seconds) for call in ended(heard(said))] == [("answered", 60), ("failed", 0)]


def test_a_bye_of_a_call_that_was_not_seen_to_begin_tells_nothing() -> None:
    assert not facts(heard(lines(LEFT, other(66), other(100))))


def test_an_answer_is_told_when_it_is_seen() -> None:
    [answer] = events_of(CallAnswered, heard(lines(CALLED)))
    assert (answer.call, answer.rep, answer.queue, answer.occurred_at) == ("1@edge", "101", None, at(5))


@pytest.mark.parametrize(
    ("caller", "called", "direction", "rep"),
    [
        ("+79161234567", "101", "inbound", "101"),
        ("101", "+79161234567", "outbound", "101"),
        ("101", "102", "internal", "102"),
        ("+79161234567", "+74957771111", "inbound", "anna"),
        ("+74957771111", "+79161234567", "outbound", "anna"),
        ("+79161234567", "+79161234568", "inbound", None),
        ("anonymous", "boris", "inbound", "boris"),
        ("", "101", "inbound", "101"),
    ],
)
def test_the_roster_and_extensions_say_whose_call_it_is(
    caller: str, called: str, direction: str, rep: str | None
) -> None:
    parties = {"src_user": caller, "dst_user": called}
    told = heard(lines(*({**record, **parties} for record in ANSWERED)))
    [call] = ended(told)
    assert (call.direction, call.rep) == (direction, rep)
    assert len(events_of(CallAnswered, told)) == (direction == "inbound" and rep is not None)
    assert b"+7" not in b"".join(contents(told))


@pytest.mark.parametrize(("leaver", "by"), [("+79161234567", "customer"), ("101", "rep"), ("somebody", None)])
def test_who_sent_the_bye_hung_up(leaver: str, by: str | None) -> None:
    [call] = ended(heard(lines(CALLED, acc(65, method="BYE", src_user=leaver), RECORD)))
    assert call.hung_up_by == by


def test_a_call_id_that_holds_a_number_is_told_as_its_digest() -> None:
    renamed = [{**record, "callid": "79161234567@pbx", "call_id": "79161234567@pbx"} for record in ANSWERED]
    told = heard(lines(*renamed))
    [call] = ended(told)
    assert len(call.call) == 64
    assert b"79161234567" not in b"".join(contents(told))


def test_what_comes_again_much_later_has_the_same_id() -> None:
    first, again = (
        [record for record in heard(lines(*ANSWERED, other(66), other(500), *ANSWERED)) if record.type == kind]
        for kind in ("call.ended", "call.answered")
    )
    assert len({record.id for record in first}) == len({record.id for record in again}) == 1


def test_a_call_that_ends_long_after_nothing_was_heard_of_it_is_told_by_its_end() -> None:
    hours = 3600 * 30
    later = lines(acc(hours, method="BYE"), cdr(5.25, hours), other(hours + 1), other(hours + 6))
    [call] = ended(heard(lines(CALLED, other(hours - 9)) + later, company=Company(MOSCOW)))
    assert (call.outcome, call.answered_at, call.talk_seconds) == ("answered", at(5.25), hours - 6)
