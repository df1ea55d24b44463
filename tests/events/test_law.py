"""The law: a fact counts once, and of decisions that contend the first on the log wins."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from events.envelope import Envelope, write_expects
from events.ids import KVOTA, fact_id, restatement_id
from events.law import Ledger, SeenIds, Verdict
from tests.events.examples import EXAMPLES
from tests.events.examples.dates import TODAY

COUNTS, REPEATED = Verdict.COUNTS, Verdict.REPEATED
OVERTAKEN, BROKEN = Verdict.OVERTAKEN, Verdict.EXPECTATION_BROKEN

FACT = EXAMPLES["call.ended"].envelope
DECISION = EXAMPLES["deal.lost"].envelope


def a_fact(number: int, day: date = TODAY) -> Envelope:
    return replace(FACT, id=uuid5(KVOTA, str(number)), day=day)


def a_decision(stream: str, version: int, expects: dict[str, int] | None = None, author: str = "rep-009") -> Envelope:
    identity = uuid5(KVOTA, f"{stream}@{version} by {author}")
    heads = write_expects(expects or {})
    return replace(DECISION, id=identity, stream=stream, streamversion=version, expects=heads, authid=author)


def verdicts(records: Iterable[Envelope], ledger: Ledger | None = None) -> list[Verdict]:
    judge = (ledger or Ledger()).judge
    return [judge(record) for record in records]


def test_a_fact_told_twice_counts_once() -> None:
    assert verdicts([a_fact(1), a_fact(1), a_fact(2)]) == [COUNTS, REPEATED, COUNTS]


def test_the_first_decision_of_a_stream_is_its_version_one() -> None:
    assert verdicts([a_decision("deal/1", 2), a_decision("deal/1", 1)]) == [OVERTAKEN, COUNTS]


def test_decisions_follow_one_another() -> None:
    assert verdicts([a_decision("deal/1", 1), a_decision("deal/1", 2)]) == [COUNTS, COUNTS]


def test_of_two_decisions_on_one_version_the_first_wins() -> None:
    log = [a_decision("deal/1", 1, author="rep-001"), a_decision("deal/1", 1, author="rep-002")]
    assert verdicts(log) == [COUNTS, OVERTAKEN]


def test_a_decision_told_twice_counts_once() -> None:
    log = [a_decision("deal/1", 1), a_decision("deal/1", 1)]
    assert verdicts(log) == [COUNTS, OVERTAKEN]


def test_streams_do_not_disturb_one_another() -> None:
    assert verdicts([a_decision("deal/1", 1), a_decision("deal/2", 1)]) == [COUNTS, COUNTS]


def test_a_decision_that_relies_on_a_head_counts_while_the_head_holds() -> None:
    log = [a_decision("quota/1", 1), a_decision("deal/1", 1, {"quota/1": 1, "rep/1": 0})]
    assert verdicts(log) == [COUNTS, COUNTS]


def test_a_decision_that_relies_on_a_head_which_moved_does_not_count() -> None:
    log = [a_decision("quota/1", 1), a_decision("quota/1", 2), a_decision("deal/1", 1, {"quota/1": 1})]
    assert verdicts(log) == [COUNTS, COUNTS, BROKEN]


def test_a_decision_that_does_not_count_moves_no_head() -> None:
    log = [a_decision("deal/1", 1, {"quota/1": 5}), a_decision("deal/1", 1)]
    assert verdicts(log) == [BROKEN, COUNTS]


def test_of_two_decisions_that_rely_on_each_others_stream_only_the_first_counts() -> None:
    log = [a_decision("lead/1", 1, {"rep/1": 0}), a_decision("rep/1", 1, {"lead/1": 0})]
    assert verdicts(log) == [COUNTS, BROKEN]


def test_ids_of_a_day_that_is_not_in_memory_are_asked_for_once() -> None:
    asked: list[date] = []

    def load(day: date) -> Iterable[UUID]:
        asked.append(day)
        return [a_fact(1).id]

    ledger = Ledger(SeenIds(load))
    assert verdicts([a_fact(1), a_fact(2), a_fact(1)], ledger) == [REPEATED, COUNTS, REPEATED]
    assert asked == [TODAY]


# A log as it may be: facts and decisions of few ids and streams, in any order, some of them told again and again.
facts = st.builds(a_fact, st.integers(0, 8), st.sampled_from([TODAY, TODAY - timedelta(days=1)]))
streams = st.sampled_from(["deal/1", "deal/2", "quota/1"])
decisions = st.builds(
    a_decision,
    streams,
    st.integers(1, 4),
    st.dictionaries(streams, st.integers(0, 3), max_size=2),
    st.sampled_from(["rep-001", "rep-002"]),
)
logs = st.lists(st.one_of(facts, decisions), max_size=40)


@given(logs, st.data())
def test_what_is_delivered_twice_counts_once_in_any_interleaving(log: list[Envelope], data: st.DataObject) -> None:
    """Copies of what has counted, strewn in wherever, change nothing of what counts."""
    ledger, counted = Ledger(), list[Envelope]()
    for record in log:
        if ledger.judge(record) is COUNTS:
            counted.append(record)
        copies = data.draw(st.lists(st.sampled_from(counted), max_size=2)) if counted else []
        assert COUNTS not in verdicts(copies, ledger)
    assert counted == _counted(log, Ledger())


@given(st.permutations([a_fact(number) for number in (1, 1, 2, 2, 2, 3)]))
def test_the_same_facts_count_in_whatever_order_they_come(log: list[Envelope]) -> None:
    assert {record.id for record in _counted(log, Ledger())} == {a_fact(number).id for number in (1, 2, 3)}


@given(logs)
def test_each_version_of_a_stream_counts_at_most_once_and_in_order(log: list[Envelope]) -> None:
    counted = _counted(log, Ledger())
    for stream in {record.stream for record in log if record.stream is not None}:
        versions = [record.streamversion for record in counted if record.stream == stream]
        assert versions == list(range(1, len(versions) + 1))


@given(logs, st.integers(0, 40))
def test_a_log_read_in_two_pieces_is_judged_as_in_one(log: list[Envelope], cut: int) -> None:
    carried = Ledger()
    assert verdicts(log[:cut], carried) + verdicts(log[cut:], carried) == verdicts(log)


@given(logs, st.integers(0, 40))
def test_a_reader_that_reloads_what_it_had_seen_goes_on_as_if_nothing_was(log: list[Envelope], cut: int) -> None:
    remembered = SeenIds()
    before = Ledger(remembered)
    judged = verdicts(log[:cut], before)
    seen = {day: [UUID(bytes=event_id) for event_id in ids] for day, ids in remembered.days.items()}
    after = Ledger(SeenIds(lambda day: seen.get(day, ())), dict(before.heads))
    assert judged + verdicts(log[cut:], after) == verdicts(log)


# -- Days long past

EXPIRED = Verdict.EXPIRED
NOON_MS = int(datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp() * 1_000)
DAY_MS = 86_400_000


def back(days: int) -> date:
    return TODAY - timedelta(days=days)


def dated(*records: Envelope, ledger: Ledger | None = None, days_later: int = 0) -> list[Verdict]:
    """Judge records that the log took at noon, today or some days later, one by one."""
    ledger = ledger or Ledger()
    return [ledger.judge(record, NOON_MS + DAY_MS * days_later) for record in records]


def test_a_fact_of_the_last_day_of_the_window_counts_once_and_one_of_the_day_before_does_not() -> None:
    log = [a_fact(0), a_fact(1, back(35)), a_fact(1, back(35)), a_fact(2, back(36)), a_fact(2, back(36))]
    assert dated(*log) == [COUNTS, COUNTS, REPEATED, EXPIRED, EXPIRED]
    assert Ledger().judge_all(log, lambda: [NOON_MS] * 5) == [COUNTS, COUNTS, REPEATED, EXPIRED, EXPIRED]


def test_what_was_told_in_time_and_comes_again_too_late_has_expired() -> None:
    assert dated(a_fact(1, back(36)), a_fact(0), a_fact(1, back(36))) == [COUNTS, COUNTS, EXPIRED]


def test_an_old_log_read_alone_is_judged_as_it_was() -> None:
    assert dated(a_fact(1, back(400)), a_fact(2, back(420)), days_later=9) == [COUNTS, COUNTS]


def test_a_wrong_day_closes_no_more_than_the_day_that_has_begun_somewhere() -> None:
    assert dated(a_fact(0, back(-4_000)), a_fact(1, back(34)), a_fact(2, back(35))) == [COUNTS, COUNTS, EXPIRED]


def test_what_does_not_count_closes_nothing() -> None:
    ledger = Ledger()
    assert dated(a_fact(0, back(40)), ledger=ledger) == [COUNTS]
    assert ledger.judge(a_fact(1), None) is COUNTS, "it was set aside, and brings the log to no day"
    assert dated(a_decision("deal/1", 2), a_fact(2, back(75)), a_fact(3, back(76)), ledger=ledger) == [
        OVERTAKEN,
        COUNTS,
        EXPIRED,
    ]


def test_a_decision_never_expires() -> None:
    decision = replace(a_decision("deal/1", 1), day=back(400))
    assert dated(a_fact(0), decision) == [COUNTS, COUNTS]


def test_the_calendar_has_a_beginning() -> None:
    assert dated(a_fact(0, date.min), a_fact(1, date.min), a_fact(2, date(1, 1, 20))) == [COUNTS] * 3


dated_days = st.sampled_from([back(days) for days in (-4_000, -1, 0, 1, 34, 35, 36, 37, 70, 71, 72, 400)])
old_facts = st.builds(a_fact, st.integers(0, 3), dated_days)
old_logs = st.lists(
    st.tuples(st.one_of(old_facts, old_facts, decisions), st.none() | st.integers(-3, 90).map(lambda d: d * DAY_MS)),
    max_size=40,
)


def by_the_book(log: Iterable[tuple[Envelope, int | None]]) -> list[Verdict]:
    """Judge a log as the law is told, with nothing but what it is told in."""
    known, found = set[tuple[bytes, date]](), list[Verdict]()
    come_to: date | None = None
    of_decisions = Ledger()
    for record, appended_ms in log:
        if record.stream is not None:
            verdict = of_decisions.judge(record)
        elif come_to is not None and (come_to - record.day).days > 35:
            verdict = EXPIRED
        else:
            verdict = REPEATED if record.told in known else COUNTS
            known.add(record.told)
        if verdict is COUNTS and appended_ms is not None:
            taken = datetime.fromtimestamp(appended_ms / 1_000, UTC) + timedelta(hours=14)
            come_to = max(come_to or date.min, min(record.day, taken.date()))
        found.append(verdict)
    return found


@given(old_logs, st.lists(st.integers(0, 40)) | st.just(list(range(40))))
def test_however_a_log_is_cut_each_record_is_judged_by_those_before_it(
    later: list[tuple[Envelope, int | None]], cuts: list[int]
) -> None:
    log = [(record, None if ms is None else NOON_MS + ms) for record, ms in later]
    places = sorted({0, len(log), *(cut for cut in cuts if cut < len(log))})
    ledger, found = Ledger(), list[Verdict]()
    for start, end in pairwise(places):
        piece = log[start:end]
        found += ledger.judge_all([record for record, _ in piece], [ms for _, ms in piece].copy)
    assert found == by_the_book(log)


TOLD = ("/asterisk/pbx1", "call/1", "sales", "call.ended", 1)


@pytest.mark.parametrize(
    "other",
    [
        ("/asterisk/pbx2", "call/1", "sales", "call.ended", 1),
        ("/asterisk/pbx1", "call/2", "sales", "call.ended", 1),
        ("/asterisk/pbx1", "call/1", "support", "call.ended", 1),
        ("/asterisk/pbx1", "call/1", "sales", "call.answered", 1),
        ("/asterisk/pbx1", "call/1", "sales", "call.ended", 2),
        ("/asterisk/pbx1", "call/1sales", "", "call.ended", 1),
    ],
)
def test_a_fact_about_something_else_has_another_id(other: tuple[str, str, str, str, int]) -> None:
    assert fact_id(*TOLD) == fact_id(*TOLD)
    assert fact_id(*other) != fact_id(*TOLD)


def test_each_restatement_of_a_fact_has_its_own_id() -> None:
    assert len({FACT.id, restatement_id(FACT.id, 1), restatement_id(FACT.id, 2)}) == 3


def _counted(log: Sequence[Envelope], ledger: Ledger) -> list[Envelope]:
    return [record for record, verdict in zip(log, verdicts(log, ledger), strict=True) if verdict is COUNTS]


@given(logs, st.integers(0, 40))
def test_records_judged_together_are_judged_as_one_after_the_other(log: list[Envelope], cut: int) -> None:
    ledger = Ledger()
    assert ledger.judge_all(log[:cut]) + ledger.judge_all(log[cut:]) == verdicts(log)


def test_beside_decisions_nothing_expires() -> None:
    ledger = Ledger(expires=False)
    assert dated(a_fact(0), a_fact(1, back(36)), ledger=ledger) == [COUNTS, COUNTS]
    assert ledger.day is None
