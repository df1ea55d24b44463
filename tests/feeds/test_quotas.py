"""What a sender may bring: never more in any window than is allowed, and never less than it is told it may."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feeds.quotas import PARTS, Quota, Quotas
from services.runtime.problems import Problem

QUOTA = Quota(events=10, seconds=4)


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


def left(headers: dict[str, str]) -> tuple[int, int]:
    """How many events are left, and for how long that holds."""
    name, events, seconds = headers["RateLimit"].split(";")
    assert (name, events[:2], seconds[:2]) == ('"events"', "r=", "t=")
    return int(events[2:]), int(seconds[2:])


def refused(quotas: Quotas, events: int, sender: str = "pbx") -> Problem:
    with pytest.raises(Problem) as problem:
        quotas.take(sender, events)
    return problem.value


def test_what_is_left_is_told_as_the_draft_has_it() -> None:
    told = Quotas(QUOTA, Clock()).take("pbx", 3)
    assert told == {"RateLimit-Policy": '"events";q=10;w=4', "RateLimit": '"events";r=7;t=4'}


def test_more_than_is_left_is_refused_with_when_to_send_again_and_counts_nothing() -> None:
    clock = Clock()
    quotas = Quotas(QUOTA, clock)
    quotas.take("pbx", 6)
    clock.now += 1.5
    quotas.take("pbx", 3)
    problem = refused(quotas, 7)
    assert (problem.status, problem.kind) == (429, "quota-exceeded")
    assert problem.headers == {
        "RateLimit-Policy": '"events";q=10;w=4',
        "RateLimit": '"events";r=1;t=3',
        "Retry-After": "3",
    }
    assert problem.told("en")["violated-policies"] == ["events"]
    assert problem.told("ru")["detail"] == "допускается событий: 10 за 4 с; повторите через 3 с"
    assert refused(quotas, 8).headers["Retry-After"] == "4"
    clock.now += 2.5
    assert left(dict(quotas.take("pbx", 7))) == (0, 2)


def test_each_sender_has_its_own() -> None:
    quotas = Quotas(QUOTA, Clock())
    quotas.take("pbx", 10)
    assert refused(quotas, 1).status == 429
    assert left(dict(quotas.take("other", 1))) == (9, 4)


def test_a_request_with_no_event_costs_one() -> None:
    assert left(dict(Quotas(QUOTA, Clock()).take("pbx", 0))) == (9, 4)


def test_what_can_never_be_allowed_is_refused_for_good() -> None:
    quotas = Quotas(QUOTA, Clock())
    problem = refused(quotas, 11)
    assert (problem.status, problem.kind, problem.headers) == (413, "too-many-events", {})
    assert left(dict(quotas.take("pbx", 10))) == (0, 4)


def test_whoever_has_been_quiet_for_a_window_is_forgotten() -> None:
    clock = Clock()
    quotas = Quotas(QUOTA, clock)
    for number in range(1_000):
        clock.now += 0.5
        quotas.take(f"key/{number}", 1)
        assert len(quotas) <= 8


@given(
    asked=st.lists(
        st.tuples(st.integers(0, 6 * 1024), st.integers(0, 12), st.sampled_from(["pbx", "other"])), max_size=60
    )
)
def test_never_more_than_is_allowed_and_never_less_than_was_told(asked: list[tuple[int, int, str]]) -> None:
    clock = Clock()
    quotas, taken = Quotas(QUOTA, clock), dict[str, list[tuple[float, int]]](pbx=[], other=[])
    for pause, events, sender in asked:
        clock.now += pause / 1024  # so that sums of moments are exact
        cost, mine = max(events, 1), taken[sender]
        try:
            told = quotas.take(sender, events)
        except Problem as problem:
            if problem.status == 413:
                assert events > QUOTA.events
                continue
            longest = QUOTA.seconds * (1 + 1 / PARTS)
            assert cost + sum(came for at, came in mine if at > clock.now - longest) > QUOTA.events
            room, told = problem.headers["Retry-After"], problem.headers
            assert int(room) >= left(dict(told))[1] >= 1
            assert int(room) <= QUOTA.seconds + 1
        else:
            mine.append((clock.now, cost))
        remaining, _ = left(dict(told))
        within = sum(came for at, came in mine if at > clock.now - QUOTA.seconds)
        assert within + remaining <= QUOTA.events
        if remaining:
            quotas.take(sender, remaining)
            mine.append((clock.now, remaining))
    for mine in taken.values():
        for begun, _ in mine:
            assert sum(came for at, came in mine if begun <= at < begun + QUOTA.seconds) <= QUOTA.events


@given(st.lists(st.tuples(st.integers(0, 1024), st.integers(1, 10)), min_size=1, max_size=30), st.integers(1, 10))
def test_whoever_waits_as_long_as_told_is_let_in(brought: list[tuple[int, int]], wanted: int) -> None:
    clock = Clock()
    quotas = Quotas(QUOTA, clock)
    for pause, events in brought:
        clock.now += pause / 1024
        try:
            quotas.take("pbx", events)
        except Problem:
            continue
    try:
        quotas.take("pbx", wanted)
    except Problem as problem:
        clock.now += int(problem.headers["Retry-After"])
        quotas.take("pbx", wanted)
