"""The event socket (ESL): the events of a live connection, or of one that was kept."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from events.agents import State
from events.envelope import Envelope
from services.feeds.agent_states import Agents, AgentsMemory
from services.feeds.facts import SECOND, Micros, Teller, TellerMemory, second
from services.feeds.freeswitch.direct import Began, DirectCalls, DirectMemory
from services.feeds.freeswitch.framing import AUTH, END, time_in
from services.feeds.freeswitch.headers import began_of, hangup_of, left_of, place_of, served_of
from services.feeds.freeswitch.legs import Hangup, Legs, LegsMemory
from services.feeds.freeswitch.message import Message, is_event, parse
from services.feeds.freeswitch.numbering import Numbering
from services.feeds.freeswitch.statuses import Statuses, StatusesMemory
from services.feeds.freeswitch.stays import Place, Served, Stays, StaysMemory
from services.feeds.gaps import Gap, gap_found
from services.feeds.queue_calls import CallsMemory, QueueCalls, within

CALLCENTER = b"callcenter::info"
EVENTS = (
    "CHANNEL_CREATE",
    "CHANNEL_ANSWER",
    "CHANNEL_BRIDGE",
    "CHANNEL_HOLD",
    "CHANNEL_UNHOLD",
    "CHANNEL_HANGUP_COMPLETE",
    "HEARTBEAT",
)
"""What is to be asked for, besides the events of mod_callcenter."""

_HEARTBEAT = b"Event-Name: HEARTBEAT\n"
_SEEN: frozenset[State] = frozenset({"talking", "paused", "ringing", "ready", "offline"})
"""What mod_callcenter tells of agents."""


@dataclass(slots=True)
class EslMemory:
    """All that a reader remembers: with this, another one goes on and says the very same."""

    layout: ClassVar[int] = 1
    latest: Micros | None = None
    """When anything was last heard."""
    reconnected: bool = False
    """Whether a connection began of which no event was heard yet."""
    numbering: Numbering = field(default_factory=Numbering)
    legs: LegsMemory = field(default_factory=LegsMemory)
    stays: StaysMemory = field(default_factory=StaysMemory)
    direct: DirectMemory = field(default_factory=DirectMemory)
    statuses: StatusesMemory = field(default_factory=StatusesMemory)
    calls: CallsMemory = field(default_factory=CallsMemory)
    agents: AgentsMemory = field(default_factory=AgentsMemory)
    teller: TellerMemory = field(default_factory=TellerMemory)


_Handler = Callable[[Message, Micros], Iterable[Envelope]]


class EslReader:
    """Reads the events of one FreeSWITCH, in order; those that Kvota has no use for are passed over unread.

    What came twice says nothing again. A connection that begins after others is a gap, unless the numbers of the events
    go on where they were; a core with another id is a new start of the phone system, and a gap too. Of the time of a
    gap nothing is made up: what became of the calls of a core that is no more is told nowhere.
    """

    name = "esl"
    separator = END

    def __init__(self, teller: Teller, memory: EslMemory | None = None) -> None:
        """Begin where another reader stopped whose memory it is, or before the first event."""
        self.teller = teller
        self.feed = f"{teller.source.removeprefix('/')}/{self.name}"
        self.memory = memory = EslMemory() if memory is None else memory
        self.now = memory.latest
        teller.memory = memory.teller
        self._calls = QueueCalls(teller, memory.calls)
        self._agents = Agents(teller, _SEEN, memory.agents)
        self._legs = Legs(memory.legs)
        self._stays = Stays(self._calls, self._legs, memory.stays)
        self._direct = DirectCalls(teller, self._legs, memory.direct)
        self._statuses = Statuses(self._agents, memory.statuses)
        self._handlers: Mapping[bytes, _Handler] = {
            b"CHANNEL_CREATE": self._create,
            b"CHANNEL_ANSWER": self._answer,
            b"CHANNEL_BRIDGE": self._bridge,
            b"CHANNEL_HOLD": self._hold,
            b"CHANNEL_UNHOLD": self._unhold,
            b"CHANNEL_HANGUP_COMPLETE": self._hangup,
            b"HEARTBEAT": self._heartbeat,
        }
        self._actions: Mapping[bytes, _Handler] = {
            b"agent-status-change": self._status_change,
            b"agent-state-change": self._state_change,
            b"agent-offering": self._offering,
            b"bridge-agent-start": self._agent_start,
            b"bridge-agent-end": self._agent_end,
            b"bridge-agent-fail": self._agent_fail,
            b"member-queue-start": self._queue_start,
            b"member-queue-resume": self._queue_start,
            b"member-queue-end": self._queue_end,
        }

    def rest(self) -> Iterable[Envelope]:
        """Nothing is held back."""
        return ()

    def read(self, item: bytes, *, whole: bool) -> Iterator[Envelope]:
        """Say what follows from a block."""
        block = item.lstrip(b"\n")
        if block.endswith(b"Content-Type: " + AUTH):
            self.lost()
        if not is_event(block, whole=whole):
            yield from self._time(time_in(block))
            return
        message = parse(block)
        handler = self._handler(message)
        if handler is None:
            return
        at, core, number = message.at, message.text(b"Core-UUID"), message.sequence
        place = self.memory.numbering.place(core, number)
        if place == "again":
            return
        facts = handler(message, at)  # What the event says is read here; what it changes waits for the clock.
        yield from self._gap(at, core, number)
        self.memory.numbering.take(core, number)
        yield from self._heard(at)
        yield from facts

    def clock(self, item: bytes) -> Micros | None:
        """Say what time it is at the phone system, where that is all that is told, or an event is a heartbeat."""
        told = time_in(item)
        if told is not None:
            return told * SECOND
        return self.now if item.lstrip(b"\n").startswith(_HEARTBEAT) else None

    def lost(self) -> None:
        """Take note that something may be missing between what was read and what comes next."""
        self.memory.reconnected = self.memory.latest is not None

    def _handler(self, message: Message) -> _Handler | None:
        kind = message.get(b"Event-Name") or b""
        if kind != b"CUSTOM":
            return self._handlers.get(kind)
        if message.get(b"Event-Subclass") != CALLCENTER:
            return None
        return self._actions.get(message.get(b"CC-Action") or b"")

    def _time(self, told: int | None) -> Iterator[Envelope]:
        """Time alone went on; not where it is not known yet what was said before, or since."""
        if told is not None and self.memory.numbering.core and not self.memory.reconnected:
            yield from self._heard(told * SECOND)

    def _heard(self, at: Micros) -> Iterator[Envelope]:
        """Time has come this far: tell what follows from that alone."""
        self.now = self.memory.latest = at
        yield from self._stays.clock(at)
        yield from self._agents.clock(at)

    def _gap(self, at: Micros, core: str, number: int) -> Iterator[Envelope]:
        """Tell that nobody listened for a while, or that the phone system began anew, if so."""
        memory, known = self.memory, self.memory.numbering
        if memory.latest is None:
            return
        if not known.core:
            yield self._gap_found(at, core, number, None, "what was heard before is not remembered any more")
        elif core != known.core:
            reason = "the phone system began anew: what became of the calls that it had is not known"
            yield self._gap_found(at, core, number, None, reason)
            yield from self._statuses.lost_sight(memory.latest)
            for calls in (self._stays, self._direct, self._legs):
                calls.forget()
        elif memory.reconnected and number > known.highest + 1:
            reason = "a new connection to the event socket; what is missing counts events that nobody asked for, too"
            yield self._gap_found(at, core, number, number - known.highest - 1, reason)
            yield from self._statuses.lost_sight(memory.latest)
            self._stays.interrupted()
            self._direct.interrupted()
            self._legs.interrupted(memory.latest)
        memory.reconnected = memory.reconnected and number < known.highest and core == known.core

    def _gap_found(self, at: Micros, core: str, number: int, missing: int | None, reason: str) -> Envelope:
        known = self.memory.numbering
        gap = Gap(
            last=self.memory.latest or at,
            first=at,
            reason=reason,
            after=f"{known.core}/{known.highest}" if known.core else None,
            before=f"{core}/{number}",
            missing=missing,
        )
        return gap_found(gap, self.feed, self.teller)

    def _heartbeat(self, _message: Message, _at: Micros) -> Iterable[Envelope]:
        return ()

    def _create(self, message: Message, at: Micros) -> Iterable[Envelope]:
        agent = message.optional(b"variable_cc_agent")
        if agent is not None:
            user = message.optional(b"variable_dialed_user")
            return self._agents_phone(at, message.text(b"Unique-ID"), user, agent)
        return self._began(at, began_of(message))

    def _began(self, at: Micros, began: Began) -> Iterator[Envelope]:
        self._legs.began(at, began.channel)
        self._direct.began(at, began)
        yield from ()

    def _agents_phone(self, at: Micros, channel: str, user: str | None, agent: str) -> Iterator[Envelope]:
        self._legs.began(at, channel)
        if user is not None:
            self._direct.phone(user, agent)
        yield from ()

    def _answer(self, message: Message, at: Micros) -> Iterable[Envelope]:
        return self._answered(at, message.text(b"Unique-ID"), message.optional(b"variable_dialed_user"))

    def _answered(self, at: Micros, channel: str, user: str | None) -> Iterator[Envelope]:
        self._direct.picked_up(at, channel, user)
        yield from ()

    def _bridge(self, message: Message, at: Micros) -> Iterable[Envelope]:
        first = message.optional(b"Bridge-A-Unique-ID") or message.text(b"Unique-ID")
        other = message.optional(b"Bridge-B-Unique-ID") or message.text(b"Other-Leg-Unique-ID")
        return self._direct.bridged(at, first, other)

    def _hold(self, message: Message, at: Micros) -> Iterable[Envelope]:
        return _later(self._legs.hold, at, message.text(b"Unique-ID"))

    def _unhold(self, message: Message, at: Micros) -> Iterable[Envelope]:
        return _later(self._legs.unhold, at, message.text(b"Unique-ID"))

    def _hangup(self, message: Message, at: Micros) -> Iterable[Envelope]:
        channel, bridged = message.text(b"Unique-ID"), message.moment(b"Caller-Channel-Bridged-Time")
        queued = message.get(b"variable_cc_side") is not None
        return self._hung_up(at, channel, hangup_of(message, at), None if queued else bridged or 0)

    def _hung_up(self, at: Micros, channel: str, hangup: Hangup, bridged: Micros | None) -> Iterator[Envelope]:
        """Take leave of a channel; `bridged` is None for one that met a queue, or an agent's."""
        hangup = self._legs.ended(channel, hangup)
        if bridged is None:
            self._direct.queued(channel)
        yield from self._stays.hung_up(at, channel, hangup)
        yield from self._direct.hung_up(channel, hangup, bridged or None)
        self._legs.gone(channel)

    def _status_change(self, message: Message, at: Micros) -> Iterable[Envelope]:
        return self._statuses.chose(at, message.text(b"CC-Agent"), message.text(b"CC-Agent-Status"))

    def _state_change(self, message: Message, at: Micros) -> Iterable[Envelope]:
        return self._statuses.put(at, message.text(b"CC-Agent"), message.text(b"CC-Agent-State"))

    def _offering(self, message: Message, at: Micros) -> Iterable[Envelope]:
        return self._statuses.rung(at, message.text(b"CC-Agent"), message.text(b"CC-Queue"))

    def _agent_fail(self, message: Message, at: Micros) -> Iterable[Envelope]:
        return self._statuses.silent(at, message.text(b"CC-Agent"))

    def _agent_start(self, message: Message, at: Micros) -> Iterable[Envelope]:
        return self._agent_answered(at, place_of(message), served_of(message, at))

    def _agent_answered(self, at: Micros, place: Place, served: Served) -> Iterator[Envelope]:
        self._direct.queued(place.call)
        self._direct.queued(served.leg or "")
        yield from self._stays.answered(at, place, served)
        yield from self._statuses.answered(within(at, served.answered), served.agent, place.call, place.queue)

    def _agent_end(self, message: Message, at: Micros) -> Iterable[Envelope]:
        place, agent = place_of(message), message.text(b"CC-Agent")
        ended = message.second(b"CC-Bridge-Terminated-Time")
        at = at if ended is None else within(at, ended)
        return self._statuses.parted(at, agent, place.call, place.queue)

    def _queue_start(self, message: Message, at: Micros) -> Iterable[Envelope]:
        place = place_of(message)
        self.teller.caller(place.call, message.optional(b"CC-Member-CID-Number"))
        return self._joined(at, place)

    def _joined(self, at: Micros, place: Place) -> Iterator[Envelope]:
        self._direct.queued(place.call)
        yield from self._stays.joined(at, place)

    def _queue_end(self, message: Message, at: Micros) -> Iterable[Envelope]:
        place = place_of(message)
        if message.text(b"CC-Cause") == "Terminated":
            leaving = message.second(b"CC-Member-Leaving-Time") or second(at)
            return self._stays.terminated(at, place, leaving, served_of(message, at))
        return self._stays.cancelled(at, place, left_of(message, at))


def _later(note: Callable[[Micros, str], None], at: Micros, channel: str) -> Iterator[Envelope]:
    """Note something of a channel when its turn comes; nothing follows from that alone."""
    note(at, channel)
    yield from ()
