"""Call detail records (CDR), as CSV or as JSON: the rows of a call, gathered until the last has come."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo

from events.envelope import Envelope
from services.feeds.asterisk.cdr_calls import CdrCall, ends_of
from services.feeds.asterisk.cdr_row import CdrRow, decode
from services.feeds.facts import SECOND, Micros, Teller, UnreadableItemError

_SETTLED: Micros = 60 * SECOND
"""Asterisk writes the rows of a channel together when it hangs up: after so long there are no more."""
_KEPT: Micros = 24 * 3600 * SECOND
"""How long rows are kept whose call is not over, and how long a call is known that was told."""


@dataclass(slots=True)
class _Gathered:
    """The rows of one linked id."""

    call: str
    rows: dict[tuple[str, int], CdrRow] = field(default_factory=dict)
    latest: Micros = 0
    is_over: bool = False
    """Whether there is a row of the channel that the call began with: it has hung up."""
    told: bool = False


class CdrReader:
    """Reads rows in either form, in order, over as many files as they were rotated into.

    A call is told when no more rows of it can come, or at the end of a file: not where that is torn off, for the rest
    may say otherwise. Rows of other channels than that which the call began with are legs of it and no call.
    """

    name = "cdr"
    separator = b"\n"

    def __init__(self, teller: Teller, zone: tzinfo) -> None:
        """Begin before the first row; `zone` is that of the phone system's own clock."""
        self.teller = teller
        self.now: Micros | None = None
        self._zone = zone
        self._calls: OrderedDict[str, _Gathered] = OrderedDict()
        """The call of which a row was read last is the last."""

    def read(self, item: bytes, *, whole: bool) -> Iterator[Envelope]:
        """Say which calls are over now that time has come to this row."""
        if not whole:
            message = "the row is torn: its end is missing"
            raise UnreadableItemError(message)
        row = decode(item, self._zone)
        self.now = row.end
        yield from self._settled(row.end)
        self._gather(row)

    def rest(self) -> Iterator[Envelope]:
        """Tell the calls that are over and were held back for rows that might still come."""
        for gathered in self._calls.values():
            yield from self._tell(gathered)

    def _gather(self, row: CdrRow) -> None:
        gathered = self._calls.setdefault(row.linkedid, _Gathered(row.linkedid))
        gathered.rows.setdefault((row.uniqueid, row.sequence), row)
        gathered.latest = max(gathered.latest, row.end)
        gathered.is_over = gathered.is_over or row.uniqueid == row.linkedid
        self._calls.move_to_end(row.linkedid)

    def _settled(self, at: Micros) -> Iterator[Envelope]:
        for gathered in list(self._calls.values()):
            if gathered.latest >= at - _SETTLED:
                break
            yield from self._tell(gathered)
            if gathered.latest < at - _KEPT:
                del self._calls[gathered.call]

    def _tell(self, gathered: _Gathered) -> Iterator[Envelope]:
        if gathered.told or not gathered.is_over:
            return
        gathered.told = True
        rows = sorted(gathered.rows.values(), key=lambda row: row.sequence)
        gathered.rows.clear()
        own = [row for row in rows if row.uniqueid == gathered.call]
        legs = [row for row in rows if row.uniqueid != gathered.call]
        for leg, event in ends_of(CdrCall(gathered.call, own, legs), self.teller):
            yield self.teller.tell(event, f"call/{gathered.call}", leg, 1)
