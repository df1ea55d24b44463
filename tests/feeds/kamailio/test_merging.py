"""Partitions merged: the order of the timestamps, each record once, and none before an earlier one may come."""

from dataclasses import dataclass
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.feeds.kamailio.live.merging import Merging


@dataclass
class Stamped:
    timestamp: int


partitions = st.lists(st.lists(st.integers(0, 50)).map(sorted), min_size=1, max_size=4)


@given(partitions, st.randoms())
def test_what_is_fetched_in_any_pieces_comes_in_the_order_of_its_timestamps(
    stamps: list[list[int]], chance: Random
) -> None:
    left = {number: list(map(Stamped, one)) for number, one in enumerate(stamps)}
    merging, told = Merging[Stamped](left), list[tuple[int, int]]()
    while any(left.values()) or len(told) < sum(map(len, stamps)):
        wanted = merging.wanted
        assert wanted
        for number in wanted:
            size = chance.randint(0, len(left[number]))
            merging.take({number: left[number][:size]})
            del left[number][:size]
        told += [
            (record.timestamp, number) for number, record in merging.next({n for n, rest in left.items() if not rest})
        ]
    assert told == sorted((stamp, number) for number, one in enumerate(stamps) for stamp in one)


def test_nothing_is_told_while_a_partition_may_have_something_earlier() -> None:
    merging = Merging[Stamped]([0, 1])
    merging.take({0: [Stamped(5)]})
    assert not list(merging.next(set()))
    assert merging.wanted == [1]
    assert [number for number, _ in merging.next({1})] == [0]
