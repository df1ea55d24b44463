"""Which day a topic has come to, and what came late."""

from datetime import date, datetime, timedelta

from events.codec import decode
from projections.fold import Counted
from services.projector.dating import Dated, date_records
from services.projector.judging import Judged
from tests.events.examples.dates import TODAY, at
from tests.telling import CALLS, answered, raw


def record(
    day: date, appended: datetime = at(18), *, counts: bool = True, adds: bool = True, topic: str = CALLS
) -> Judged:
    """Give a record of a call on a business day."""
    counted = Counted(decode(raw(answered(day=day)))) if counts else None
    return Judged(topic, 0, 0, int(appended.timestamp() * 1_000), counted, adds=adds)


def back(days: int) -> date:
    """Give a day before today."""
    return TODAY - timedelta(days=days)


def test_a_topic_comes_to_the_greatest_day_and_says_so_where_it_moves() -> None:
    assert date_records([record(back(3)), record(TODAY), record(back(1))], {}) == Dated({CALLS: TODAY})
    assert date_records([record(TODAY), record(back(7))], {CALLS: TODAY}) == Dated()
    told = date_records([record(TODAY), record(back(30), topic="kvota.agents")], {CALLS: back(1)})
    assert told == Dated({CALLS: TODAY, "kvota.agents": back(30)})


def test_the_eighth_day_is_in_time_and_the_ninth_is_late() -> None:
    assert date_records([record(back(7)), record(back(8)), record(back(300))], {CALLS: TODAY}).late == {TODAY: 2}


def test_what_came_before_the_day_was_closed_is_not_late() -> None:
    told = date_records([record(back(8)), record(TODAY), record(back(8))], {CALLS: back(1)})
    assert told == Dated({CALLS: TODAY}, {TODAY: 1})


def test_what_does_not_count_moves_no_day_and_is_not_late() -> None:
    assert date_records([record(TODAY, counts=False), record(back(30), counts=False)], {CALLS: back(1)}) == Dated()


def test_a_decision_that_is_set_aside_moves_no_day_and_is_not_late() -> None:
    assert date_records([record(TODAY, adds=False), record(back(30), adds=False)], {CALLS: back(1)}) == Dated()


def test_a_wrong_day_moves_the_day_no_further_than_to_the_one_that_has_begun_somewhere() -> None:
    in_time, too_early = (record(date(2099, 1, 1), appended=moment) for moment in (at(10), at(9, 59, 59)))
    assert date_records([too_early], {}) == Dated({CALLS: TODAY})
    assert date_records([in_time, in_time], {CALLS: TODAY}) == Dated({CALLS: TODAY + timedelta(days=1)})


def test_a_day_of_last_year_replayed_alone_is_as_it_was() -> None:
    last_year = date(2025, 11, 24)
    assert date_records([record(last_year), record(last_year - timedelta(days=7))], {}) == Dated({CALLS: last_year})
