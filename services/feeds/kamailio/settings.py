"""What the process that feeds is told of a Kamailio by its environment."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import Settings


class KamailioSettings(Settings):
    """Where a Kamailio is listened to, if any is. An empty variable says nothing."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_FEEDS_KAMAILIO_", frozen=True, env_ignore_empty=True)

    evapi: str | None = None
    """Its evapi, as HOST:PORT."""
    topic: str | None = None
    """The topic that its kafka module writes to."""
    brokers: str | None = None
    """The brokers of that topic, where they are not our own."""
    system: str | None = Field(default=None, min_length=1)
    """What it is called in our facts; without a name there is one Kamailio."""
