"""The Erlang C calculator: agents and waits, from traffic at hand."""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from projections.calc import Answer, BadInputError
from projections.erlang import MOST_ERLANGS, Staffed, Traffic

_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)


def calc_erlang(given: Mapping[str, object]) -> Answer:
    """How many agents are needed, or what to expect of those there are; raises BadInputError, which names the field.

    `calls` in `per_s` seconds, each handled for `aht_s` seconds; who waits no longer than `threshold_s` is answered in
    time. With `agents` the answer is about so many; with `target`, a service level as a part of 1, about the fewest
    that reach it. Shares come with four decimals, erlangs and seconds with two.
    """
    traffic = Traffic(*(_number(given, field) for field in ("calls", "per_s", "aht_s")))
    if traffic.per_s == 0 or traffic.aht_s == 0:
        message = "per_s and aht_s must be more than 0"
        raise BadInputError(message)
    if traffic.erlangs > MOST_ERLANGS:
        message = f"calls: {float(traffic.erlangs):.0f} erlangs are more than {MOST_ERLANGS}; is per_s right?"
        raise BadInputError(message)
    expected = _expected(traffic, given)
    return {
        "erlangs": _shown(Decimal(traffic.erlangs.numerator) / traffic.erlangs.denominator, 2),
        "agents": expected.agents,
        "occupancy": _shown(expected.occupancy, 4),
        "p_wait": _shown(expected.p_wait, 4),
        "service_level": _shown(expected.service_level, 4),
        "asa_s": None if expected.asa_s is None else _shown(expected.asa_s, 2),
    }


def _expected(traffic: Traffic, given: Mapping[str, object]) -> Staffed:
    threshold = _number(given, "threshold_s")
    match given.get("agents"), given.get("target"):
        case None, None:
            message = "agents or target is needed"
            raise BadInputError(message)
        case None, _:
            target = _number(given, "target")
            if not target < 1:
                message = f"target: {given['target']!r} is not a part of 1 below 1"
                raise BadInputError(message)
            return traffic.needed(target, threshold)
        case _, None:
            agents = _number(given, "agents")
            if agents.denominator != 1 or agents > 2 * MOST_ERLANGS:
                message = f"agents: {given['agents']!r} is not a whole number to {2 * MOST_ERLANGS}"
                raise BadInputError(message)
            return traffic.staffed(int(agents), threshold)
        case _:
            message = "agents and target: give one of them"
            raise BadInputError(message)


def _number(given: Mapping[str, object], field: str) -> Fraction:
    """A number that is exact; a float is not."""
    value = given.get(field)
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        message = f"{field}: {value!r} is not a number from 0 on, whole or a decimal written as text"
        raise BadInputError(message)
    return Fraction(text)


def _shown(number: Decimal, places: int) -> str:
    return str(number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN))
