"""The records of a Kamailio in, facts out: from files, from a connection that is listened to, or from a topic."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar

from events.envelope import Envelope
from services.feeds.facts import SECOND, Micros, Teller, TellerMemory, UnreadableItemError
from services.feeds.gaps import Gap, gap_found
from services.feeds.kamailio.call import Call, over, picked_up
from services.feeds.kamailio.records import Cdr, Connected, Dialog, Transaction, parse
from services.feeds.kamailio.waiting import Since, due

_PATIENCE: Micros = 5 * SECOND
"""How long a call that is over waits for the records that are still missing."""
_FORKING: Micros = 180 * SECOND
"""How long a refusal waits for another branch to answer, where nothing else ever says that a call is over."""
KEPT: Micros = 300 * SECOND
"""How long a call that was told is known after the last word of it; what comes later would be told as another's is."""
_FINAL = 200
_OPEN: Micros = 24 * 3600 * SECOND
"""A call of which nothing was heard for so long is forgotten."""


@dataclass(slots=True)
class KamailioMemory:
    """All that a reader remembers: with this, another one goes on and says the very same."""

    layout: ClassVar[int] = 1
    latest: Micros | None = None
    """When anything was last heard."""
    reconnected: bool = False
    """Whether a connection began of which nothing with a time was heard yet."""
    has_cdrs: bool = False
    """Whether this Kamailio writes CDRs: then a call is not over without one."""
    calls: dict[str, Call] = field(default_factory=dict[str, Call])
    heard: Since = field(default_factory=dict[str, Micros | None])
    """When each of them was last heard of; the one of longest ago is the first."""
    over: Since = field(default_factory=dict[str, Micros | None])
    """Calls that are over and wait for what is missing."""
    refused: Since = field(default_factory=dict[str, Micros | None])
    """Calls that were refused, and may be answered by somebody else."""
    told: Since = field(default_factory=dict[str, Micros | None])
    teller: TellerMemory = field(default_factory=TellerMemory)


class KamailioReader:
    """Reads the records of one Kamailio; the order of those of a call says nothing, and what came twice counts once.

    A call is told when all that matters of it was seen, or when the clock of what is read has gone on for so long that
    the rest is not to be expected. A connection that begins after others is a gap: nothing is said again that nobody
    heard. Of calls that ended in a gap nothing is made up.
    """

    name = "records"
    separator = b"\n"

    def __init__(self, teller: Teller, memory: KamailioMemory | None = None, kept: Micros = KEPT) -> None:
        """Begin where another reader stopped whose memory it is; `kept` is how long a call that was told is known."""
        self.teller = teller
        self.feed = f"{teller.source.removeprefix('/')}/{self.name}"
        self.memory = memory = KamailioMemory() if memory is None else memory
        self.now = memory.latest
        self._kept = kept
        teller.memory = memory.teller

    def read(self, item: bytes, *, whole: bool) -> Iterator[Envelope]:
        """Say what follows from a record."""
        if not whole:
            message = "the record is torn: its end is missing"
            raise UnreadableItemError(message)
        record = parse(item)
        match record:
            case None:
                return
            case Connected():
                self.lost()
            case Cdr():
                self.memory.has_cdrs = True
                yield from self._heard(record, record.ended if record.ended > record.began else None)
            case Transaction() | Dialog():
                yield from self._heard(record, record.at)

    def rest(self) -> Iterator[Envelope]:
        """Tell the calls that wait, unless CDRs are written, and the next file has theirs."""
        if not self.memory.has_cdrs:
            for waiting in (self.memory.over, self.memory.refused):
                for call in list(waiting):
                    yield from self._tell(call)

    def clock(self, item: bytes) -> None:
        """Kamailio tells no time but in its records."""

    def lost(self) -> None:
        """Take note that something may be missing between what was read and what comes next."""
        self.memory.reconnected = self.memory.latest is not None

    def _heard(self, record: Transaction | Cdr | Dialog, at: Micros | None) -> Iterator[Envelope]:
        """Take a record, at its moment if it tells one: the CDR of a call that nobody answered tells when it began."""
        if at is not None:
            yield from self._gap(at)
            self.now = self.memory.latest = at
        elif self.now is None and isinstance(record, Cdr):
            self.now = record.ended
        yield from self._take(record)
        if at is not None:
            yield from self._clock(at)

    def _take(self, record: Transaction | Cdr | Dialog) -> Iterator[Envelope]:
        if not _matters(record):
            return
        if record.call in self.memory.told:
            _begin_anew(self.memory.told, record.call)
            return
        call = self.memory.calls.setdefault(record.call, Call())
        known = replace(call)
        _begin_anew(self.memory.heard, record.call)
        match record:
            case Transaction(method="BYE"):
                call.bye(record)
            case Transaction():
                call.invite(record)
            case Cdr():
                call.cdr(record)
            case Dialog():
                call.dialog(record)
        if call == known:
            return
        if call.answered is not None:
            yield from self._answered(record.call, call)
        if call.is_complete:
            yield from self._tell(record.call)
        else:
            self._wait(record.call, call)

    def _wait(self, identity: str, call: Call) -> None:
        """Let a call wait for what is missing, as long as that may come."""
        refused = call.refused is not None and call.answered is None and not self.memory.has_cdrs
        for waits, waiting in ((call.is_over, self.memory.over), (refused, self.memory.refused)):
            if waits:
                waiting.setdefault(identity, None)
            else:
                waiting.pop(identity, None)

    def _clock(self, at: Micros) -> Iterator[Envelope]:
        """Time has come this far: tell what was waited for long enough, and forget what is of no use any more."""
        for waiting, patience in ((self.memory.over, _PATIENCE), (self.memory.refused, _FORKING)):
            for call in list(due(waiting, at, patience)):
                yield from self._tell(call)
        for _ in due(self.memory.told, at, self._kept):
            pass
        for call in list(due(self.memory.heard, at, _OPEN)):
            self._forget(call)

    def _answered(self, identity: str, call: Call) -> Iterator[Envelope]:
        if not call.is_picked_up and (event := picked_up(identity, call, self.teller)) is not None:
            call.is_picked_up = True
            yield self.teller.tell(event, f"call/{identity}", "", 1)

    def _tell(self, identity: str) -> Iterator[Envelope]:
        """Tell how a call ended, and that it was answered, if that was not told.

        One that is over, and of which nobody knows whether it began, stays known like any that is open.
        """
        call = self.memory.calls[identity]
        if not call.can_be_told:
            self.memory.over.pop(identity, None)
            return
        self._forget(identity)
        self.memory.told[identity] = None
        if call.talked:
            yield from self._answered(identity, call)
        yield self.teller.tell(over(identity, call, self.teller), f"call/{identity}", "", 1)

    def _forget(self, identity: str) -> None:
        for known in (self.memory.calls, self.memory.heard, self.memory.over, self.memory.refused):
            known.pop(identity, None)

    def _gap(self, before: Micros) -> Iterator[Envelope]:
        """Tell that nobody listened for a while, if so."""
        after = self.memory.latest
        if not self.memory.reconnected or after is None:
            return
        self.memory.reconnected = False
        reason = "something may not have been heard, and nothing is said again"
        yield gap_found(Gap(last=after, first=before, reason=reason), self.feed, self.teller)


def _begin_anew(since: Since, call: str) -> None:
    since.pop(call, None)
    since[call] = None


def _matters(record: Transaction | Cdr | Dialog) -> bool:
    """Whether a record is about a call beginning or ending; requests of other kinds are not."""
    return not isinstance(record, Transaction) or (record.method in {"INVITE", "BYE"} and record.code >= _FINAL)
