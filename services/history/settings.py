"""What the history service's process is told."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import Settings


class HistorySettings(Settings):
    """Where history answers while its service has the archive; the file itself lies in the home folder."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_HISTORY_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8707, ge=0, le=65_535)
    """0: any free one."""
