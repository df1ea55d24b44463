"""Cutting bytes into items: the same bytes give the same items, however they come."""

import hashlib
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.feeds.frames import Frame, frames

LIMIT = 20
CRLF = b"\r\n\r\n"
alphabet = st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n\r\n", b"b" * 9]), max_size=40).map(b"".join)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(alphabet, st.lists(st.integers(min_value=0), max_size=12))
def test_any_chunks_give_the_same_items(data: bytes, cuts: list[int]) -> None:
    assert list(frames(pieces(data, cuts), CRLF, LIMIT)) == list(frames([data], CRLF, LIMIT))


@given(alphabet)
def test_items_and_separators_are_all_there_is(data: bytes) -> None:
    whole = list(frames([data], CRLF, LIMIT))
    assert sum(frame.length + len(CRLF) * frame.whole for frame in whole) == len(data)
    for frame in whole:
        found = data[frame.position : frame.position + frame.length]
        assert frame.data == (found if len(found) <= LIMIT else None)
        assert frame.digest == hashlib.sha256(found).hexdigest()


def test_the_last_item_of_a_torn_file_is_not_whole() -> None:
    assert list(frames([b"one\ntw"], b"\n")) == [Frame(0, 3, b"one"), Frame(4, 2, b"tw", whole=False)]
