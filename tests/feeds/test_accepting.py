"""Many items are read as one is, whatever they are."""

import json
from datetime import UTC
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from events.codec import encode
from services.feeds.accepting import LONGEST, NoFactError, fact, facts
from services.feeds.appender import Record, record_of
from services.feeds.facts import Company
from tests.events.examples import EXAMPLES

WHOLE = [encode(example.envelope) for example in EXAMPLES.values()]
COMPANY = Company(UTC)
VALUES: st.SearchStrategy[Any] = st.none() | st.integers() | st.text(max_size=8) | st.just("call/1") | st.just({})


@st.composite
def items(draw: st.DrawFn) -> bytes:
    """An event as it is, with an attribute that is another or missing, or cut off, or anything."""
    whole = draw(st.sampled_from(WHOLE))
    match draw(st.integers(0, 4)):
        case 0:
            return whole
        case 1:
            return b"  " + whole + b" \n"
        case 2:
            record = json.loads(whole)
            record[draw(st.sampled_from([*sorted(record), "traceparent"]))] = draw(VALUES)
            return json.dumps({name: value for name, value in record.items() if value is not None}).encode()
        case 3:
            return whole[: draw(st.integers(0, len(whole)))]
        case _:
            return draw(st.binary(max_size=30))


def one(item: bytes) -> Record | tuple[str, str]:
    try:
        return record_of(fact(item), item.strip())
    except NoFactError as error:
        return error.field, error.reason


@given(given_items=st.lists(items(), max_size=12))
def test_what_becomes_of_each_of_many_becomes_of_it_alone(given_items: list[bytes]) -> None:
    told = [each if isinstance(each, Record) else (each.field, each.reason) for each in facts(given_items, COMPANY)]
    assert told == [one(item) for item in given_items]


def test_an_item_that_no_broker_would_take_is_refused_and_the_others_are_not() -> None:
    longest = WHOLE[0][:-1] + b"}".rjust(LONGEST - len(WHOLE[0]) + 1)
    [taken, refused] = facts([longest, b"{" + b" " + longest[1:]], COMPANY)
    assert isinstance(taken, Record) == isinstance(facts([WHOLE[0]], COMPANY)[0], Record)
    assert isinstance(refused, NoFactError)
    assert refused.reason == "it has more than 500000 bytes"
    assert one(b"{" + b" " + longest[1:]) == ("", refused.reason)
