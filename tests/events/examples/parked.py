"""A line that could not be read, and what became of it."""

from events.parked import ParkedRetried, ParkedSkipped, RecordParked
from tests.events.examples.dates import when
from tests.events.examples.record import Example, fact

parked = fact(
    RecordParked(
        **when(9, 12, 30),
        origin="kvota.calls/3",
        position=88_120,
        length=517,
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        reason="call.ended: talk_seconds: Input should be greater than or equal to 0",
    ),
    "/projector",
    "parked/kvota.calls/3/88120",
    1,
)

EXAMPLES: tuple[Example, ...] = (
    parked,
    fact(
        ParkedRetried(**when(11), parked=parked.envelope.id, note="Прошивка станции исправлена."),
        "/cli",
        "parked/kvota.calls/3/88120",
        2,
    ),
    fact(
        ParkedSkipped(**when(11, 5), parked=parked.envelope.id, reason="A test call of the installer."),
        "/cli",
        "parked/kvota.calls/3/88120",
        3,
    ),
)
