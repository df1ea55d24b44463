"""Whom deliveries speak of: the numbers in them are looked up, and the people written to what was seen of a call."""

from collections.abc import Mapping, Sequence

import msgspec

from services.feeds.callers.heard import NOBODY, LookUp, mention, outside_number
from services.feeds.webhooks.seen import Doing, Outside, Seen, SeenOfCall, Told, seen_in


async def identified(told: Sequence[Told], look_up: LookUp | None) -> Sequence[Seen]:
    """What was seen, with the person on the line from outside, where `look_up` knows whom the number means.

    Nobody is looked up for a call of which nothing was seen.
    """
    seen = seen_in(told)
    if look_up is None:
        return seen
    about = {mention(each.source, each.call) for each in seen if not isinstance(each, Doing)}
    numbers = {
        known: number
        for each in told
        if isinstance(each, Outside)
        and (known := mention(each.source, each.call)) in about
        and (number := outside_number(each.number or "")) is not None
    }
    people = await look_up(numbers) if numbers else {}
    return [each if isinstance(each, Doing) else _with_caller(each, people) for each in seen]


def _with_caller(seen: SeenOfCall, people: Mapping[str, str]) -> Seen:
    person = people.get(mention(seen.source, seen.call), NOBODY)
    return seen if person == NOBODY else msgspec.structs.replace(seen, caller=person)
