"""Whatever order facts, their corrections and decisions of names come in, sums are those of the last directory."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from events.agents import AgentStateLasted
from events.calls import CallEnded, CallRestated
from events.codec import decode, encode
from events.event import Event
from projections.cells import without_zeros
from projections.fold_file import fold_file
from projections.projection import load_projections
from services.feeds.directory import passes
from services.feeds.directory.restating import is_correction
from services.feeds.facts import Company, Teller
from services.runtime.imports import Standing, beginning
from tests.events.examples.dates import TODAY, at
from tests.feeds.directory.world import PBX, World, ended, lasted, mapped
from tests.feeds.samples import MOSCOW
from tests.telling import abandoned, decided, offered, picked_up

AGENTS = ["Anna", "agent101", "rep-1"]
QUEUES = [None, "sales", "support"]
MEANINGS = [None, "rep-1", "rep-2", "rep-3"]
HOURS = [8, 9, 10]
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
WAITING = load_projections()["queue_waiting"]
CALLER_LEFT, PICKED_UP = abandoned(wait=10), picked_up(wait=10)
AHEAD_MS = [0, 1, 59_999, 60_000, 3_600_000]


class Phones(RuleBasedStateMachine):
    """Facts are told by doors that know as much as they happen to; whoever restates may be killed at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.told = dict[int, tuple[UUID, CallEnded | AgentStateLasted, int]]()

    @rule(ahead=st.sampled_from(AHEAD_MS))
    def wait(self, ahead: int) -> None:
        self.world.now_ms += ahead

    @rule(
        name=st.sampled_from(AGENTS), to=st.sampled_from(MEANINGS), hour=st.sampled_from(HOURS), late=st.integers(-1, 1)
    )
    def map_agent(self, name: str, to: str | None, hour: int, late: int) -> None:
        self.world.decide(mapped(name, to, at(hour) + timedelta(seconds=late)))

    @rule(name=st.sampled_from(QUEUES[1:]), to=st.sampled_from([None, "new", "support"]), hour=st.sampled_from(HOURS))
    def map_queue(self, name: str, to: str | None, hour: int) -> None:
        self.world.decide(mapped(name, to, at(hour), "queue"))

    @rule(
        number=st.integers(1, 6),
        agent=st.sampled_from(AGENTS),
        queue=st.sampled_from(QUEUES),
        hour=st.sampled_from(HOURS),
        known=st.integers(0, 9),
    )
    def tell(self, number: int, agent: str, queue: str | None, hour: int, known: int) -> None:
        """Tell a fact, or tell one again, perhaps by another of the source's names; the first record is the fact."""
        event = (ended if number % 2 else lasted)(number, agent, queue, hour=hour)
        identity = self.world.tell(event, number, known)
        self.told.setdefault(number, (identity, event, 0))

    @rule(number=st.integers(1, 6), agent=st.sampled_from(AGENTS), seconds=st.integers(1, 99), known=st.integers(0, 9))
    def restate(self, number: int, agent: str, seconds: int, known: int) -> None:
        """Have the source correct what it said."""
        if number not in self.told:
            return
        identity, was, revision = self.told[number]
        field = "talk_seconds" if number % 2 else "seconds"
        now = was.model_copy(update={"rep": agent, field: seconds})
        self.world.restate(identity, was, now, revision + 1, known)
        self.told[number] = identity, now, revision + 1

    @rule(most=st.integers(0, 12))
    def restate_names_and_be_killed(self, most: int) -> None:
        self.world.correct(most)

    @rule()
    def restate_names(self) -> None:
        self.world.correct()

    def teardown(self) -> None:
        """In the end all is read again by whoever restates, and again by another; then it is as it ought to be."""
        self.world.correct()
        assert self.world.cells() == self.world.ought()
        on_the_log = {decode(raw).envelope.id for raw, _ in self.world.facts}
        assert {decode(raw).envelope.id for raw in self.world.corrections()} <= on_the_log


TestPhones = Phones.TestCase
TestPhones.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def _told(name: str = "Anna") -> World:
    """A call of somebody of whom nothing is decided yet, told an hour before anything is."""
    world = World()
    world.tell(ended(1, name), 1)
    world.now_ms += HOUR_MS
    return world


def _reps(world: World) -> dict[str | None, int]:
    return {rep: count for (_, rep, _, what), count in world.cells().items() if what == "records"}


def test_a_call_told_under_an_unknown_name_is_the_reps_once_the_name_is_mapped() -> None:
    world = _told()
    world.decide(mapped("Anna", "rep-1", at(8)))
    world.correct()
    assert _reps(world) == {"rep-1": 1}


@pytest.mark.parametrize("known", [0, None], ids=["restated", "told so"])
@pytest.mark.parametrize("end", [CALLER_LEFT, PICKED_UP], ids=["left", "answered"])
def test_whoever_waits_when_a_queue_is_mapped_leaves_the_queue_that_they_joined(end: Event, known: int | None) -> None:
    """Otherwise somebody who never leaves would wait in the one queue, and would have left the other."""
    world = World()
    world.decide(mapped("sales", "new customers", at(9, 0, 5), "queue"))
    world.now_ms += HOUR_MS
    for event in (offered(), end):
        world.tell(event, 1, known)
    world.correct()
    assert not without_zeros(WAITING, fold_file([raw for raw, _ in world.facts], WAITING).cells)


def test_a_mapping_that_begins_later_leaves_what_was_before() -> None:
    world = _told()
    world.decide(mapped("Anna", "rep-1", at(9) + timedelta(microseconds=1)))
    assert not world.corrections()


def test_a_name_of_another_source_is_another_name() -> None:
    world = _told()
    world.decide(mapped("Anna", "rep-1", at(8), by="/asterisk/pbx2"))
    assert not world.corrections()


def test_of_two_mappings_the_one_that_begins_later_holds_whichever_was_decided_first() -> None:
    world = _told()
    world.decide(mapped("Anna", "rep-2", at(9)))
    world.decide(mapped("Anna", "rep-1", at(8)))
    world.correct()
    assert _reps(world) == {"rep-2": 1}


def test_of_two_that_begin_together_the_one_decided_last_holds() -> None:
    world = _told()
    world.decide(mapped("Anna", "rep-1", at(8)))
    world.decide(mapped("Anna", "rep-2", at(8)))
    world.correct()
    assert _reps(world) == {"rep-2": 1}


def test_a_name_that_is_nobodys_stands_for_itself_again() -> None:
    world = _told()
    world.decide(mapped("Anna", "rep-1", at(7)))
    world.decide(mapped("Anna", None, at(8)))
    world.correct()
    assert _reps(world) == {"Anna": 1}


def test_whoever_was_killed_between_two_decisions_is_followed_by_one_who_ends_it() -> None:
    """There and back again: the second decision alone looks as if nothing had to be done."""
    world = _told()
    world.decide(mapped("Anna", "rep-1", at(8)))
    world.correct()
    world.now_ms += HOUR_MS
    world.decide(mapped("Anna", None, at(8)))
    assert _reps(world) == {"rep-1": 1}
    world.correct()
    assert _reps(world) == {"Anna": 1}


def test_what_was_told_by_the_directory_needs_no_correction_however_much_was_decided_before() -> None:
    world = World()
    for rep in ("rep-1", "rep-2", "rep-3"):
        world.decide(mapped("Anna", rep, at(8)))
        world.now_ms += HOUR_MS
    world.tell(ended(1, "Anna"), 1)
    assert not world.corrections()


def test_of_two_records_of_one_call_the_first_is_corrected_and_not_the_other() -> None:
    world = _told("Anna")
    world.tell(ended(1, "agent101"), 1)
    world.decide(mapped("agent101", "rep-1", at(8)))
    world.correct()
    assert _reps(world) == {"Anna": 1}
    world.decide(mapped("Anna", "rep-1", at(8)))
    world.correct()
    assert _reps(world) == {"rep-1": 1}


def test_a_correction_of_what_happened_long_ago_is_remembered_under_a_day_that_the_log_remembers() -> None:
    world = _told()
    world.now_ms += 40 * 24 * HOUR_MS
    world.decide(mapped("Anna", "rep-1", at(8)))
    [told] = map(decode, world.corrections())
    day = datetime.fromtimestamp(world.now_ms / 1000, UTC).date()
    assert (told.envelope.day, told.envelope.time) == (day - timedelta(days=17), at(9))
    assert isinstance(told.event, CallRestated)
    assert told.event.now.day == TODAY


@pytest.mark.parametrize("days", [34, 35, 36, 60])
def test_a_correction_counts_though_whoever_restates_was_away_for_days(days: int) -> None:
    """Meanwhile the log comes to later days, and forgets the ids of those for which the decision was made."""
    world = _told()
    world.now_ms += days * DAY_MS
    world.decide(mapped("Anna", "rep-1", at(8)))
    world.now_ms += 14 * DAY_MS
    today = datetime.fromtimestamp(world.now_ms / 1000, UTC)
    world.tell(ended(2, "agent101").model_copy(update={"occurred_at": today, "day": today.date()}), 2)
    world.correct()
    assert _reps(world) == {"rep-1": 1, "agent101": 1}


@pytest.mark.parametrize("days", [37, 90])
def test_a_fact_of_long_ago_that_is_imported_after_the_decision_is_corrected(days: int) -> None:
    world = World()
    world.decide(mapped("Anna", "rep-1", at(8)))
    world.now_ms += days * DAY_MS
    today = datetime.fromtimestamp(world.now_ms / 1000, UTC)
    late = {"occurred_at": today, "day": today.date()}
    world.tell(ended(2, "agent101").model_copy(update=late), 2)
    world.tell(ended(1, "Anna"), 1, 0)
    assert _reps(world) == {"agent101": 1}, "as it is, it comes too late"
    raw, appended_ms = world.facts[-1]
    world.facts.append((encode(beginning(decode(raw).envelope, Standing())), appended_ms))
    world.correct()
    assert _reps(world) == {"rep-1": 1, "agent101": 1}


def test_what_says_already_what_its_names_mean_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every name is mapped that is every fact, and whoever restates shares a core with the door."""
    world = World()
    world.decide(mapped("Anna", "rep-1", at(8)))
    world.decide(mapped("sales", "new customers", at(8), "queue"))
    world.decide(mapped("agent101", "rep-2", at(23)))
    world.now_ms += HOUR_MS
    for number, event in enumerate([ended(1, "Anna", "sales"), lasted(2, "Anna"), ended(3, "agent101")]):
        world.tell(event, number)
    monkeypatch.delattr(passes, "decode")
    assert not world.corrections()


@pytest.mark.parametrize("source", [PBX, "urn:pbx:1", "//pbx.example/1"])
def test_a_correction_is_signed_by_the_directory_whatever_its_source_is_called(source: str) -> None:
    world = World()
    told = Teller(source, Company(MOSCOW)).tell(ended(1, "Anna"), "call/c1", "", 1)
    world.facts.append((encode(told), world.now_ms))
    world.now_ms += HOUR_MS
    world.decide(mapped("Anna", "rep-1", at(8), by=source))
    [correction] = map(decode, world.corrections())
    assert correction.envelope.source == f"/directory/{source}"
    assert is_correction(correction.envelope.source)


def test_a_fact_that_came_too_late_to_count_is_not_corrected() -> None:
    world = World()
    late = ended(1, "Anna").model_copy(update={"day": TODAY + timedelta(days=36)})
    world.tell(late, 2)
    world.now_ms += 40 * 24 * HOUR_MS
    world.tell(late.model_copy(update={"day": TODAY + timedelta(days=40)}), 3)
    world.tell(ended(1, "Anna"), 1)
    world.decide(mapped("Anna", "rep-1", at(8)))
    world.correct()
    assert _reps(world) == {"rep-1": 2}


def test_a_correction_says_whose_name_it_corrects_why_and_by_which_decision() -> None:
    world = _told()
    world.decide(mapped("Anna", "rep-1", at(8)))
    [told] = map(decode, world.corrections())
    [of], [(decision, _)] = (decode(raw).envelope.id for raw, _ in world.facts), world.decisions
    assert isinstance(told.event, CallRestated)
    was, now = told.event.was, told.event.now
    assert isinstance(was, CallEnded)
    assert isinstance(now, CallEnded)
    assert (told.event.of, told.envelope.source) == (of, f"/directory/{PBX}")
    assert told.envelope.causationid == str(decode(decision).envelope.id)
    assert (was.rep, now.rep, now.source_agent) == ("Anna", "rep-1", "Anna")


def test_a_decision_that_was_overtaken_means_nothing() -> None:
    world = _told()
    world.decide(mapped("Anna", "rep-1", at(8)))
    world.decisions.append((decided(mapped("Anna", "rep-2", at(8)), "directory/agent%20Anna", 1), world.now_ms))
    world.decisions.append((b"not json", world.now_ms))
    world.correct()
    assert _reps(world) == {"rep-1": 1}
