"""What one wallboard process is told."""

from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt, field_validator
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import Settings

ServiceLevel = Literal[
    "answered_only",
    "offered",
    "removed",
    "ignore_abandon_within_threshold",
    "exclude_short",
    "abandon_after_threshold",
]
"""A formula of the service level, as projections/metrics.sql names it."""


class WallboardSettings(Settings):
    """Where the board is served, what it reads, and by which rules it shows it."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_WALLBOARD_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8700, ge=0, le=65_535)
    """0: any free one."""
    vault_url: str | None = None
    """Where names are; None: reps are shown by their ids."""
    version: PositiveInt | None = None
    """The version of the live cells that is shown; None: the one that serves."""
    policy: ServiceLevel = "offered"
    target_s: PositiveInt = 20
    """Within how many seconds a call should be answered."""
    short_s: PositiveInt = 5
    """How long an abandoned call waits at most to be a short one, for the policy that leaves those out."""
    goal_percent: PositiveInt = Field(default=80, le=100)
    """A queue whose service level is below it is marked."""
    wait_alarm_s: PositiveInt = 120
    """A queue in which somebody waits longer comes first, and is marked."""
    rows: PositiveInt = Field(default=9, le=9)
    """How many reps the leaderboard holds: the page has room for nine that can be read from across a floor."""
    deals: PositiveInt = Field(default=3, le=3)
    """How many of the last sales are shown; the page has room for three."""
    period_s: PositiveFloat = Field(default=0.25, le=5)
    """The shortest time between two boards."""
    heartbeat_s: PositiveFloat = Field(default=1.0, le=5)
    """How often the age of the data is told; it has to be well below the 5 s at which a page marks data as late."""
    send_timeout_s: PositiveFloat = 10.0
    """How long a screen may take nothing before its stream is cut."""

    @field_validator("target_s", "short_s")
    @classmethod
    def _is_kept_exactly(cls, seconds: int) -> int:
        if seconds <= 60 or (seconds <= 300 and seconds % 5 == 0) or seconds % 60 == 0:  # noqa: PLR2004  # queue_interval.sql
            return seconds
        message = "waits are kept by the second to 60, by 5 to 300, then by the minute"
        raise ValueError(message)
