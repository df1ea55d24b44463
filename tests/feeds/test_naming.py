"""Where a fact is told, the names of the phone system become the company's, and its own ones stay beside them."""

from datetime import UTC, datetime, timedelta

from events.agents import AgentStateLasted, ShiftPlanned
from events.calls import CallAnswered, CallEnded, CallOffered, CallRestated
from events.directory import NameKind
from events.event import Event
from events.ids import restatement_id
from services.feeds.facts import Company, Teller
from services.feeds.naming import names_in, renamed
from tests.feeds.samples import MOSCOW

PBX = "/asterisk/pbx1"
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
WHEN = {"occurred_at": AT, "day": AT.date()}
answered = CallAnswered.model_validate(
    WHEN | {"call": "c1", "rep": "Anna", "queue": "sales", "wait_seconds": 3, "ring_seconds": 1}
)


class _Since:
    """A directory of one name for each kind, which means something from a moment on."""

    def __init__(self, since: datetime) -> None:
        self._since = since

    def has(self, named_by: str) -> bool:
        return named_by == PBX

    def meaning(self, named_by: str, kind: NameKind, name: str, at: datetime) -> str | None:
        if named_by != PBX or at < self._since:
            return None
        return {("agent", "Anna"): "rep-1", ("queue", "sales"): "new customers"}.get((kind, name))


def _told(event: Event, directory: _Since | None = None, source: str = PBX) -> bytes:
    roster = {"Anna": "rep-of-roster", "Boris": "rep-2"}
    company = Company(MOSCOW, roster) if directory is None else Company(MOSCOW, roster, directory=directory)
    return bytes(Teller(source, company).tell(event, "call/c1", "", 1).data)


def test_a_name_that_is_decided_of_means_what_was_decided_and_the_own_name_stays_beside() -> None:
    told = _told(answered, _Since(AT))
    for part in (
        b'"rep":"rep-1"',
        b'"source_agent":"Anna"',
        b'"queue":"new customers"',
        b'"source_queue":"sales"',
    ):
        assert part in told


def test_before_its_mapping_begins_and_at_another_source_the_roster_says_who_it_is() -> None:
    for told in (
        _told(answered, _Since(AT + timedelta(seconds=1))),
        _told(answered, _Since(AT), "/asterisk/pbx2"),
        _told(answered),
    ):
        assert b'"rep":"rep-of-roster"' in told
        assert b'"source_agent":"Anna"' in told
        assert b'"queue":"sales"' in told
        assert b"source_queue" not in told


def test_a_name_of_which_nothing_is_known_stands_for_itself() -> None:
    vera = answered.model_copy(update={"rep": "Vera"})
    assert b"source_agent" not in _told(vera, _Since(AT))


def test_what_nobody_answered_has_no_names_of_agents() -> None:
    ended = CallEnded.model_validate(
        WHEN | {"call": "c1", "direction": "inbound", "outcome": "abandoned", "ended_at": AT, "queue": "sales"}
    )
    assert [name.kind for name in names_in(ended)] == ["queue"]
    assert b'"source_queue":"sales"' in _told(ended, _Since(AT))


def test_both_sides_of_a_correction_are_told_by_the_names_of_the_company() -> None:
    first = CallOffered.model_validate(WHEN | {"call": "c1", "queue": "sales", "position": 1})
    second = first.model_copy(update={"position": 2})
    of = restatement_id(Teller(PBX, Company(MOSCOW)).tell(first, "call/c1", "", 1).id, 1)
    event = CallRestated(occurred_at=AT, day=AT.date(), of=of, revision=1, reason="", was=first, now=second)
    assert _told(event, _Since(AT)).count(b'"queue":"new customers"') == 2


def test_a_time_that_lasted_is_meant_as_it_began() -> None:
    lasted = AgentStateLasted.model_validate(
        WHEN | {"rep": "Anna", "state": "ready", "began_at": AT - timedelta(minutes=5), "seconds": 300}
    )
    assert b'"rep":"rep-of-roster"' in _told(lasted, _Since(AT))
    assert b'"rep":"rep-1"' in _told(lasted, _Since(AT - timedelta(minutes=5)))


def test_a_shift_is_of_a_rep_and_not_of_a_name() -> None:
    shift = ShiftPlanned.model_validate(WHEN | {"rep": "Anna", "starts_at": AT, "ends_at": AT, "activity": "calls"})
    assert b'"rep":"Anna"' in _told(shift, _Since(AT))


def test_a_name_that_comes_to_stand_for_itself_again_is_not_kept_twice() -> None:
    named = renamed(answered, "agent", "rep-1")
    assert (named.rep, named.source_agent) == ("rep-1", "Anna")
    again = renamed(named, "agent", "rep-9")
    assert (again.rep, again.source_agent) == ("rep-9", "Anna")
    assert renamed(again, "agent", "Anna") == answered
