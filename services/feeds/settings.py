"""What the process that feeds is told by its environment."""

from pathlib import Path

from pydantic import Field, PositiveInt, SecretStr
from pydantic_settings import SettingsConfigDict

from services.runtime.errors import ClearError
from services.runtime.settings import Settings


class FeedsSettings(Settings):
    """Where the door is, and the phone system to listen to, if any. An empty variable says nothing."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_FEEDS_", frozen=True, env_ignore_empty=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8703, ge=0, le=65_535)
    """The door for CloudEvents. 0: any free port."""
    ami: str | None = None
    """The manager interface of an Asterisk, as HOST:PORT."""
    ami_username: str = "kvota"
    ami_secret: SecretStr | None = None
    ami_secret_file: Path | None = None
    """A file that holds the secret, and is preferred."""
    system: str | None = None
    """The phone system's `systemname`; without one it is asked."""
    queue_log: Path | None = None
    """Its queue_log, where that can be read: it fills the holes of a broken connection."""
    roster: Path | None = None
    """A JSON file: the rep id by the agent's name there."""
    vault_url: str | None = None
    """The vault: it knows whom numbers mean, and its keys seal what cannot be read. Without one, neither is kept."""
    secrets: Path | None = None
    """A folder with a file for each source that calls us, named like it: a secret a line. `KVOTA_HOME/feeds/secrets`,
    when left out."""
    public_url: str | None = None
    """What sources call in place of our own address, such as https://kvota.example: some sign it."""
    memory_mb: int = Field(default=256, ge=100, le=100_000)
    """How much of what is sent to the door may be in memory at a time."""
    events_per_second: PositiveInt = Field(default=50_000, le=1_000_000)
    """How many events a second each API key and each source may bring, on the average of a window."""
    window_seconds: PositiveInt = Field(default=10, le=3_600)
    """How long that window is: what is allowed in it may come all at once."""
    spool_mb: PositiveInt = Field(default=512, le=1_000_000)
    """How much of what the phone system says is kept while Kafka is away."""

    @property
    def secret(self) -> str:
        """The secret of the manager interface; raises ClearError when there is none."""
        if self.ami_secret_file is not None:
            return self.ami_secret_file.read_text(encoding="utf-8").strip()
        if self.ami_secret is not None:
            return self.ami_secret.get_secret_value()
        message = "say the secret of the manager interface by --secret-file or KVOTA_FEEDS_AMI_SECRET_FILE"
        raise ClearError(message)
