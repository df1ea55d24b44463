"""What the desk remembers of one stream is bounded: it is what operators reckon with."""

import tracemalloc

from services.desk.fold import Fold
from tests.bench.desk_start.__main__ import records

STREAMS, MOST_BYTES = 5_000, 1_700


def test_a_deal_and_the_command_that_opened_it_take_no_more_than_the_handbook_says() -> None:
    log, fold = list(records(STREAMS)), Fold()
    tracemalloc.start()
    for offset, record in enumerate(log):
        fold.take(offset, record)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(fold.company.deals.deals) == len(fold.commands) == STREAMS
    assert 500 < size / STREAMS < MOST_BYTES
