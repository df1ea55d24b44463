"""What the headers of an event say, in the words of those who know what it means; anything else is refused."""

import re
from collections.abc import Mapping

from events.calls import Outcome
from services.feeds.facts import Micros, UnreadableItemError, second
from services.feeds.fields import extension
from services.feeds.freeswitch.direct import Began
from services.feeds.freeswitch.legs import Hangup
from services.feeds.freeswitch.message import Message
from services.feeds.freeswitch.stays import Left, Place, Served

_LEFT: Mapping[str, Outcome] = {
    "BREAK_OUT": "abandoned",
    "NONE": "abandoned",
    "TIMEOUT": "timed_out",
    "NO_AGENT_TIMEOUT": "leave_empty",
    "EXIT_WITH_KEY": "key_exit",
}
"""What CC-Cancel-Reason says of a caller whom no agent answered."""
_TRANSFERS: dict[str, Outcome] = {"BLIND_TRANSFER": "transferred_blind", "ATTENDED_TRANSFER": "transferred_attended"}
_ITSELF = frozenset({"recv_bye", "recv_cancel", "recv_refuse"})
"""What says that whoever is at the other end of the line ended it, and not FreeSWITCH."""
_REFERRED = re.compile(rb"^<?sips?:([^@;>]{1,40})[@;>]")


def began_of(message: Message) -> Began:
    """Read whose channel begins, and what for."""
    channel, user = message.text(b"Unique-ID"), message.optional(b"variable_dialed_user")
    originated = message.get(b"Call-Direction") == b"outbound"
    domestic = message.is_domestic(b"Caller-Destination-Number")
    outside = user is None and not domestic
    if originated and user is None and domestic:
        user = message.optional(b"Caller-Destination-Number")
    if not originated:
        user = message.optional(b"variable_user_name")
        if user is None and message.is_domestic(b"Caller-Caller-ID-Number"):
            user = message.optional(b"Caller-Caller-ID-Number")
    return Began(
        channel,
        _caller(message, channel),
        user,
        outside,
        originated,
        campaign=message.optional(b"variable_campaign"),
        lead=message.optional(b"variable_leadid"),
        number=message.optional(b"Caller-Destination-Number" if originated else b"Caller-Caller-ID-Number"),
    )


def hangup_of(message: Message, at: Micros) -> Hangup:
    """Read how a channel ended."""
    cause = message.optional(b"Hangup-Cause") or ""
    disposition = message.optional(b"variable_endpoint_disposition") or ""
    transfer = _TRANSFERS.get(cause) or _TRANSFERS.get(disposition)
    referred = _REFERRED.match(message.get(b"variable_sip_refer_to") or b"")
    return Hangup(
        at=min(at, message.moment(b"Caller-Channel-Hangup-Time") or at),
        cause=cause,
        itself=message.optional(b"variable_sip_hangup_disposition") in _ITSELF,
        transfer=transfer,
        to=extension(referred[1]) if transfer is not None and referred is not None else None,
        held=message.duration(b"Caller-Channel-Hold-Accum"),
    )


def place_of(message: Message) -> Place:
    """Read which stay mod_callcenter speaks of."""
    return Place(message.text(b"CC-Member-Session-UUID"), message.text(b"CC-Member-UUID"), message.text(b"CC-Queue"))


def served_of(message: Message, at: Micros) -> Served:
    """Read by whom a caller was answered, and when."""
    answered = message.second(b"CC-Agent-Answered-Time")
    return Served(
        agent=message.text(b"CC-Agent"),
        leg=message.optional(b"CC-Agent-UUID"),
        joined=message.second(b"CC-Member-Joined-Time"),
        called=message.second(b"CC-Agent-Called-Time"),
        answered=second(at) if answered is None else answered,
    )


def left_of(message: Message, at: Micros) -> Left:
    """Read how a caller left whom no agent answered; raises UnreadableItemError for a reason that is none."""
    cancelled = message.text(b"CC-Cause") == "Cancel"
    outcome = _LEFT.get(message.text(b"CC-Cancel-Reason")) if cancelled else None
    if outcome is None:
        text = "CC-Cause or CC-Cancel-Reason is none that mod_callcenter has"
        raise UnreadableItemError(text)
    return Left(
        message.second(b"CC-Member-Leaving-Time") or second(at),
        outcome,
        message.second(b"CC-Member-Joined-Time"),
        message.get(b"Answer-State") == b"hangup",
    )


def _caller(message: Message, channel: str) -> str | None:
    """Read which channel called this one into being."""
    caller = message.optional(b"Channel-Call-UUID") or channel
    if message.get(b"Other-Type") == b"originator":
        caller = message.optional(b"Other-Leg-Unique-ID") or caller
    return None if caller == channel else caller
