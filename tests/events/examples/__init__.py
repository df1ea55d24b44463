"""One example of every type of event: a day in a sales department, with the records that its writers would append."""

from collections.abc import Mapping
from typing import Any

from tests.events.examples import (
    accesses,
    agents,
    calls,
    deals,
    directory,
    erasures,
    feeds,
    goals,
    leads,
    parked,
    people,
    tactics,
    training,
)
from tests.events.examples.record import Example

EXAMPLES: Mapping[str, Example] = {
    example.entry.name: example
    for noun in (
        calls,
        agents,
        feeds,
        parked,
        erasures,
        accesses,
        people,
        goals,
        deals,
        leads,
        training,
        tactics,
        directory,
    )
    for example in noun.EXAMPLES
}


def fields_of(name: str, **changes: object) -> dict[str, Any]:
    """Give the fields of an example, some of them changed."""
    return dict(EXAMPLES[name].event) | changes
