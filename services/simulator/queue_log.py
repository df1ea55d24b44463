"""From what the phone system sees to the lines of its queue_log: the durable side, which says the same again."""

from collections.abc import Iterable, Iterator, Mapping
from functools import singledispatchmethod

from services.simulator.happenings import (
    Abandoned,
    Answered,
    Completed,
    HandedOver,
    Happening,
    Joined,
    KeyExited,
    MemberSeen,
    RangOut,
    Refused,
    Ring,
    SentOn,
    TimedOut,
)
from services.simulator.plan import Micros, second
from services.simulator.staff import Agent

_KEY = 1


class QueueLog:
    """Writes happenings as app_queue does, with `log_membername_as_agent = yes`.

    A caller who was refused leaves a line because the dialplan writes it.
    """

    def __init__(self, members: Mapping[str, str] | None = None) -> None:
        """Name agents as the manager interface does."""
        self._members = members or {}
        self._at: Micros = 0

    def told(self, happenings: Iterable[Happening]) -> Iterator[tuple[Micros, bytes]]:
        """Write down what happens: the moment, and the lines that it leaves."""
        for happening in happenings:
            self._at = happening.at
            if written := b"".join(self._tell(happening)):
                yield happening.at, written

    @singledispatchmethod
    def _tell(self, _happening: Happening) -> Iterable[bytes]:
        return ()

    @_tell.register
    def _(self, seen: MemberSeen) -> Iterator[bytes]:
        verb = {"Added": "ADDMEMBER", "Removed": "REMOVEMEMBER", "Pause": "PAUSE" if seen.reason else "UNPAUSE"}
        if seen.kind == "Status":
            return
        call = "NONE" if seen.kind == "Pause" else "MANAGER"
        for queue in seen.agent.queues:
            yield self._line(call, queue, self._named(seen.agent), verb[seen.kind], seen.reason or "")

    @_tell.register
    def _(self, seen: Joined) -> Iterator[bytes]:
        number = seen.call.channel.number
        yield self._line(seen.call.id, seen.queue.name, "NONE", "ENTERQUEUE", "", number, seen.position)

    @_tell.register
    def _(self, seen: Refused) -> Iterator[bytes]:
        yield self._line(seen.call.id, seen.queue.name, "NONE", "JOINEMPTY")

    @_tell.register
    def _(self, seen: RangOut) -> Iterator[bytes]:
        yield self._of_agent(seen.ring, "RINGNOANSWER", (seen.at - seen.ring.since) // 1_000)

    @_tell.register
    def _(self, seen: Answered) -> Iterator[bytes]:
        rang_s = second(seen.at) - second(seen.ring.since)
        yield self._of_agent(seen.ring, "CONNECT", seen.wait_s, seen.ring.leg.unique, rang_s)

    @_tell.register
    def _(self, seen: Completed) -> Iterator[bytes]:
        verb = "COMPLETECALLER" if seen.by == "customer" else "COMPLETEAGENT"
        yield self._of_agent(seen.ring, verb, seen.wait_s, seen.talk_s, 1)

    @_tell.register
    def _(self, seen: SentOn) -> Iterator[bytes]:
        yield self._of_agent(seen.ring, "BLINDTRANSFER", seen.to, "internal", seen.wait_s, seen.talk_s, 1)

    @_tell.register
    def _(self, seen: HandedOver) -> Iterator[bytes]:
        ring = seen.consult.ring
        yield self._of_agent(ring, "ATTENDEDTRANSFER", "BRIDGE", ring.leg.unique, seen.wait_s, seen.talk_s, 1)

    @_tell.register
    def _(self, seen: Abandoned) -> Iterator[bytes]:
        place = seen.position
        yield self._line(seen.call.id, seen.queue.name, "NONE", "ABANDON", place, place, seen.wait_s)

    @_tell.register
    def _(self, seen: TimedOut) -> Iterator[bytes]:
        place = seen.position
        yield self._line(seen.call.id, seen.queue.name, "NONE", "EXITWITHTIMEOUT", place, place, seen.wait_s)

    @_tell.register
    def _(self, seen: KeyExited) -> Iterator[bytes]:
        place = seen.position
        yield self._line(seen.call.id, seen.queue.name, "NONE", "EXITWITHKEY", _KEY, place, place, seen.wait_s)

    def _of_agent(self, ring: Ring, verb: str, *data: object) -> bytes:
        return self._line(ring.call.id, ring.queue.name, self._named(ring.agent), verb, *data)

    def _line(self, call: str, queue: str, agent: str, verb: str, *data: object) -> bytes:
        return f"{'|'.join(map(str, (second(self._at), call, queue, agent, verb, *data)))}\n".encode()

    def _named(self, agent: Agent) -> str:
        return self._members.get(agent.name, agent.name)
