"""Records that are read and judged together are what each of them is by itself."""

from collections.abc import Collection, Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from events.codec import Decoded, UnreadableError, decode, encode
from events.law import Ledger, Verdict
from events.plain import PlainRecord
from events.reading import Found, read_and_judge
from tests.events.examples.dates import TODAY
from tests.events.test_law import DAY_MS, NOON_MS, a_decision, a_fact, back

readable = st.one_of(
    st.builds(a_fact, st.integers(0, 3), st.sampled_from([TODAY, TODAY, back(34), back(36), back(71)])),
    st.builds(a_decision, st.sampled_from(["deal/1", "deal/2"]), st.integers(1, 4)),
)
raws = (
    readable.map(encode) | readable.map(lambda told: b" " + encode(told)) | st.sampled_from([b"", b"{}", b"no event"])
)
logs = st.lists(st.tuples(raws, st.integers(-3, 90).map(lambda days: NOON_MS + days * DAY_MS)), max_size=30)


def one_by_one(log: Sequence[tuple[bytes, int]], aside: Collection[int]) -> list[Verdict]:
    """What the law says of each record, told what it is told when nothing is done at once."""
    ledger, found = Ledger(), list[Verdict]()
    for place, (raw, appended_ms) in enumerate(log):
        try:
            envelope = decode(raw).envelope
        except UnreadableError:
            found.append(Verdict.UNREADABLE)
            continue
        if place in aside and envelope.stream is None:
            found.append(Verdict.PARKED)
            continue
        verdict = ledger.judge(envelope, None if place in aside else appended_ms)
        found.append(Verdict.PARKED if place in aside and verdict is Verdict.COUNTS else verdict)
    return found


def together(log: Sequence[tuple[bytes, int]], aside: Collection[int], cuts: Collection[int]) -> list[Found]:
    """The same, a piece of the log at a time."""
    ledger, found = Ledger(), list[Found]()
    for start, end in pairwise(sorted({0, len(log), *(cut for cut in cuts if cut < len(log))})):
        piece = log[start:end]
        of_piece = [place - start for place in aside if start <= place < end]
        found += read_and_judge(ledger, [raw for raw, _ in piece], [ms for _, ms in piece].copy, of_piece)
    return found


@given(logs, st.sets(st.integers(0, 30), max_size=5), st.sets(st.integers(0, 30), max_size=4))
def test_each_is_judged_as_it_would_be_alone(log: list[tuple[bytes, int]], aside: set[int], cuts: set[int]) -> None:
    assert [verdict for _, verdict in together(log, aside, cuts)] == one_by_one(log, aside)


@given(logs)
def test_each_is_read_as_it_would_be_alone(log: list[tuple[bytes, int]]) -> None:
    for (raw, _), (read, verdict) in zip(log, together(log, (), ()), strict=True):
        match read:
            case UnreadableError():
                assert verdict is Verdict.UNREADABLE
            case Decoded():
                assert read == decode(raw)
            case PlainRecord():
                assert read.told == decode(raw).envelope.told


def test_where_nobody_knows_when_the_log_took_them_nothing_expires() -> None:
    found = read_and_judge(Ledger(), [encode(a_fact(1)), encode(a_fact(2, back(400)))])
    assert [verdict for _, verdict in found] == [Verdict.COUNTS, Verdict.COUNTS]
