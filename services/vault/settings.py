"""What the vault's process is told."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import Settings


class VaultSettings(Settings):
    """Where the vault answers; what it knows lies in the home folder."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_VAULT_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8702, ge=0, le=65_535)
    """0: any free one."""
