"""What the process that feeds is told of a FreeSWITCH by its environment."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.runtime.errors import ClearError
from services.runtime.settings import Settings


class FreeSwitchSettings(Settings):
    """Where a FreeSWITCH is listened to, if any is. An empty variable says nothing."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_FEEDS_FREESWITCH_", frozen=True, env_ignore_empty=True)

    esl: str | None = None
    """Its event socket, as HOST:PORT."""
    password: SecretStr | None = None
    password_file: Path | None = None
    """A file that holds the password, and is preferred."""
    system: str | None = Field(default=None, min_length=1)
    """Its `switchname`; without one it is asked."""

    @property
    def secret(self) -> str:
        """The password of the event socket; raises ClearError when there is none."""
        if self.password_file is not None:
            return self.password_file.read_text(encoding="utf-8").strip()
        if self.password is not None:
            return self.password.get_secret_value()
        message = "say the password of the event socket by --secret-file or KVOTA_FEEDS_FREESWITCH_PASSWORD_FILE"
        raise ClearError(message)
