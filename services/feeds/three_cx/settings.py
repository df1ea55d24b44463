"""What the process that feeds is told of a 3CX by its environment."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import Settings


class ThreeCxSettings(Settings):
    """Where the CDR of a 3CX is listened to, if anywhere. An empty variable says nothing."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_FEEDS_3CX_", frozen=True, env_ignore_empty=True)

    connect: str | None = None
    """Its passive socket, which we connect to, as HOST:PORT."""
    listen: str | None = None
    """Where its active socket connects to us, as HOST:PORT."""
    fields: str | None = None
    """The columns, by name and in their order, where that is not the one of its documentation."""
    source_zone: str | None = None
    """The time zone of its times, where that is not UTC."""
    system: str | None = Field(default=None, min_length=1)
    """What it is called in our facts; without a name there is one 3CX."""
