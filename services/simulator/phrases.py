"""The sentences of the manager interface: what is said again and again of calls, phones and members of queues."""

from collections.abc import Iterator, Mapping

from services.simulator.happenings import (
    Call,
    Channel,
    Dial,
    MemberSeen,
    Ring,
    Waited,
)
from services.simulator.messages import DOWN, RINGING, UP, Fields, event, snapshot
from services.simulator.plan import Micros, second
from services.simulator.staff import Agent, Queue


class Phrases:
    """Says them at one moment after another.

    `members` are the names that queues call the agents by; an agent who is not in it goes by the own name.
    """

    def __init__(self, system: str, members: Mapping[str, str] | None = None) -> None:
        """Speak for a phone system of this name."""
        self._system = system
        self._members = members or {}
        self._at: Micros = 0

    def _event(self, kind: str, privilege: str, *parts: Fields) -> bytes:
        return event(kind, privilege, self._at, self._system, *parts)

    def _caller(self, call: Call) -> Fields:
        return snapshot(call.channel, call.id, call.did)

    def _callee(self, channel: Channel, call: str, state: int) -> Fields:
        return snapshot(channel, call, "s", state, "Dest")

    def _both(self, ring: Ring, state: int = UP) -> tuple[Fields, Fields]:
        return self._caller(ring.call), snapshot(ring.leg, ring.call.id, ring.call.did, state, "Dest")

    def _new(self, channel: Channel, call: str, exten: str, state: int) -> bytes:
        return self._event("Newchannel", "call", snapshot(channel, call, exten, state))

    def _exten(self, call: Call, application: str, data: str = "", exten: str = "") -> bytes:
        where = exten or call.did
        step = {"Extension": where, "Application": application, "AppData": data}
        return self._event("Newexten", "dialplan", snapshot(call.channel, call.id, where), step)

    def _asks(self, call: Call, queue: Queue) -> bytes:
        return self._exten(call, "Queue", f"{queue.name},tT,,,{queue.timeout_s}")

    def _variable(self, call: Call, name: str, value: object) -> bytes:
        return self._event("VarSet", "dialplan", self._caller(call), {"Variable": name, "Value": value})

    def _leaves(self, call: Call, queue: Queue, position: int) -> bytes:
        place = {"Queue": queue.name, "Position": position, "Count": 0}
        return self._event("QueueCallerLeave", "agent", self._caller(call), place)

    def _abandons(self, seen: Waited) -> bytes:
        place = {"Queue": seen.queue.name, "Position": seen.position, "OriginalPosition": seen.position}
        return self._event("QueueCallerAbandon", "agent", self._caller(seen.call), place, {"HoldTime": seen.wait_s})

    def _complete(self, ring: Ring, wait_s: int, talk_s: int, reason: str) -> bytes:
        times = {"HoldTime": wait_s, "TalkTime": talk_s, "Reason": reason}
        return self._event("AgentComplete", "agent", *self._both(ring), self._member(ring), times)

    def _dial_end(self, ring: Ring, status: str) -> bytes:
        state = UP if status == "ANSWER" else RINGING
        return self._event("DialEnd", "call", *self._both(ring, state), {"DialStatus": status})

    def _stops_ringing(self, ring: Ring | None) -> Iterator[bytes]:
        if ring is not None:
            yield self._dial_end(ring, "CANCEL")
            yield self._dial_end(ring, "CANCEL")

    def _dials(self, caller: Channel, leg: Channel, call: str, exten: str, dialled: str) -> bytes:
        ends = snapshot(caller, call, exten), self._callee(leg, call, DOWN)
        return self._event("DialBegin", "call", *ends, {"DialString": dialled})

    def _dialled(self, caller: Channel, leg: Channel, call: str, exten: str, status: str) -> bytes:
        state = UP if status == "ANSWER" else DOWN
        ends = snapshot(caller, call, exten), self._callee(leg, call, state)
        return self._event("DialEnd", "call", *ends, {"DialStatus": status})

    def _dialplan_hangs_up(self, call: Call) -> Iterator[bytes]:
        yield self._exten(call, "Hangup")
        yield self._event("SoftHangupRequest", "call", self._caller(call), {"Cause": 16})
        yield self._hangup(call.channel, call.id, call.did)

    def _hangup(self, channel: Channel, call: str, exten: str, cause: int = 16, state: int = UP) -> bytes:
        return self._event("Hangup", "call", snapshot(channel, call, exten, state), {"Cause": cause})

    def _response(self, dial: Dial) -> Fields:
        return {
            "ActionID": f"dial-{dial.lead}",
            "Response": "Success",
            "Channel": dial.channel.name,
            "Context": "internal",
            "Exten": dial.customer.number,
            "Reason": 4,
            "Uniqueid": dial.id,
        }

    def _member(self, ring: Ring) -> Fields:
        return {"Queue": ring.queue.name, "Interface": ring.agent.interface, "MemberName": self._named(ring.agent)}

    def _member_state(self, seen: MemberSeen) -> Fields:
        return {
            "MemberName": self._named(seen.agent),
            "Interface": seen.agent.interface,
            "StateInterface": seen.agent.interface,
            "Membership": "dynamic",
            "Penalty": 0,
            "CallsTaken": seen.calls,
            "LastCall": 0,
            "LastPause": second(seen.paused_at) if seen.paused_at is not None else 0,
            "LoginTime": second(seen.signed_in_at),
            "InCall": 0,
            "Status": seen.phone,
            "Paused": int(seen.reason is not None),
            "PausedReason": seen.reason or "",
            "Ringinuse": 0,
            "Wrapuptime": 0,
        }

    def _named(self, agent: Agent) -> str:
        return self._members.get(agent.name, agent.name)
