"""A person who asked to be forgotten."""

from events.erasures import PersonErased
from tests.events.examples.dates import when
from tests.events.examples.record import Example, fact

EXAMPLES: tuple[Example, ...] = (
    fact(
        PersonErased(
            **when(12),
            person="0b9f4c52-6a1e-4a0b-9d7e-2f6a1c3d5e7f",
            fields=("email", "name", "number"),
            reason="Asked for in a letter of 23 November.",
        ),
        "/cli",
        "person/0b9f4c52-6a1e-4a0b-9d7e-2f6a1c3d5e7f",
        1,
    ),
)
