"""What lasts is cut at quarters of an hour, and nothing of it is lost or told twice."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.feeds.quarters import QUARTER, pieces, quarter_of

SECONDS = st.integers(1_795_597_000, 1_795_610_000)


@given(began=SECONDS, ended=SECONDS)
def test_the_pieces_join_and_none_crosses_a_quarter_of_an_hour(began: int, ended: int) -> None:
    cut = list(pieces(began, ended))
    assert sum(end - start for start, end in cut) == max(0, ended - began)
    assert all(start < end <= quarter_of(start) + QUARTER for start, end in cut)
    assert all(before[1] == after[0] for before, after in pairwise(cut))
    assert [start for start, _ in cut] == [began] * bool(cut) + [
        second for second in range(began + 1, ended) if second % QUARTER == 0
    ]
