"""Records spoiled in the ways in which one that is not quite plain may be written."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from events.codec import encode
from events.envelope import Envelope

Written = str | list[tuple[str, Any]]
"""A JSON value as text, or an object as its members in order: a name may stand in it twice."""

_INSTANTS = [
    "2026-11-24T09:00:00Z",
    "2026-11-24T09:00:00.5Z",
    "2026-11-24T09:00:00.123456Z",
    "2026-11-24T09:00:00.1234567Z",
    "2026-11-24T09:00:00.Z",
    "2026-11-24T09:00:00",
    "2026-11-24T09:00:00+03:00",
    "2026-11-24T09:00:00-00:00",
    "2026-11-24T09:00:00+24:00",
    "2026-11-24T09:00Z",
    "2026-11-24 09:00:00Z",
    "2026-11-24t09:00:00z",
    " 2026-11-24T09:00:00Z",
    "2026-11-24T09:00:00Z ",
    "2026-02-29T00:00:00Z",
    "2028-02-29T23:59:59Z",
    "2026-11-24T24:00:00Z",
    "2026-11-24T23:60:00Z",
    "2026-11-24T23:59:60Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-11-00T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+03:00",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-03:00",
    "10000-01-01T00:00:00Z",
    "-2026-11-24T09:00:00Z",
    "٢٠٢٦-11-24T09:00:00Z",
]
_DAYS = ["2026-11-24", "0000-01-01", "0001-01-01", "9999-12-31", "2026-02-29", "20261124", "2026-W48-2", "2026-11-24 "]
_IDS = [
    "66411E74-A34A-56D7-83DC-0395A2CA26AC",
    "66411e74a34a56d783dc0395a2ca26ac",
    "{66411e74-a34a-56d7-83dc-0395a2ca26ac}",
    "66411e74-a34a-56d7-83dc-0395a2ca26ag",
    "66411e74-a34a-56d7-83dc0-395a2ca26ac",
    "66411e74-a34a-56d7-83dc-0395a2ca26aж",
    "                                    ",
]
_TEXTS = [
    "",
    " ",
    "x",
    "x" * 200,
    "x" * 201,
    "ж" * 200,
    "😀" * 200,
    'a"b\\c\n\t\x00\x7f',
    "a  b",
    "1.0",
    "call.offered",
]
TOKENS = [
    *("0", "-0", "1", "-1", "1.0", "1e0", "1E2", "0.5", "01", "+1", "1_0", "NaN"),
    *(str(number) for power in (31, 53, 63) for number in (2**power - 1, 2**power, -(2**power))),
    *("1e400", "null", "true", "false", "[]", "{}", '{"a":1,"a":2}', "[[[]]]"),
    *('"\\u0020"', '"\\ud83d\\ude00"', '"\\ud800"', '"\\/"', '"\\u0031"', '"\n"', '"\x7f"', "'x'"),
    *(json.dumps(text, ensure_ascii=False) for text in (*_INSTANTS, *_DAYS, *_IDS, *_TEXTS)),
    *(json.dumps(text) for text in _TEXTS),
]
_NAMES = ["x", "type", "version", "occurred_at", "day", "data", "stream", "streamversion", "expects", "traceparent", ""]

tokens = st.sampled_from(TOKENS)


@st.composite
def spoiled(draw: st.DrawFn, envelope: Envelope) -> bytes:
    """Draw a record that was spoiled a few times, or written in another way."""
    whole = _members(json.loads(encode(envelope)))
    for _ in range(draw(st.integers(0, 3))):
        _spoil(draw, draw(st.sampled_from(_objects(whole))))
    separators = draw(st.sampled_from([",", ", ", " ,", ",\n", ",\t"])), draw(st.sampled_from([":", ": ", " : "]))
    raw = _written(whole, *separators).encode("utf-8", "surrogatepass")
    return draw(st.just(raw) | _torn(raw))


def _members(value: Any) -> Written:  # noqa: ANN401  # any JSON
    if not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return [(json.dumps(name), _members(inner)) for name, inner in value.items()]


def _objects(whole: Written) -> list[list[tuple[str, Any]]]:
    if isinstance(whole, str):
        return []
    return [whole, *(found for _, inner in whole for found in _objects(inner))]


def _spoil(draw: st.DrawFn, members: list[tuple[str, Any]]) -> None:
    """Change an object in one way."""
    if not members:
        return
    place = draw(st.integers(0, len(members) - 1))
    name, value = members[place]
    match draw(st.sampled_from(["drop", "retype", "repeat", "add", "move", "escape"])):
        case "drop":
            del members[place]
        case "retype":
            members[place] = name, draw(tokens)
        case "repeat":
            members.insert(draw(st.integers(0, len(members))), (name, draw(st.just(value) | tokens)))
        case "add":
            members.insert(place, (json.dumps(draw(st.sampled_from(_NAMES))), draw(tokens)))
        case "move":
            members.insert(draw(st.integers(0, len(members) - 1)), members.pop(place))
        case _:
            members[place] = name.replace("a", "\\u0061"), value


def _written(value: Written, comma: str, colon: str) -> str:
    if isinstance(value, str):
        return value
    return "{" + comma.join(f"{name}{colon}{_written(inner, comma, colon)}" for name, inner in value) + "}"


@st.composite
def _torn(draw: st.DrawFn, raw: bytes) -> bytes:
    place = draw(st.integers(0, len(raw)))
    put: Sequence[bytes] = [b"", b" ", b"\x00", b"\xff", b'"', b"}", b"{}", b"0", b",", b"\\", b"\xd0\xb6"]
    return raw[:place] + draw(st.sampled_from(put)) + raw[place + draw(st.integers(0, 1)) :]
