"""Whose phone a channel is: what Asterisk calls a channel, and the agent that its name stands for."""

import re
from collections.abc import Mapping

from services.feeds.fields import extension

_ENDPOINT = re.compile(r"((?!Local/)[^/]+/(.+))-[0-9a-f]{8}")
_LOCAL = re.compile(r"Local/([^@/;]+)@")
_NUMBER = re.compile(r"[0-9]{7}")


def interface_of(channel: str) -> str | None:
    """Give the interface of a channel, such as PJSIP/agent101; None where there is no phone at its end."""
    endpoint = _ENDPOINT.fullmatch(channel)
    return endpoint[1] if endpoint is not None else None


def agent_at(channel: str, roster: Mapping[str, str]) -> str | None:
    """Name the agent at a channel: by the interface where the roster has it, else by the endpoint.

    An endpoint that is called by somebody's number is the rep that the roster has for it, and goes by no number. None
    for one that it does not have, and for a channel that is no phone.
    """
    endpoint = _ENDPOINT.fullmatch(channel)
    if endpoint is None:
        return None
    if _NUMBER.search(endpoint[2]):
        return roster.get(endpoint[1])
    return endpoint[1] if endpoint[1] in roster else endpoint[2]


def member_at(channel: str, roster: Mapping[str, str]) -> str | None:
    """Name the agent whom a queue called on a channel, which may be one that leads to an extension of the dialplan."""
    return agent_at(channel, roster) or local_extension(channel)


def local_extension(channel: str) -> str | None:
    """Give the extension that a Local channel leads to; None for another channel, and for somebody's number."""
    local = _LOCAL.match(channel)
    return extension(local[1].encode()) if local is not None else None
