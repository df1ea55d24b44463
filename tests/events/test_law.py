"""The law: a fact counts once, and of decisions that contend the first on the log wins."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
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
