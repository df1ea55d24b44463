"""However importers come in between each other, and whatever lands late: a fact of a day long past counts once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from events.envelope import Envelope
from events.ids import KVOTA
from events.law import Ledger, Verdict
from services.runtime.imports import RUNS, Standing, beginning, following, stream_of
from tests.events.examples import EXAMPLES
from tests.events.examples.dates import TODAY

NOON_MS = int(datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp() * 1_000)
RECENT = EXAMPLES["call.ended"].envelope
LONG_PAST = [
    replace(RECENT, id=uuid5(KVOTA, str(number)), day=TODAY - timedelta(days=36 + number)) for number in range(4)
]


@dataclass
class Log:
    """A partition of the log, which has come to today."""

    records: list[Envelope] = field(default_factory=lambda: [RECENT])

    def judged(self, end: int | None = None) -> tuple[Ledger, list[Verdict]]:
        """What the law says of the records before an offset, or of all."""
        ledger, records = Ledger(), self.records[:end]
        return ledger, ledger.judge_all(records, lambda: [NOON_MS] * len(records))

    def told(self, end: int | None = None) -> list[UUID]:
        """The ids of the records that count, each as often as it does."""
        records, (_, verdicts) = self.records[:end], self.judged(end)
        return [one.id for one, verdict in zip(records, verdicts, strict=True) if verdict is Verdict.COUNTS]

    def standing(self, end: int | None = None) -> Standing:
        """How it stood at an offset."""
        heads, runs = self.judged(end)[0].heads, self.judged(end)[0].heads.get(RUNS, 0)
        return Standing(TODAY, runs, heads.get(stream_of(runs), 0))


@dataclass
class Importer:
    """Somebody who imports the same facts as everybody, in an order of their own."""

    log: Log
    facts: Sequence[Envelope]
    standing: Standing | None = None
    left: list[Envelope] = field(default_factory=list)
    ready: list[Envelope] = field(default_factory=list)

    def ask(self, behind: int) -> None:
        """Ask a history that is so many records behind."""
        end = max(1, len(self.log.records) - behind)
        self.standing, told = self.log.standing(end), self.log.told(end)
        self.left, self.ready = [one for one in self.facts if one.id not in told], []

    def begin(self) -> None:
        """Begin a run, and see whether it has begun."""
        if self.standing is None or not self.left:
            return
        assert all(self.standing.is_long_past(one.day) for one in self.left)
        self.log.records.append(beginning(self.left[0], self.standing))
        if self.log.judged()[1][-1] is Verdict.COUNTS:
            self.ready = list(following(self.left[1:], self.standing.runs + 1))
        self.standing = None

    def run(self) -> None:
        """Import without anybody coming in between."""
        self.ask(0)
        self.begin()
        self.log.records += self.ready


A_RUN_GOES_ON_AFTER_ANOTHER_ASKED = [
    *[("ask", 0, 0), ("begin", 0, 0), ("ask", 1, 0), ("follow", 0, 0), ("begin", 1, 0), ("ask", 1, 0), ("begin", 1, 0)],
    *[("follow", 0, 0), ("follow", 1, 0)],
]
A_FRAME_OF_A_RUN_LANDS_AFTER_THE_NEXT = [
    *[("ask", 0, 0), ("begin", 0, 0), ("hold", 0, 0), ("ask", 1, 0), ("begin", 1, 0), ("land", 0, 0), ("follow", 1, 0)],
    *[("follow", 1, 0), ("land", 0, 0)],
]
happenings = st.lists(
    st.tuples(
        st.sampled_from(["ask", "ask", "begin", "begin", "follow", "follow", "again", "hold", "land", "plain"]),
        st.integers(0, 2),
        st.integers(0, 3),
    ),
    max_size=40,
)


@settings(max_examples=500, deadline=None)
@given(happenings)
@example(A_RUN_GOES_ON_AFTER_ANOTHER_ASKED)
@example(A_FRAME_OF_A_RUN_LANDS_AFTER_THE_NEXT)
def test_each_counts_at_most_once_and_in_the_end_once(history: list[tuple[str, int, int]]) -> None:
    log, held = Log(), list[Envelope]()
    importers = [Importer(log, LONG_PAST[start:] + LONG_PAST[:start]) for start in range(3)]
    for kind, who, amount in history:
        importer = importers[who]
        match kind:
            case "ask":
                importer.ask(amount)
            case "begin":
                importer.begin()
            case "follow" if importer.ready:
                log.records.append(importer.ready.pop(0))
            case "again":
                log.records.append(log.records[-1 - amount % len(log.records)])
            case "hold" if importer.ready:
                held.append(importer.ready.pop(0))
            case "land" if held:
                log.records.append(held.pop(amount % len(held)))
            case _:
                log.records.append(LONG_PAST[amount])
    assert len(log.told()) == len({*log.told()})
    importers[0].run()
    log.records += held
    assert sorted(log.told()) == sorted(one.id for one in [RECENT, *LONG_PAST])


def test_imported_twice_it_counts_once() -> None:
    log = Log()
    for _ in range(2):
        Importer(log, LONG_PAST).run()
    assert len(log.told()) == len(log.records) == 1 + len(LONG_PAST)


def test_of_two_who_begin_at_once_one_goes_on() -> None:
    log = Log()
    one, other = (Importer(log, LONG_PAST) for _ in range(2))
    for each in (one, other):
        each.ask(0)
    for each in (one, other):
        each.begin()
    assert (len(one.ready), len(other.ready)) == (3, 0)
