"""The harnesses in small: what they begin with, what was found once, and seeds that are changed by chance."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.envelope import Envelope
from services.feeds.facts import Company, Micros, Teller
from services.feeds.registry import FILES, WEBHOOKS
from tests.feeds.samples import MOSCOW, contents, facts, message, parked
from tests.fuzz.files import KINDS, FileKind, WrongError, check, of_kind
from tests.fuzz.harnesses import HARNESSES
from tests.fuzz.seeds import SEEDS, longest, seeds, tokens

FOUND = sorted((Path(__file__).parent / "found").glob("*/*"))
"""What a fuzzer once made a harness fail with, in a folder of the harness's name."""
each = pytest.mark.parametrize("name", sorted(HARNESSES))


def test_every_source_has_its_harness_and_every_harness_its_seeds() -> None:
    assert {f"files_{source}" for source in FILES} | {f"webhook_{source}" for source in WEBHOOKS} <= HARNESSES.keys()
    assert HARNESSES.keys() == SEEDS.keys()
    assert all(kind.separator == kind.reader(Company(MOSCOW)).separator for kind in KINDS.values())
    assert all(seeds(name) and all(0 < len(seed) <= longest(name) for seed in seeds(name)) for name in HARNESSES)


@each
def test_what_a_harness_begins_with_is_read(name: str) -> None:
    for seed in seeds(name):
        HARNESSES[name](seed)


@pytest.mark.parametrize("found", FOUND, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_found_once_is_read_or_refused(found: Path) -> None:
    HARNESSES[found.parent.name](found.read_bytes())


Change = tuple[float, int, bytes]


def changed(seed: bytes, changes: Sequence[Change]) -> bytes:
    """The seed where each change puts a word in place of some bytes."""
    for place, gone, word in changes:
        at = int(place * len(seed))
        seed = seed[:at] + word + seed[at + gone :]
    return seed


def spoiled(name: str) -> st.SearchStrategy[bytes]:
    """What a harness begins with, changed in a few places."""
    words = st.sampled_from(tokens(name)) | st.binary(max_size=3) | st.sampled_from(seeds(name)).map(lambda w: w[-400:])
    change = st.tuples(st.floats(0, 1), st.sampled_from([0, 1, 2, 9, 60, 700]), words)
    return st.builds(changed, st.sampled_from(seeds(name)), st.lists(change, max_size=6))


@each
@settings(max_examples=60)
@given(data=st.data())
def test_what_is_changed_by_chance_is_read_or_refused(name: str, data: st.DataObject) -> None:
    HARNESSES[name](data.draw(spoiled(name)))


def in_pieces(data: bytes, cuts: Iterable[float]) -> list[bytes]:
    edges = [0, *sorted(int(cut * len(data)) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@pytest.mark.parametrize("name", sorted(KINDS))
@settings(max_examples=40)
@given(data=st.data(), cuts=st.lists(st.floats(0, 1), max_size=30))
def test_however_any_bytes_are_cut_into_pieces_they_are_read_alike(
    name: str, data: st.DataObject, cuts: list[float]
) -> None:
    said = data.draw(spoiled(name))
    assert contents(KINDS[name].read(*in_pieces(said, cuts))) == contents(KINDS[name].read(said))


def without_parked(data: bytes, told: Iterable[Envelope], separator: bytes) -> bytes:
    """The bytes without the items that could not be read."""
    for item in sorted(parked(told), key=lambda item: -item.position):
        end = item.position + item.length
        end += len(separator) if data[end:].startswith(separator) else 0
        data = data[: item.position] + data[end:]
    return data


@pytest.mark.parametrize(
    ("name", "joins", "goes_on"),
    [
        (
            "queue_log",
            b"1795533175|pbx1-1795533174.155|sales|NONE|ENTERQUEUE||+79161230015|1|\n",
            b"1795533176|pbx1-1795533174.155|sales|Jana|CONNECT|1|pbx1-1795533175.157|0\n",
        ),
        (
            "ami",
            message("QueueCallerJoin", 1, Uniqueid="pbx1-1.1", CallerIDNum="+79161230015", Queue="sales", Position=1),
            message("QueueCallerJoin", 3, Uniqueid="pbx1-1.1", Queue="support", Position=1),
        ),
    ],
)
def test_the_caller_of_an_item_that_cannot_be_read_is_nobodys(name: str, joins: bytes, goes_on: bytes) -> None:
    kind = KINDS[name]
    told = kind.read(joins.replace(b"sales", b"sale\x80s") + goes_on)
    assert parked(told)
    assert contents(facts(told)) == contents(facts(kind.read(goes_on))) != []


@pytest.mark.parametrize("name", sorted(KINDS))
@settings(max_examples=60)
@given(data=st.data())
def test_an_item_that_cannot_be_read_leaves_no_trace_in_what_the_others_tell(name: str, data: st.DataObject) -> None:
    kind = KINDS[name]
    said = data.draw(spoiled(name)) + kind.separator  # of a file that is torn off less is told
    told = kind.read(said)
    others = kind.read(without_parked(said, told, kind.separator))
    assert {*contents(facts(others))} == {*contents(facts(told))}


@each
def test_what_is_nested_without_end_is_read_or_refused(name: str) -> None:
    for deep in (b"[" * 3_000, b'{"a":' * 3_000, b"[" * 900 + b"]" * 900):
        HARNESSES[name](deep)
        for seed in seeds(name)[:5]:
            HARNESSES[name](seed.replace(b'":', b'":' + deep, 1))
            HARNESSES[name](seed.rstrip(b"\n}") + b',"x":' + deep + b"}\n")


@dataclass
class Careless:
    """A reader that refuses an item by an error that quotes it."""

    teller: Teller
    name: str = "careless"
    separator: bytes = b"\n"
    now: Micros | None = None

    def read(self, item: bytes, *, whole: bool) -> Iterable[Envelope]:
        assert whole
        self.now = int(item)
        return ()

    def rest(self) -> Iterable[Envelope]:
        return ()


def test_a_reader_that_refuses_in_its_own_words_is_found() -> None:
    with pytest.raises(WrongError, match="ValueError"):
        of_kind(FileKind(lambda company: Careless(Teller("/asterisk/pbx1", company)), b"\n"))(b"+79160000000x\n")


def without_the_first(told: list[Envelope]) -> list[Envelope]:
    return told[1:]


def with_the_last_twice(told: list[Envelope]) -> list[Envelope]:
    return [*told, told[-1]]


@pytest.mark.parametrize("spoil", [without_the_first, with_the_last_twice])
def test_an_account_that_is_of_something_else_is_found(spoil: Callable[[list[Envelope]], list[Envelope]]) -> None:
    told = KINDS["queue_log"].read(seeds("queue_log")[0])
    check(told)
    with pytest.raises(WrongError):
        check(spoil(told))
