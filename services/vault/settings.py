"""What the vault's process is told."""

from pathlib import Path

import phonenumbers
from pydantic import Field, PositiveInt, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import Settings
from services.vault.master import FILE_NAME, KeyFile, MasterKeys, Source, ToldKeys


class VaultSettings(Settings):
    """Where the vault answers, and where what it knows lies. An empty variable says nothing."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_VAULT_", frozen=True, env_ignore_empty=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8702, ge=0, le=65_535)
    """0: any free one."""
    store: SecretStr | None = None
    """A PostgreSQL, as postgresql://USER:PASSWORD@HOST/DATABASE; without one, a file in the home folder."""
    master_keys: SecretStr | None = None
    """The master keys, as VERSION:BASE64, several separated by commas; preferred to a file."""
    master_key_file: Path | None = None
    """A file of master keys for its owner's eyes only; without one, a file in the home folder, made when missing."""
    region: str = "RU"
    """Where a telephone number without a country is dialled; an ISO 3166 code."""
    parked_days: PositiveInt = 90
    """How many days after its month has ended what was parked in it can still be read."""

    @field_validator("region")
    @classmethod
    def _has_numbers(cls, code: str) -> str:
        if code not in phonenumbers.SUPPORTED_REGIONS:
            message = f"there is no telephone network of {code!r}: write an ISO 3166 code such as RU"
            raise ValueError(message)
        return code

    @field_validator("store")
    @classmethod
    def _is_postgresql(cls, store: SecretStr | None) -> SecretStr | None:
        if store is not None and not store.get_secret_value().startswith(("postgresql://", "postgres://")):
            message = "a store is told as postgresql://USER:PASSWORD@HOST/DATABASE"
            raise ValueError(message)
        return store

    def masters(self, home: Path) -> MasterKeys:
        """The master keys; those of the home folder are made when nothing else is told and there are none.

        Raises MasterKeyError.
        """
        return MasterKeys(self._source(home))

    def _source(self, home: Path) -> Source:
        if self.master_keys is not None:
            return ToldKeys(self.master_keys.get_secret_value())
        if self.master_key_file is not None:
            return KeyFile(self.master_key_file, may_be_made=False)
        return KeyFile(home / FILE_NAME, may_be_made=True)
