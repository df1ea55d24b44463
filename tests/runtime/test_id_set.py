"""The compact set of ids says what a set of Python says."""

import tracemalloc
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.id_set import SIZE, IdSet

# Few different halves, so that ids share the one or the other.
halves = st.sampled_from([bytes(8), b"\xff" * 8, b"12345678", b"\x00\xff" * 4])
ids = st.tuples(halves, halves).map(b"".join)
batches = st.lists(st.lists(ids, max_size=12), max_size=12)


def said(known: set[bytes], batch: list[bytes]) -> list[bool]:
    """Say as a plain set would which of a batch are new."""
    seen, new = set(known), []
    for one in batch:
        new.append(one not in seen)
        seen.add(one)
    return new


@given(batches, st.sets(st.integers(0, 11)))
def test_it_says_what_a_plain_set_says_also_once_it_lies_on_disk(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[bytes]], settled_after: set[int]
) -> None:
    file = tmp_path_factory.mktemp("ids") / "ids"
    compact, plain = IdSet(), set[bytes]()
    for number, batch in enumerate(batches):
        assert compact.absent(b"".join(batch)) == said(plain, batch)
        compact.add(b"".join(batch))
        plain |= set(batch)
        assert len(compact) == len(plain)
        if number in settled_after:
            compact.settle(file)
    assert compact.absent(b"".join(plain)) == [False] * len(plain)


def test_asking_adds_nothing() -> None:
    compact = IdSet()
    assert compact.absent(bytes(SIZE)) == [True]
    assert compact.absent(bytes(SIZE)) == [True]
    assert len(compact) == 0


def test_the_file_is_rewritten_only_when_a_good_part_of_the_whole_is_new(tmp_path: Path) -> None:
    random, file = Random(1), tmp_path / "ids"
    compact = IdSet()
    compact.add(random.randbytes(SIZE * 1_000))
    compact.settle(file)
    compact.add(late := random.randbytes(SIZE * 100))
    compact.settle(file)
    assert file.stat().st_size == SIZE * 1_000
    assert compact.absent(late) == [False] * 100
    compact.add(random.randbytes(SIZE * 900))
    compact.settle(file)
    assert file.stat().st_size == SIZE * 2_000
    assert list(tmp_path.iterdir()) == [file]


def test_an_id_costs_no_more_than_24_bytes_in_memory_and_next_to_none_once_settled(tmp_path: Path) -> None:
    random, count, batch = Random(2), 400_000, 4_000
    tracemalloc.start()
    try:
        compact = IdSet()
        for _ in range(count // batch):
            compact.add(random.randbytes(SIZE * batch))
        held, _ = tracemalloc.get_traced_memory()
        compact.settle(tmp_path / "ids")
        settled, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(compact) == count
    assert held < 24 * count
    assert settled < count


def test_sets_of_the_same_ids_are_equal_however_they_came_in(tmp_path: Path) -> None:
    one, other = IdSet(), IdSet()
    one.add(bytes(SIZE) + b"x" * SIZE)
    other.add(b"x" * SIZE)
    assert one != other
    other.settle(tmp_path / "ids")
    other.add(bytes(SIZE))
    assert one == other
