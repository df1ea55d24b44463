"""A FreeSWITCH for tests: says what one would, numbers it, and how the tests read it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from events.envelope import Envelope
from services.feeds.facts import Company, Teller
from services.feeds.freeswitch.esl import EslMemory, EslReader
from services.feeds.freeswitch.framing import BlockCutter, blocks
from services.feeds.reading import Items, Reading
from tests.feeds.samples import MOSCOW, NOON

CALLER_NUMBER, CALLER_NAME = "+79161230001", "Ivan Petrov"
"""Of nobody; no event may hold them."""
AUTH = b"Content-Type: auth/request\n\n"
"""How each connection begins."""


def framed(event: bytes) -> bytes:
    """Write an event as the socket sends it."""
    return b"Content-Length: %d\nContent-Type: text/event-plain\n\n%s" % (len(event), event)


@dataclass
class Switch:
    """One run of a phone system; it makes events for others too, so the numbers of ours have holes."""

    core: str = "0c0de-1"
    number: int = 100
    step: int = 7

    def event(self, kind: str, seconds: float, headers: Mapping[str, object], body: bytes = b"") -> bytes:
        """Say something, so many seconds after noon."""
        self.number += self.step
        micros = round((NOON + seconds) * 1_000_000)
        said = {
            "Event-Name": kind,
            "Core-UUID": self.core,
            "FreeSWITCH-Hostname": "sw1.example",
            "FreeSWITCH-Switchname": "sw1",
            "Event-Date-Local": "2026-11-25 12:00:00",
            "Event-Date-Timestamp": micros,
            "Event-Sequence": self.number,
            **headers,
        }
        if body:
            said["Content-Length"] = len(body)
        return "".join(f"{name}: {quote(str(value))}\n" for name, value in said.items()).encode() + b"\n" + body

    def channel(self, kind: str, seconds: float, channel: str, **headers: object) -> bytes:
        """Say something of a channel; an underscore in a name that is no variable's stands for a dash."""
        known = {
            "Unique-ID": channel,
            "Channel-Call-UUID": channel,
            "Call-Direction": "inbound",
            "Caller-Caller-ID-Number": CALLER_NUMBER,
            "Caller-Caller-ID-Name": CALLER_NAME,
        }
        return self.event(f"CHANNEL_{kind}", seconds, {**known, **named(headers)})

    def hangup(self, seconds: float, channel: str, by: str = "send_bye", **headers: object) -> bytes:
        """Say that a channel ended: `recv_bye` when the one on its line hung up."""
        known = {
            "Hangup_Cause": "NORMAL_CLEARING",
            "Answer_State": "hangup",
            "Caller_Channel_Hangup_Time": round((NOON + seconds) * 1_000_000),
            "Caller_Channel_Bridged_Time": 0,
            "variable_sip_hangup_disposition": by,
        }
        return self.channel("HANGUP_COMPLETE", seconds + 0.01, channel, **{**known, **headers})

    def callcenter(self, action: str, seconds: float, **headers: object) -> bytes:
        """Say something as mod_callcenter does."""
        known = {"Event-Subclass": "callcenter::info", "CC-Action": action}
        return self.event("CUSTOM", seconds, {**known, **named(headers)})

    def status(self, seconds: float, agent: str, status: str) -> bytes:
        """Say that an agent has a status."""
        return self.callcenter("agent-status-change", seconds, CC_Agent=agent, CC_Agent_Status=status)

    def state(self, seconds: float, agent: str, state: str) -> bytes:
        """Say that an agent is in a state."""
        return self.callcenter("agent-state-change", seconds, CC_Agent=agent, CC_Agent_State=state)


@dataclass(frozen=True)
class Member:
    """A caller in a queue, as mod_callcenter tells of one; the moments are whole seconds after noon."""

    switch: Switch
    call: str
    queue: str = "sales"
    agent: str = "anna"
    joined: int = 0

    def say(self, action: str, seconds: float, **headers: object) -> bytes:
        """Say something of the stay."""
        known = {
            "CC_Queue": self.queue,
            "CC_Member_UUID": f"m-{self.call}-{self.queue}",
            "CC_Member_Session_UUID": self.call,
            "CC_Member_CID_Name": CALLER_NAME,
            "CC_Member_CID_Number": CALLER_NUMBER,
        }
        return self.switch.callcenter(action, seconds, **{**known, **headers})

    def starts(self, seconds: float | None = None, action: str = "start") -> bytes:
        """The caller joins."""
        return self.say(f"member-queue-{action}", self.joined + 0.2 if seconds is None else seconds)

    def offered(self, seconds: float) -> bytes:
        """The agent's phone is to ring."""
        return self.say("agent-offering", seconds, CC_Agent=self.agent)

    def failed(self, seconds: float) -> bytes:
        """The agent did not answer."""
        return self.say("bridge-agent-fail", seconds, CC_Agent=self.agent, CC_Hangup_Cause="NO_ANSWER")

    def served(self, called: int, answered: int) -> dict[str, object]:
        """Give what is said of the agent and of the moments."""
        return {
            "CC_Agent": self.agent,
            "CC_Agent_UUID": f"leg-{self.agent}-{self.call}",
            "CC_Agent_Called_Time": NOON + called,
            "CC_Agent_Answered_Time": NOON + answered,
            "CC_Member_Joined_Time": NOON + self.joined,
        }

    def answered(self, called: int, answered: int) -> bytes:
        """The agent answers."""
        return self.say("bridge-agent-start", answered + 0.1, **self.served(called, answered))

    def parted(self, called: int, answered: int, left: int) -> bytes:
        """The talk is over, for the agent and then for the queue."""
        return self.bridge_ended(called, answered, left) + self.terminated(called, answered, left)

    def bridge_ended(self, called: int, answered: int, left: int) -> bytes:
        """The talk is over for the agent."""
        ended = {"CC_Bridge_Terminated_Time": NOON + left}
        return self.say("bridge-agent-end", left + 0.1, **self.served(called, answered), **ended)

    def terminated(self, called: int, answered: int, left: int, seconds: float = 0.15) -> bytes:
        """The talk is over for the queue."""
        served = self.served(called, answered)
        left_at = {"CC_Member_Leaving_Time": NOON + left}
        return self.say("member-queue-end", left + seconds, **served, **left_at, CC_Cause="Terminated")

    def cancelled(self, left: int, reason: str, answer_state: str = "answered") -> bytes:
        """The caller leaves without an answer."""
        return self.say(
            "member-queue-end",
            left + 0.1,
            CC_Member_Leaving_Time=NOON + left,
            CC_Member_Joined_Time=NOON + self.joined,
            CC_Cause="Cancel",
            CC_Cancel_Reason=reason,
            Answer_State=answer_state,
        )

    @property
    def leg(self) -> str:
        """The agent's channel."""
        return f"leg-{self.agent}-{self.call}"


def named(headers: Mapping[str, object]) -> dict[str, object]:
    """Name headers as FreeSWITCH does: a variable as it is, others with dashes."""
    return {name if name.startswith("variable_") else name.replace("_", "-"): value for name, value in headers.items()}


def reader(memory: EslMemory | None = None, roster: Mapping[str, str] | None = None) -> EslReader:
    """Give a reader of the phone system sw1."""
    return EslReader(Teller("/freeswitch/sw1", Company(MOSCOW, roster or {})), memory)


def read_file(*chunks: bytes, roster: Mapping[str, str] | None = None) -> list[Envelope]:
    """Read a file that comes in these chunks."""
    return list(Reading(reader(None, roster), "esl.txt", blocks).read(chunks))


def read_on(data: bytes, memory: EslMemory | None = None) -> list[Envelope]:
    """Read a stream that does not end here."""
    items = Items(reader(memory), "esl")
    return [envelope for frame in BlockCutter().feed(data) for envelope in items.item(frame)]


def ids(told: Iterable[Envelope]) -> list[str]:
    """Give the ids of records."""
    return [str(record.id) for record in told]
