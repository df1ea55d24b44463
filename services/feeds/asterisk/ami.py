"""The manager interface (AMI): the messages of a live connection, or of one that was kept."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import ClassVar, Literal

from events.agents import State
from events.calls import Outcome
from events.envelope import Envelope
from services.feeds.agent_states import LOGGED, Agents, AgentsMemory, Membership, Phone
from services.feeds.asterisk.direct import DirectCalls, DirectMemory
from services.feeds.asterisk.fields import name
from services.feeds.asterisk.message import Message, begins_connection, kind_of, parse, pong_at
from services.feeds.asterisk.queue_log import QueueLogReader
from services.feeds.asterisk.waiting import REFUSED, Waiting, WaitingCallers
from services.feeds.facts import Micros, Teller, TellerMemory, UnreadableItemError, second
from services.feeds.fields import extension, text
from services.feeds.gaps import Gap, gap_found
from services.feeds.queue_calls import Answer, CallsMemory, Ending, QueueCalls, within

_PHONES: Mapping[bytes, Phone] = {b"2": "busy", b"3": "busy", b"7": "busy", b"8": "busy", b"4": "gone", b"5": "gone"}
"""What a device state means; the others are a phone that waits, or rings (which queues tell better)."""

_ENDED_BY: Mapping[bytes, Literal["customer", "rep"]] = {b"caller": "customer", b"agent": "rep"}
_VARIABLES = re.compile(rb"\r\nVariable: _?_?(?:QUEUESTATUS|QUEUEWAIT|CAMPAIGN|LEADID)\r\n")
"""The variables that are read; the last two are set by whoever dials, and may begin with one or two underscores."""


_SEEN: frozenset[State] = frozenset({"talking", "paused", "ringing", "ready", "offline"})
"""What AMI tells of agents."""


@dataclass(slots=True)
class AmiMemory:
    """All that a reader remembers: with this, another one goes on and says the very same."""

    layout: ClassVar[int] = 1
    latest: Micros | None = None
    """When anything was last heard."""
    reconnected: bool = False
    """Whether a connection began of which nothing with a time was heard yet."""
    waiting: dict[str, Waiting] = field(default_factory=dict)
    asked_for: dict[str, str] = field(default_factory=dict)
    """The queue that the dialplan last put a call to."""
    on_line: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """The calls that each agent answered in each queue and that are not complete."""
    completed: dict[tuple[str, str], Micros] = field(default_factory=dict)
    transfers: dict[str, tuple[Outcome, str | None]] = field(default_factory=dict)
    calls: CallsMemory = field(default_factory=CallsMemory)
    direct: DirectMemory = field(default_factory=DirectMemory)
    agents: AgentsMemory = field(default_factory=AgentsMemory)
    teller: TellerMemory = field(default_factory=TellerMemory)


Missed = Callable[[QueueLogReader, Micros, Micros], Iterable[Envelope] | None]
"""Reads with the reader given what queue_log has of the time from one moment to another; None where there is no log."""

_Handler = Callable[[Message, Micros], Iterable[Envelope]]


class AmiReader:
    """Reads the events of a phone system, in order; those that Kvota has no use for are passed over unread.

    A connection that begins after others is a gap: AMI does not say again what nobody heard. What became of a caller in
    a queue meanwhile is known where queue_log can be read (`missed`) or Asterisk's own durations say it later. Of what
    only AMI tells nothing is made up: a call without a queue is told only if all that matters of it was heard, and an
    agent's state lasts from when it is heard of again.
    """

    name = "ami"
    separator = b"\r\n\r\n"

    def __init__(self, teller: Teller, memory: AmiMemory | None = None, missed: Missed | None = None) -> None:
        """Begin where another reader stopped whose memory it is, or before the first event."""
        self.teller = teller
        self.feed = f"{teller.source.removeprefix('/')}/{self.name}"
        self.memory = memory = AmiMemory() if memory is None else memory
        self.now = memory.latest
        teller.memory = memory.teller
        self._missed = missed
        self._calls = QueueCalls(teller, memory.calls)
        self._waiting = WaitingCallers(self._calls, memory.waiting, memory.asked_for)
        self._direct = DirectCalls(teller, memory.direct)
        self._agents = Agents(teller, _SEEN, memory.agents)
        self._log = QueueLogReader(teller, self._calls, self._agents)
        self._handlers: Mapping[bytes, _Handler] = {
            b"Newchannel": self._new_channel,
            b"Newexten": self._new_exten,
            b"VarSet": self._variable,
            b"DialBegin": self._dial_begin,
            b"DialEnd": self._dial_end,
            b"HangupRequest": self._hangup_request,
            b"SoftHangupRequest": self._hangup_request,
            b"Hangup": self._hangup,
            b"QueueCallerJoin": self._join,
            b"QueueCallerAbandon": self._abandon,
            b"QueueCallerLeave": self._leave,
            b"AgentCalled": self._agent_called,
            b"AgentConnect": self._agent_connect,
            b"AgentRingNoAnswer": self._agent_silent,
            b"AgentComplete": self._agent_complete,
            b"BlindTransfer": self._blind_transfer,
            b"AttendedTransfer": self._attended_transfer,
            b"QueueMemberAdded": self._member_added,
            b"QueueMemberRemoved": self._member_removed,
            b"QueueMemberPause": self._member_status,
            b"QueueMemberStatus": self._member_status,
        }

    def read(self, item: bytes, *, whole: bool) -> Iterator[Envelope]:
        """Say what follows from a message."""
        bare = item.lstrip(b"\r\n")  # Some events are followed by one empty line more.
        if begins := begins_connection(bare):
            self.lost()
        kind = kind_of(bare, whole=whole, begins=begins)
        if kind == b"FullyBooted":
            self.lost()
        handler = self._handlers.get(kind or b"")
        if handler is None or (kind == b"VarSet" and not _VARIABLES.search(bare)):
            if kind is None and (pong := pong_at(bare)) is not None:
                yield from self._gap(pong)
                yield from self._heard(pong)
            return
        message = parse(bare)
        at = message.at
        yield from self._gap(at)
        facts = handler(message, at)  # What the event says is read here; what it changes waits for the clock.
        yield from self._heard(at)
        yield from facts

    def rest(self) -> Iterable[Envelope]:
        """Nothing is held back."""
        return ()

    def clock(self, item: bytes) -> Micros | None:
        """Say what time it is at the phone system, where it was only asked for that."""
        return pong_at(item.lstrip(b"\r\n"))

    def lost(self) -> None:
        """Take note that something may be missing between what was read and what comes next."""
        self.memory.reconnected = self.memory.latest is not None

    def _heard(self, at: Micros) -> Iterator[Envelope]:
        """Time has come this far: tell what follows from that alone."""
        self.now = self.memory.latest = at
        yield from self._agents.clock(at)

    def _gap(self, before: Micros) -> Iterator[Envelope]:
        """Tell that nobody listened for a while, if so, and what queue_log has of it."""
        after = self.memory.latest
        if not self.memory.reconnected or after is None:
            return
        self.memory.reconnected = False
        reason = "a new connection to the manager interface, which does not repeat what it said before"
        yield gap_found(Gap(last=after, first=before, reason=reason), self.feed, self.teller)
        self._waiting.forget()
        self.memory.on_line.clear()
        self.memory.transfers.clear()
        self._direct.interrupted()
        logged = self._missed(self._log, after, before) if self._missed is not None else None
        yield from self._agents.lost_sight(after, LOGGED if logged is not None else frozenset())
        if logged is not None:
            yield from self._caught_up(logged, before)

    def _caught_up(self, logged: Iterable[Envelope], before: Micros) -> Iterator[Envelope]:
        """Tell what queue_log has of a gap, and go on with the callers who were in queues at the end of it."""
        self._agents.lasting = LOGGED
        yield from logged
        yield from self._agents.lost_sight(before, LOGGED)
        self._agents.lasting = _SEEN
        for call in self._calls.known():
            self._direct.queued(call)
        for call, queue, stay in self._calls.open():
            if stay.answered is None:
                self._waiting.goes_on(call, queue, stay.joined)
            elif stay.agent is not None:
                self.memory.on_line.setdefault((queue, stay.agent), []).append(call)

    def _new_channel(self, message: Message, at: Micros) -> Iterable[Envelope]:
        self._direct.began(at, message)
        return ()

    def _new_exten(self, message: Message, _at: Micros) -> Iterable[Envelope]:
        call = message.text(b"Uniqueid")
        if message.get(b"Application") == b"Queue":
            self._waiting.asked(call, name((message.get(b"AppData") or b"").split(b",")[0], "the queue in AppData"))
        return self._waiting.settle(call)

    def _variable(self, message: Message, at: Micros) -> Iterable[Envelope]:
        call, variable = message.text(b"Uniqueid"), message.text(b"Variable").lstrip("_")
        value = message.get(b"Value")
        if value is None:
            return ()
        if variable == "QUEUESTATUS":
            return self._queue_status(at, call, text(value, "Value"))
        if variable == "QUEUEWAIT" and call in self._waiting:
            self._waiting.waited(call, message.number(b"Value"))
        elif variable == "CAMPAIGN":
            self._direct.marked(call, campaign=text(value, "Value"))
        elif variable == "LEADID":
            self._direct.marked(call, lead=text(value, "Value"))
        return ()

    def _queue_status(self, at: Micros, call: str, status: str) -> Iterable[Envelope]:
        if call in self._waiting:
            return self._waiting.settle(call, status)
        if status not in REFUSED:
            return ()
        self._direct.queued(call)
        return self._waiting.refused(at, call, status)

    def _dial_begin(self, message: Message, at: Micros) -> Iterable[Envelope]:
        self._direct.dialled(at, message)
        return ()

    def _dial_end(self, message: Message, at: Micros) -> Iterable[Envelope]:
        return self._direct.dial_ended(at, message)

    def _hangup_request(self, message: Message, _at: Micros) -> Iterable[Envelope]:
        channel = message.text(b"Uniqueid")
        self._waiting.wants_out(channel)
        if message.get(b"Event") == b"HangupRequest":
            self._direct.asked_to_end(channel)
        return ()

    def _hangup(self, message: Message, at: Micros) -> Iterable[Envelope]:
        return self._gone(at, message.text(b"Uniqueid"))

    def _gone(self, at: Micros, channel: str) -> Iterator[Envelope]:
        """Take leave of a channel; of a caller, all but the end of a talk has then been heard."""
        yield from self._agents.silent(at, channel)
        yield from self._waiting.settle(channel)
        yield from self._direct.hung_up(at, channel)
        self._waiting.gone(channel)
        if not self._calls.talking(channel):
            self._calls.forget(channel)
            self.memory.transfers.pop(channel, None)

    def _join(self, message: Message, at: Micros) -> Iterable[Envelope]:
        call, number = message.text(b"Uniqueid"), message.get(b"CallerIDNum")
        joined = self._joined(at, call, message.name(b"Queue"), message.number(b"Position"))
        self.teller.caller(call, number)  # not before all of the message was read
        return joined

    def _joined(self, at: Micros, call: str, queue: str, position: int) -> Iterator[Envelope]:
        yield from self._waiting.joined(at, call, queue, position)
        self._direct.queued(call)

    def _abandon(self, message: Message, at: Micros) -> Iterable[Envelope]:
        call, queue, wait = message.text(b"Uniqueid"), message.name(b"Queue"), message.number(b"HoldTime")
        self._waiting.abandoned(at, call, queue, wait)
        return ()

    def _leave(self, message: Message, at: Micros) -> Iterable[Envelope]:
        message.name(b"Queue")
        self._waiting.left(at, message.text(b"Uniqueid"))
        return ()

    def _agent_called(self, message: Message, at: Micros) -> Iterable[Envelope]:
        agent = self._member(message)
        self._direct.queued(message.text(b"Uniqueid"))
        return self._agents.rung(at, agent, message.text(b"DestUniqueid"), message.name(b"Queue"))

    def _agent_silent(self, message: Message, at: Micros) -> Iterable[Envelope]:
        return self._agents.silent(at, message.text(b"DestUniqueid"))

    def _agent_connect(self, message: Message, at: Micros) -> Iterable[Envelope]:
        call, queue, agent = message.text(b"Uniqueid"), message.name(b"Queue"), self._member(message)
        wait, ring = message.number(b"HoldTime"), message.number(b"RingTime")
        at = self._calls.on_time(at, call, queue, wait)
        self._waiting.answered(call)
        self._direct.queued(call)
        on_line = self.memory.on_line.get((queue, agent), [])
        self.memory.on_line[queue, agent] = [
            *(other for other in on_line if other != call and self._calls.talking(other)),
            call,
        ]
        return chain(
            self._calls.answered(at, call, queue, Answer(agent, wait, ring)),
            self._agents.talking(at, agent, call, queue),
            self._agents.silent(at, message.text(b"DestUniqueid")),
        )

    def _agent_complete(self, message: Message, at: Micros) -> Iterable[Envelope]:
        queue, agent = message.name(b"Queue"), self._member(message)
        wait, talk, reason = message.number(b"HoldTime"), message.number(b"TalkTime"), message.get(b"Reason") or b""
        call = self._completed_call(message, at, queue, agent)
        if call is None:
            return ()
        transfer = self.memory.transfers.pop(call, ("transferred_blind", None))
        outcome, to = transfer if reason == b"transfer" else ("answered", None)
        end = Ending(outcome, wait, agent, talk, by=_ENDED_BY.get(reason), to=to)
        at = self._calls.on_time(at, call, queue, wait + talk)
        return chain(self._calls.ended(at, call, queue, end), self._agents.talked(at, agent, call, queue))

    def _completed_call(self, message: Message, at: Micros, queue: str, agent: str) -> str | None:
        """Find the call that is complete: a late event does not name it, but its agent has it on the line."""
        on_line = self.memory.on_line.get((queue, agent), [])
        identity = message.get(b"Uniqueid")
        if identity is not None:
            call = text(identity, "Uniqueid")
        elif on_line:
            call = on_line[0]
        elif self.memory.completed.get((queue, agent)) == at:
            return None
        else:
            message_text = "it names no call, and the agent has none on the line"
            raise UnreadableItemError(message_text)
        if call in on_line:
            on_line.remove(call)
        self.memory.completed[queue, agent] = at
        return call

    def _blind_transfer(self, message: Message, at: Micros) -> Iterable[Envelope]:
        return self._transfer(message, at, "transferred_blind", b"TransfererUniqueid", b"Extension")

    def _attended_transfer(self, message: Message, at: Micros) -> Iterable[Envelope]:
        return self._transfer(message, at, "transferred_attended", b"OrigTransfererUniqueid", b"TransferTargetExten")

    def _transfer(
        self, message: Message, at: Micros, outcome: Outcome, transferer: bytes, target: bytes
    ) -> Iterable[Envelope]:
        if message.get(b"Result") != b"Success":
            return ()
        to = extension(message.get(target))
        calls = [
            text(identity, "Uniqueid") for key in (b"TransfereeUniqueid", transferer) if (identity := message.get(key))
        ]
        for call in calls:
            if self._calls.talking(call):
                self.memory.transfers[call] = outcome, to
        return chain.from_iterable(self._direct.transferred(at, call, outcome, to) for call in calls)

    def _member_added(self, message: Message, at: Micros) -> Iterable[Envelope]:
        agent = self._member(message)
        login = message.moment(b"LoginTime")
        at = at if login is None else within(at, second(login))
        return self._agents.signed_in(at, agent, message.name(b"Queue"), paused=message.get(b"Paused") == b"1")

    def _member_removed(self, message: Message, at: Micros) -> Iterable[Envelope]:
        return self._agents.signed_out(at, self._member(message), message.name(b"Queue"))

    def _member_status(self, message: Message, at: Micros) -> Iterable[Envelope]:
        agent, queue = self._member(message), message.name(b"Queue")
        phone = _PHONES.get(message.get(b"Status") or b"", "free")
        paused = message.get(b"Paused") == b"1"
        reason = message.name(b"PausedReason") if paused and message.get(b"PausedReason") else None
        since = message.moment(b"LastPause") if paused else None
        if since is not None and message.get(b"Event") == b"QueueMemberPause":
            at = within(at, second(since))
        return self._agents.member(at, agent, queue, Membership(phone, paused, reason, since))

    def _member(self, message: Message) -> str:
        """Read the agent's name, and remember it for the calls of the same phone that meet no queue."""
        agent = message.name(b"MemberName")
        if (interface := message.get(b"Interface")) is not None:
            self._direct.member(interface.decode(errors="replace"), agent)
        return agent
