"""Rows to give to the reader of a 3CX, and how the tests read them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo

from events.envelope import Envelope
from services.feeds.facts import Company, Teller, instant
from services.feeds.reading import Reading
from services.feeds.three_cx.fields import ORDER
from services.feeds.three_cx.reader import ThreeCxMemory, ThreeCxReader
from tests.feeds.samples import MOSCOW, NOON

CALLER, NAME = "+79161230001", "Иван Петров, ООО Ромашка"
COMPANY = Company(MOSCOW, {"101": "anna"})
SINCE_1601_MS = 11_644_473_600_000


def clock(seconds: float, zone: tzinfo = UTC) -> str:
    """What a clock of the zone shows so many seconds after noon."""
    return instant(round((NOON + seconds) * 1_000_000)).astimezone(zone).strftime("%Y/%m/%d %H:%M:%S")


def callid(seconds: float, number: int = 7, *, windows: bool = False) -> str:
    """An id that was made so many seconds after noon."""
    return f"{round((NOON + seconds) * 1000) + windows * SINCE_1601_MS:016X}_{number}"


def turned(seconds: float, number: int = 7) -> str:
    """An id that was made so many seconds after noon, by version 20."""
    return f"{round((NOON + seconds) * 1000).to_bytes(8, 'little').hex()}_{number}"


CALL: Mapping[str, str] = {
    "historyid": "612504",
    "callid": callid(0.25),
    "duration": "00:01:00",
    "time-start": clock(0),
    "time-answered": clock(8),
    "time-end": clock(69),
    "reason-terminated": "TerminatedBySrc",
    "from-no": CALLER,
    "to-no": "Ext.800",
    "from-dn": "10001",
    "to-dn": "800",
    "dial-no": "800",
    "reason-changed": "ReplacedDst",
    "final-number": "Ext.101",
    "final-dn": "101",
    "chain": f"Chain: {CALLER};Ext.800;Ext.101;",
    "from-type": "Line",
    "to-type": "Queue",
    "final-type": "Extension",
    "from-dispname": NAME,
    "to-dispname": "Sales",
    "final-dispname": "Anna",
}
"""A caller whom a queue gave to an agent."""


def row(order: Sequence[str] = ORDER, **changes: str) -> bytes:
    """Write a row, `_` for `-`, with the names as they are: nothing is quoted."""
    told = {**CALL, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return f"Call {','.join(told.get(name, '') for name in order)}\r\n".encode()


def reader(order: Sequence[str] = ORDER, zone: tzinfo = UTC, memory: ThreeCxMemory | None = None) -> ThreeCxReader:
    """Make a reader that goes on with this memory."""
    return ThreeCxReader(Teller("/3cx", COMPANY), order, zone, memory)


def read(*chunks: bytes, order: Sequence[str] = ORDER, zone: tzinfo = UTC) -> list[Envelope]:
    """Read a file that comes in these chunks."""
    return list(Reading(reader(order, zone), "cdr.log").read(chunks))
