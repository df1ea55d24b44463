"""Channel event logging (CEL) as JSON, an object a line: what happened to every channel, to the microsecond."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from events.calls import Outcome
from events.envelope import Envelope
from services.feeds.asterisk.cel_event import CelEvent, decode
from services.feeds.asterisk.cel_stays import Caller, CelStays
from services.feeds.asterisk.direct import DirectCalls
from services.feeds.asterisk.message import Message, Values
from services.feeds.asterisk.phones import local_extension
from services.feeds.facts import SECOND, Micros, Teller, UnreadableItemError
from services.feeds.fields import extension
from services.feeds.queue_calls import QueueCalls

_KEPT: Micros = 24 * 3600 * SECOND
"""A call whose end was never seen is forgotten after so long."""

_Handler = Callable[[CelEvent], Iterable[Envelope]]


class CelReader:
    """Reads the events of channels, in order, over as many files as they were rotated into.

    What follows from them for callers in queues is told by `CelStays`, for all others by `DirectCalls`, to which the
    events are put in the words of AMI: so one call has one id and the same figures in either source.
    """

    name = "cel"
    separator = b"\n"

    def __init__(self, teller: Teller) -> None:
        """Begin before the first event."""
        self.teller = teller
        self.now: Micros | None = None
        self._callers: dict[str, Caller] = {}
        self._owners: dict[str, str] = {}
        """The call that each channel was begun for."""
        self._stays = CelStays(teller, QueueCalls(teller))
        self._direct = DirectCalls(teller)
        self._last = b""
        self._handlers: Mapping[str, _Handler] = {
            "CHAN_START": self._channel_began,
            "APP_START": self._application_began,
            "APP_END": self._application_ended,
            "DTMF": self._key_pressed,
            "ANSWER": self._answered,
            "BRIDGE_ENTER": self._joined_in,
            "BLINDTRANSFER": self._transferred_blind,
            "ATTENDEDTRANSFER": self._transferred_attended,
            "HANGUP": self._hung_up,
        }

    def read(self, item: bytes, *, whole: bool) -> Iterator[Envelope]:
        """Say what follows from an event; one that is written twice running is one."""
        if not whole:
            message = "the line is torn: its end is missing"
            raise UnreadableItemError(message)
        event = decode(item)
        handler = self._handlers.get(event.kind)
        if handler is not None:
            event.check()
        self.now = event.at
        if handler is not None and item != self._last:
            self._last = item
            yield from handler(event)

    def rest(self) -> Iterable[Envelope]:
        """Nothing is held back: a call that is not over has not ended."""
        return ()

    def _channel_began(self, event: CelEvent) -> Iterable[Envelope]:
        if event.uniqueid == event.linkedid:
            return self._call_began(event)
        caller = self._callers.get(event.linkedid)
        if caller is None:
            return ()
        if caller.application == "Dial":
            self._dialled(caller, event)
        elif not caller.is_waiting:
            return ()
        caller.legs[event.uniqueid] = event.channame, event.at
        self._owners[event.uniqueid] = caller.call
        return self._stays.seen(caller)

    def _call_began(self, event: CelEvent) -> Iterable[Envelope]:
        if event.uniqueid not in self._callers and not event.channame.startswith("Local/"):
            self._forget_old(event.at)
            self._callers[event.uniqueid] = Caller(event.uniqueid, event.channame, event.at)
            self._direct.began(
                event.at,
                _message(
                    Uniqueid=event.uniqueid, Linkedid=event.linkedid, Channel=event.channame, CallerIDNum=event.num
                ),
            )
        return ()

    def _dialled(self, caller: Caller, event: CelEvent) -> None:
        """Note that Dial calls somebody; it calls those that it was given in their order."""
        target = caller.targets.pop(0) if caller.targets else ""
        caller.dialled.append(event.uniqueid)
        self._direct.dialled(
            event.at,
            _message(Uniqueid=caller.call, DestUniqueid=event.uniqueid, Exten=caller.exten, DialString=target),
        )

    def _application_began(self, event: CelEvent) -> Iterable[Envelope]:
        caller = self._callers.get(event.uniqueid)
        if caller is None:
            return ()
        left = list(self._stays.left(caller))
        caller.application, caller.exten = event.appname, event.exten
        if event.appname == "Dial":
            caller.targets = event.appdata.split(",")[0].split("&")
        elif event.appname == "Queue":
            self._stays.asked(event.at, caller, event.appdata)
            self._direct.queued(caller.call)
        return left

    def _application_ended(self, event: CelEvent) -> Iterable[Envelope]:
        caller = self._callers.get(event.uniqueid)
        if caller is not None:
            caller.application = ""
            if event.appname == "Queue" and caller.stay is not None and caller.stay.over is None:
                caller.stay.over = event.at
        return ()

    def _key_pressed(self, event: CelEvent) -> Iterable[Envelope]:
        caller = self._callers.get(event.uniqueid)
        if caller is None or not caller.is_waiting or caller.stay is None:
            return ()
        caller.stay.key = event.at
        return self._stays.seen(caller)

    def _answered(self, event: CelEvent) -> Iterable[Envelope]:
        if event.uniqueid in self._callers:
            if event.appname == "AppDial2":  # A program called this phone first: the call is the company's own.
                self._direct.dialled(event.at, _message(DestUniqueid=event.uniqueid))
            return ()
        caller = self._callers.get(self._owners.get(event.uniqueid, ""))
        if caller is None or event.uniqueid not in caller.dialled:
            return ()
        return self._direct.dial_ended(event.at, _dial_end(caller, event.uniqueid, "ANSWER", event.channame))

    def _joined_in(self, event: CelEvent) -> Iterable[Envelope]:
        """Somebody enters a bridge: a caller to the agent who is in it, or the agent to the caller."""
        caller = self._callers.get(event.uniqueid)
        if caller is not None:
            return self._stays.bridged(event.at, caller, caller.leg_called(event.peer.split(",")))
        caller = self._callers.get(self._owners.get(event.uniqueid, ""))
        if caller is not None and caller.channel in event.peer.split(","):
            return self._stays.bridged(event.at, caller, event.uniqueid)
        return ()

    def _transferred_blind(self, event: CelEvent) -> Iterable[Envelope]:
        to = extension(event.extra.extension.encode())
        return self._transferred(event, "transferred_blind", to)

    def _transferred_attended(self, event: CelEvent) -> Iterable[Envelope]:
        to = local_extension(event.extra.transfer_target_channel_name)
        return self._transferred(event, "transferred_attended", to)

    def _transferred(self, event: CelEvent, outcome: Outcome, to: str | None) -> Iterable[Envelope]:
        channels = (event.extra.transferee_channel_uniqueid, event.uniqueid, event.extra.channel2_uniqueid)
        calls = dict.fromkeys(self._owners.get(channel, channel) for channel in channels)
        callers = [caller for call in calls if (caller := self._callers.get(call)) is not None]
        return chain(
            chain.from_iterable(self._stays.transferred(event.at, caller, outcome, to) for caller in callers),
            chain.from_iterable(self._direct.transferred(event.at, caller.call, outcome, to) for caller in callers),
        )

    def _hung_up(self, event: CelEvent) -> Iterator[Envelope]:
        call = self._owners.pop(event.uniqueid, event.uniqueid)
        caller = self._callers.get(call)
        if caller is None:
            return
        asked = caller.channel_called(event.extra.hangupsource)
        if asked is not None:
            self._direct.asked_to_end(asked)
        if call != event.uniqueid:
            yield from self._stays.agent_gone(event.at, caller, event.uniqueid, asked)
            yield from self._direct.hung_up(event.at, event.uniqueid)
            return
        yield from self._stays.caller_gone(event.at, caller, asked)
        yield from self._undialled(event, caller)
        yield from self._direct.hung_up(event.at, call)
        self._forget(caller)

    def _undialled(self, event: CelEvent, caller: Caller) -> Iterator[Envelope]:
        """Tell what became of those who were dialled and did not answer: only the caller's own end says it."""
        if event.extra.dialstatus not in ("", "ANSWER"):
            for callee in caller.dialled:
                yield from self._direct.dial_ended(event.at, _dial_end(caller, callee, event.extra.dialstatus))

    def _forget(self, caller: Caller) -> None:
        self._stays.forget(caller)
        del self._callers[caller.call]
        for channel in caller.legs:
            self._owners.pop(channel, None)

    def _forget_old(self, at: Micros) -> None:
        while self._callers and (oldest := next(iter(self._callers.values()))).begun < at - _KEPT:
            self._forget(oldest)


def _message(**lines: str) -> Message:
    """Put something in the words of AMI."""
    return Values({key.encode(): value.encode() for key, value in lines.items()})


def _dial_end(caller: Caller, callee: str, status: str, channel: str = "") -> Message:
    return _message(Uniqueid=caller.call, DestUniqueid=callee, DestChannel=channel, DialStatus=status)
