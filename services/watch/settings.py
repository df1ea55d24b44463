"""What the watch's process is told by its environment."""

from pydantic import Field, PositiveFloat, PositiveInt
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import Settings


class WatchSettings(Settings):
    """How often the watch looks, what is too long for it, and where history is."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_WATCH_", frozen=True, env_ignore_empty=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8704, ge=0, le=65_535)
    """Where it says how it is. 0: any free port."""
    history_url: str = "http://127.0.0.1:8707"
    every_s: PositiveFloat = 10.0
    """So long after a look comes the next."""
    stalled_days: PositiveInt = 14
    """A deal that has stood in its stage for so many days is stalled."""
