"""A number is heard once for each call, and nothing but the person whom it means is written into the call's facts."""

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.calls import CallEnded, CallOffered
from events.codec import decode, encode
from events.envelope import Envelope
from services.feeds.callers import heard
from services.feeds.callers.heard import NOBODY, Callers, mention, outside_number
from services.feeds.facts import Company, Teller
from tests.feeds.callers.asking import Asked

NUMBER, OTHER = "+79160000001", "+79160000002"
AT = 1_795_597_200_000_000
CALLS = st.sampled_from(["a", "b", "c"])


def teller(callers: Callers | None) -> Teller:
    return Teller("/cloud", Company(UTC, callers=callers))


def facts(told: Teller, call: str) -> list[Envelope]:
    when = told.when(AT)
    offered = CallOffered(**when, call=call, queue="sales", position=1)
    ended = CallEnded(
        **when, call=call, direction="inbound", outcome="abandoned", ended_at=datetime(2026, 11, 25, 9, tzinfo=UTC)
    )
    return [told.tell(event, f"call/{call}", "", 1) for event in (offered, ended)]


def callers_of(envelopes: list[Envelope]) -> list[object]:
    return [getattr(decode(encode(envelope)).event, "caller", None) for envelope in envelopes]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (" +7 (916) 000-00-01 ", "+7 (916) 000-00-01"),
        ("89160000001", "89160000001"),
        ("101", None),
        ("123456", None),
        ("anonymous", None),
        ("sip:101@pbx", None),
        ("", None),
        ("9" * 41, None),
    ],
)
def test_a_number_of_the_outside_world_is_told_from_an_extension(text: str, number: str | None) -> None:
    assert outside_number(text) == number


@given(text=st.text(alphabet="+0123456789 ()-.ax\u0661", max_size=50))
def test_what_is_taken_for_a_number_has_its_digits(text: str) -> None:
    number = outside_number(text)
    if number is not None:
        assert len(re.sub(r"[^0-9]", "", number)) >= 7
        assert number == text.strip()


def test_nobody_hears_where_nobody_could_say_whose_number_it_is() -> None:
    told = teller(None)
    told.caller("a", NUMBER)
    assert callers_of(facts(told, "a")) == [None, None]


@given(
    said=st.lists(st.tuples(CALLS, st.sampled_from([NUMBER, OTHER, "101", ""])), max_size=8),
    away=st.sampled_from([True, False]),
    nobody=st.sampled_from([set[str](), {OTHER}]),
)
def test_the_first_number_of_a_call_says_who_it_is(
    said: list[tuple[str, str]], *, away: bool, nobody: set[str]
) -> None:
    asked = Asked()
    asked.nobody = nobody
    callers = Callers(asked.look_up)
    told, first = teller(callers), dict[str, str]()
    for call, number in said:
        told.caller(call, number)
        if len(number) > 3:
            first.setdefault(call, number)
    asked.is_away = away
    known = {call: asked.person(number) or None for call, number in first.items()}
    lines = [fact for call in "abc" for fact in facts(told, call)]
    found = asyncio.run(callers.identify(lines))
    assert callers_of(found) == [None if away else known.get(call) for call in "abc" for _ in range(2)]
    asked.is_away = False
    assert callers_of(asyncio.run(callers.identify(lines))) == [known.get(call) for call in "abc" for _ in range(2)]
    assert asked.numbers == {mention("/cloud", call): number for call, number in first.items()}
    assert not any(number.encode() in encode(fact) for fact in found for number in (NUMBER, OTHER))


async def test_who_was_known_is_not_asked_about_again() -> None:
    async def never(_numbers: Mapping[str, str]) -> Mapping[str, str]:
        raise AssertionError

    known = {mention("/cloud", "a"): "person-1", mention("/cloud", "b"): NOBODY}
    callers = Callers(never, known)
    told = teller(callers)
    told.caller("a", NUMBER)
    told.caller("b", NUMBER)
    assert callers_of(await callers.identify(facts(told, "a") + facts(told, "b"))) == ["person-1"] * 2 + [None] * 2


async def test_no_more_calls_are_remembered_than_there_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heard, "_KEPT", 50)
    asked = Asked()
    callers = Callers(asked.look_up)
    told = teller(callers)
    for number in range(101):
        told.caller(str(number), NUMBER)
    await callers.identify([])
    assert len(asked.numbers) == len(callers.known) == 50
    assert mention("/cloud", "100") in callers.known


async def test_a_fact_that_is_no_call_is_left_as_it_is() -> None:
    asked = Asked()
    callers = Callers(asked.look_up)
    told = teller(callers)
    told.caller("a", NUMBER)
    [offered, _] = facts(told, "a")
    beat = msgspec.structs.replace(offered, type="feed.beat")
    assert await callers.identify([beat]) == [beat]
