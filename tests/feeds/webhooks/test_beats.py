"""A source that calls us gives signs of life, and says with them how far its clock is from ours."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from events.envelope import Envelope
from events.feeds import FeedBeat
from services.feeds.webhooks.adapter import Adapter, AdapterMemory
from services.feeds.webhooks.seen import Seen
from tests.feeds.webhooks.given import COMPANY, counted, doing, dump_memory, events, load_memory, micros, offered

Heard = tuple[Seen, float]
"""What was seen, and how many seconds after noon the log took it."""
PLACE = "kvota.intake/2"


def beaten(heard: Sequence[Heard], memory: AdapterMemory | None = None, start: int = 0) -> list[Envelope]:
    """The beats that follow, of what lies from this offset on."""
    adapter = Adapter(COMPANY, memory or AdapterMemory())
    return [
        beat
        for offset, (seen, at) in enumerate(heard, start=start)
        for beat in adapter.beat(seen, micros(at), PLACE, offset)
    ]


def test_a_source_beats_when_it_is_heard_and_once_in_a_second() -> None:
    beats = events(FeedBeat, beaten([(offered(0), 1.2), (offered(1), 1.9), (offered(2), 2.0), (offered(60), 61)]))
    assert [(beat.occurred_at.timestamp(), beat.received) for beat in beats] == [
        (micros(1.2) / 1e6, 1),
        (micros(2.0) / 1e6, 3),
        (micros(61) / 1e6, 4),
    ]
    assert {(beat.feed, beat.paced_by) for beat in beats} == {("cloud/webhooks", "deliveries")}
    assert [beat.position for beat in beats] == ["kvota.intake/2@0", "kvota.intake/2@2", "kvota.intake/2@3"]


def test_each_source_beats_by_itself() -> None:
    facts = beaten([(offered(0), 1), (offered(0, source="/other"), 1), (doing(0, "ready"), 1)])
    assert [beat.feed for beat in events(FeedBeat, facts)] == ["cloud/webhooks", "other/webhooks"]
    assert {fact.subject for fact in facts} == {"feed/cloud/webhooks", "feed/other/webhooks"}


def test_a_clock_is_ahead_by_what_came_quickest_since_the_last_beat() -> None:
    """It is 40 s fast: what took a second on its way seems 39 s ahead, what took ten seems 30."""
    heard: list[Heard] = [(offered(41), 2), (offered(42), 12), (offered(52.5), 12.6), (offered(43), 13)]
    assert [beat.ahead_ms for beat in events(FeedBeat, beaten(heard))] == [39_000, 30_000, 39_900]


def test_when_the_clock_of_the_log_goes_back_nothing_beats_until_it_has_come_on() -> None:
    assert len(beaten([(offered(0), 5), (offered(0), 4), (offered(0), 5.5)])) == 1


pauses = st.lists(st.integers(0, 30).map(lambda tenths: tenths / 10), min_size=1, max_size=20)


@given(pauses, st.data())
def test_reading_on_from_a_checkpoint_or_again_tells_the_same(gaps: list[float], data: st.DataObject) -> None:
    heard: list[Heard] = [(offered(place), sum(gaps[: place + 1])) for place in range(len(gaps))]
    whole = beaten(heard)
    cut, again = sorted(data.draw(st.tuples(st.integers(0, len(heard)), st.integers(0, len(heard)))))
    memory = AdapterMemory()
    first = beaten(heard[:cut], memory)
    checkpoint = dump_memory(memory)
    further = beaten(heard[cut:again], load_memory(checkpoint), cut)  # then it dies, and nobody wrote down how far
    rest = beaten(heard[cut:], load_memory(checkpoint), cut)
    assert counted([*first, *further, *rest]) == whole
