"""What the desk's process is told."""

from pydantic import Field, PositiveFloat, PositiveInt
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import Settings


class DeskSettings(Settings):
    """Where the desk answers, and how long it tries."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_DESK_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8701, ge=0, le=65_535)
    """0: any free one."""
    vault_url: str = Field(default="http://127.0.0.1:8702", min_length=1)
    """Where the names of people are kept."""
    patience_s: PositiveFloat = Field(default=20.0, le=300)
    """How long a command is tried, and how long a reader waits for a position."""
    currencies: frozenset[str] = frozenset()
    """The currencies that the company sells in (ISO 4217), as a JSON list; empty: only the company's own."""
    snapshot_every: PositiveInt = 100_000
    """So many decisions after the last snapshot comes the next."""
    overlays: bool = False
    """Whether a sale may be credited to somebody on top of the whole."""
