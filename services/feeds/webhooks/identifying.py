"""Whom deliveries speak of: the numbers in them are looked up, and the people written to what was seen of a call."""

from collections.abc import Sequence

import msgspec

from services.feeds.callers.heard import NOBODY, LookUp, mention, outside_number
from services.feeds.webhooks.seen import Doing, Outside, Seen, Told, seen_in


async def identified(told: Sequence[Told], look_up: LookUp | None) -> Sequence[Seen]:
    """What was seen, with the person on the line from outside, where `look_up` knows whom the number means."""
    seen = seen_in(told)
    numbers = {
        mention(each.source, each.call): number
        for each in told
        if isinstance(each, Outside) and (number := outside_number(each.number or "")) is not None
    }
    if look_up is None or not numbers:
        return seen
    people = await look_up(numbers)
    return [each if isinstance(each, Doing) else _with_caller(each, people.get(_about(each), NOBODY)) for each in seen]


def _about(seen: Seen) -> str:
    return mention(seen.source, seen.about)


def _with_caller(seen: Seen, person: str) -> Seen:
    return seen if person == NOBODY else msgspec.structs.replace(seen, caller=person)
