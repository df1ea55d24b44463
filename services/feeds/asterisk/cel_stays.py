"""Callers in queues as CEL shows them: the application Queue begins, a bridge is entered, somebody hangs up."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from events.calls import Outcome
from events.envelope import Envelope
from services.feeds.asterisk.fields import name
from services.feeds.asterisk.phones import member_at
from services.feeds.facts import SECOND, Micros, Teller, second
from services.feeds.queue_calls import Answer, Ending, QueueCalls

_AT_ONCE: Micros = SECOND // 10
"""A queue that lets go of a caller sooner than this did not take the caller in."""


@dataclass(slots=True)
class Stay:
    """One stay in a queue, or the wish for one."""

    queue: str
    joined: Micros
    position: int
    gives_up_after: int | None
    """After how many seconds of waiting, or none, the dialplan wants to go on."""
    seen: bool = False
    """Whether it was told that the caller joined."""
    key: Micros | None = None
    """When the caller last pressed one."""
    over: Micros | None = None
    """When the application ended."""
    answered: Micros | None = None
    agent: str | None = None
    answerer: str | None = None
    """The channel of the agent who answered."""


@dataclass(slots=True)
class Caller:
    """A call by the channel that it began with."""

    call: str
    channel: str
    begun: Micros
    application: str = ""
    exten: str = ""
    targets: list[str] = field(default_factory=list)
    """Whom Dial has still to call."""
    dialled: list[str] = field(default_factory=list)
    """The channels that Dial has called."""
    legs: dict[str, tuple[str, Micros]] = field(default_factory=dict)
    """Every channel that was begun for it: its name, and when."""
    stay: Stay | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether the caller is in a queue, and nobody has answered."""
        return self.stay is not None and self.stay.answered is None and self.stay.over is None

    def leg_called(self, channels: Iterable[str]) -> str | None:
        """Find the channel begun for this call that has one of these names."""
        wanted = set(channels)
        return next((leg for leg, (channel, _) in self.legs.items() if channel in wanted), None)

    def channel_called(self, channel: str) -> str | None:
        """Find the channel of this name: the caller's own, or one that was begun for it."""
        return self.call if channel == self.channel else self.leg_called([channel])


class CelStays:
    """What is told of callers in queues.

    Nothing says that a caller joined but that something follows which only happens to one who did; nothing says how the
    waiting ended but who hung up, what was pressed, and how long it was to last.
    """

    def __init__(self, teller: Teller, calls: QueueCalls) -> None:
        """Tell of these calls."""
        self._roster = teller.company.roster
        self._calls = calls
        self._waiting: dict[str, set[str]] = {}

    def asked(self, at: Micros, caller: Caller, appdata: str) -> None:
        """Note that the dialplan puts a caller to a queue."""
        queue = name(appdata.split(",", maxsplit=1)[0].encode(), "the queue")
        waiting = self._waiting.setdefault(queue, set())
        caller.stay = Stay(queue, at, len(waiting - {caller.call}) + 1, _gives_up_after(appdata))
        waiting.add(caller.call)

    def seen(self, caller: Caller) -> Iterator[Envelope]:
        """Tell that the caller joined the queue, now that it is certain."""
        stay = caller.stay
        if stay is not None and not stay.seen:
            stay.seen = True
            yield from self._calls.joined(stay.joined, caller.call, stay.queue, stay.position)

    def bridged(self, at: Micros, caller: Caller, leg: str | None) -> Iterator[Envelope]:
        """Tell that an agent answered, if that is what brought caller and agent together."""
        stay = caller.stay
        if stay is None or not caller.is_waiting or leg is None:
            return
        yield from self.seen(caller)
        channel, rang = caller.legs[leg]
        stay.answered, stay.answerer, stay.agent = at, leg, member_at(channel, self._roster)
        self._no_longer_waits(caller)
        if stay.agent is not None:
            answer = Answer(stay.agent, _between(stay.joined, at), max(0, at - rang) // SECOND)
            yield from self._calls.answered(at, caller.call, stay.queue, answer)

    def left(self, caller: Caller) -> Iterator[Envelope]:
        """Tell that the caller is out of the queue and goes on in the dialplan, if so."""
        if caller.stay is not None and caller.stay.over is not None:
            yield from self._over(caller, None)

    def caller_gone(self, at: Micros, caller: Caller, asked: str | None) -> Iterator[Envelope]:
        """Tell how a stay ended of which nothing more can come, as the caller's channel is gone: `asked` wished so."""
        stay = caller.stay
        if stay is None:
            return
        if asked is None and stay.over in (None, at):  # The queue did not let go first.
            asked = caller.call
        stay.over = at if stay.over is None else stay.over
        yield from self._over(caller, asked)

    def agent_gone(self, at: Micros, caller: Caller, channel: str, asked: str | None) -> Iterator[Envelope]:
        """Tell that a talk is over because the agent's channel is gone; one through a Local channel may outlive it."""
        stay = caller.stay
        if stay is None or stay.answerer != channel or caller.legs[channel][0].startswith("Local/"):
            return
        stay.over = at if stay.over is None else stay.over
        yield from self._over(caller, asked)

    def transferred(self, at: Micros, caller: Caller, outcome: Outcome, to: str | None) -> Iterator[Envelope]:
        """Tell that the agent sent the caller on, if an agent has answered."""
        stay = caller.stay
        if stay is None or stay.answered is None:
            return
        end = Ending(outcome, _between(stay.joined, stay.answered), stay.agent, talk=_between(stay.answered, at), to=to)
        caller.stay = None
        yield from self._calls.ended(at, caller.call, stay.queue, end)

    def forget(self, caller: Caller) -> None:
        """Forget a call of which nothing more will be said."""
        self._no_longer_waits(caller)
        self._calls.forget(caller.call)

    def _over(self, caller: Caller, asked: str | None) -> Iterator[Envelope]:
        stay = caller.stay
        if stay is None or stay.over is None:
            return
        self._no_longer_waits(caller)
        at_once = stay.over - stay.joined < _AT_ONCE and not stay.seen and stay.answered is None
        if at_once and asked != caller.call:
            caller.stay = None
            yield from self._calls.refused(stay.over, caller.call, stay.queue, "join_empty")
            return
        yield from self.seen(caller)
        caller.stay = None
        yield from self._calls.ended(stay.over, caller.call, stay.queue, _ending(stay, stay.over, caller, asked))

    def _no_longer_waits(self, caller: Caller) -> None:
        if caller.stay is not None and (waiting := self._waiting.get(caller.stay.queue)) is not None:
            waiting.discard(caller.call)
            if not waiting:
                del self._waiting[caller.stay.queue]


def _ending(stay: Stay, over: Micros, caller: Caller, asked: str | None) -> Ending:
    if stay.answered is not None:
        wait, talk = _between(stay.joined, stay.answered), _between(stay.answered, over)
        return Ending("answered", wait, stay.agent, talk, by=_by(stay, caller, asked))
    wait = _between(stay.joined, over)
    if asked == caller.call:
        return Ending("abandoned", wait, by="customer")
    if stay.key is not None and over - stay.key < _AT_ONCE:
        return Ending("key_exit", wait)
    timed_out = stay.gives_up_after is not None and wait >= stay.gives_up_after
    return Ending("timed_out" if timed_out else "leave_empty", wait)


def _by(stay: Stay, caller: Caller, asked: str | None) -> Literal["customer", "rep"] | None:
    if asked is None:
        return None
    return "customer" if asked == caller.call else "rep" if asked == stay.answerer else None


def _gives_up_after(appdata: str) -> int | None:
    """Read from what Queue was given after how long it gives up: its fifth value, or the option to ring but once."""
    given = appdata.split(",")
    if len(given) > 1 and "n" in given[1]:
        return 0
    limit = given[4] if len(given) > 4 else ""  # noqa: PLR2004  # queue, options, URL, announcement, time
    return int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 10 else None  # noqa: PLR2004  # no such time


def _between(begun: Micros, ended: Micros) -> int:
    """Give the difference of the two epoch seconds, as Asterisk computes durations."""
    return max(0, second(ended) - second(begun))
