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
_TOLD: Micros = 3600 * SECOND
"""How long it is known that a call was told."""
_KEPT: Micros = 24 * 3600 * SECOND
"""How long the rows of legs are kept whose call is not over."""
_LATE: Micros = 15 * 60 * SECOND
"""The first row of a call begins with its channel; zones differ by a quarter of an hour at least."""


@dataclass(slots=True)
class _Gathered:
    """The rows of one linked id."""

    call: str
    rows: dict[tuple[str, int], CdrRow] = field(default_factory=dict)
    latest: Micros = 0
    is_over: bool = False
    """Whether there is a row of the channel that the call began with: it has hung up."""


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
        self._gathering: OrderedDict[str, _Gathered] = OrderedDict()
        """The call of which a row was read last is the last."""
        self._legs: OrderedDict[str, _Gathered] = OrderedDict()
        """Those of which there was nothing but legs for a while: the call itself goes on."""
        self._told: OrderedDict[str, Micros] = OrderedDict()

    def read(self, item: bytes, *, whole: bool) -> Iterator[Envelope]:
        """Say which calls are over now that time has come to this row."""
        if not whole:
            message = "the row is torn: its end is missing"
            raise UnreadableItemError(message)
        row = decode(item, self._zone)
        self._check(row)
        self.now = row.end
        yield from self._settled(row.end)
        self._gather(row)

    def rest(self) -> Iterator[Envelope]:
        """Tell the calls that are over and were held back for rows that might still come."""
        while self._gathering:
            yield from self._settle()

    def _check(self, row: CdrRow) -> None:
        gathered = self._gathering.get(row.linkedid)
        if row.uniqueid != row.linkedid or row.channel_began is None or (gathered is not None and gathered.is_over):
            return
        if row.start - row.channel_began * SECOND >= _LATE:
            message = "the call begins long after its own channel: the phone system's time zone must be another"
            raise UnreadableItemError(message)

    def _gather(self, row: CdrRow) -> None:
        call = row.linkedid
        if call in self._told:
            return
        gathered = self._gathering.get(call) or self._legs.pop(call, None) or _Gathered(call)
        gathered.rows.setdefault((row.uniqueid, row.sequence), row)
        gathered.latest = max(gathered.latest, row.end)
        gathered.is_over = gathered.is_over or row.uniqueid == call
        self._gathering[call] = gathered
        self._gathering.move_to_end(call)

    def _settled(self, at: Micros) -> Iterator[Envelope]:
        """Tell what has had its time; what lies as far ahead was written by a clock that was wrong."""
        while self._gathering and abs(at - next(iter(self._gathering.values())).latest) > _SETTLED:
            yield from self._settle()
        while self._told and next(iter(self._told.values())) < at - _TOLD:
            self._told.popitem(last=False)
        while self._legs and next(iter(self._legs.values())).latest < at - _KEPT:
            self._legs.popitem(last=False)

    def _settle(self) -> Iterator[Envelope]:
        """Take leave of the call of which no row has come for the longest time."""
        call, gathered = self._gathering.popitem(last=False)
        if not gathered.is_over:
            self._legs[call] = gathered
            return
        self._told[call] = gathered.latest
        rows = sorted(gathered.rows.values(), key=lambda row: row.sequence)
        own = [row for row in rows if row.uniqueid == call]
        legs = [row for row in rows if row.uniqueid != call]
        for leg, event in ends_of(CdrCall(call, own, legs), self.teller):
            yield self.teller.tell(event, f"call/{call}", leg, 1)
