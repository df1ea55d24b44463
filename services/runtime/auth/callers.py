"""Who asks. Pure."""

from dataclasses import dataclass
from typing import Literal

from events.ids import RepId, UnitId

Role = Literal["rep", "team_lead", "manager", "executive", "auditor", "feed", "screen", "monitor", "service"]
ROLES: tuple[Role, ...] = (
    "rep",
    "team_lead",
    "manager",
    "executive",
    "auditor",
    "feed",
    "screen",
    "monitor",
    "service",
)
"""People, then machines; a monitor reads metrics alone, a service is one of our own programs, and asks the vault."""
Scope = Literal["self", "team", "all"]
"""Of whom: the caller alone, the caller's unit and all below it, or everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whoever a token or a key stands for."""

    subject: str
    """The name by which the log knows them; no personal data."""
    role: Role
    rep: RepId | None = None
    """Who they are among the reps: what "self" means."""
    unit: UnitId | None = None
    """The unit they lead: what "team" means."""


@dataclass(frozen=True, slots=True)
class Permit:
    """A caller who was let in for something."""

    permission: str
    caller: Caller
    scope: Scope
