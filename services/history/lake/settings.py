"""Where the lake is."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import Settings


class LakeSettings(Settings):
    """Where the lake's files lie, and the catalogue that says which of them count. An empty variable says nothing."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_LAKE_", frozen=True, env_ignore_empty=True)

    catalogue: SecretStr | None = None
    """A PostgreSQL, as postgresql://USER:PASSWORD@HOST/DATABASE; without one, a file in the home folder."""
    warehouse: str | None = Field(default=None, pattern=r"^(s3://[^/]|file:///)")
    """Where the files lie, as s3://BUCKET/FOLDER or file:///FOLDER; without it, a folder in the home folder."""
    s3_endpoint: str | None = None
    """Where the storage answers, as https://HOST, if it is not Amazon's own."""
    s3_region: str = "us-east-1"
    s3_access_key_id: str | None = None
    """Without a key, what the machine has by itself: AWS_ACCESS_KEY_ID and the like, or its role."""
    s3_secret_access_key: SecretStr | None = None

    @field_validator("catalogue")
    @classmethod
    def _is_postgresql(cls, catalogue: SecretStr | None) -> SecretStr | None:
        if catalogue is not None and not catalogue.get_secret_value().startswith(("postgresql://", "postgres://")):
            message = "a catalogue is told as postgresql://USER:PASSWORD@HOST/DATABASE"
            raise ValueError(message)
        return catalogue

    def catalogue_url(self, home: Path) -> str:
        """The catalogue, as SQLAlchemy has it. It may hold a password: show it to nobody."""
        if self.catalogue is None:
            return f"sqlite:///{home.absolute() / 'lake.sqlite'}"
        _, _, told = self.catalogue.get_secret_value().partition("://")
        return f"postgresql+psycopg://{told}"

    def properties(self, home: Path) -> dict[str, str]:
        """What pyiceberg is told of where files lie. It holds a secret."""
        secret = self.s3_secret_access_key
        told = {
            "warehouse": self.warehouse or f"file://{home.absolute() / 'lake'}",
            "py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO",
            "s3.endpoint": self.s3_endpoint,
            "s3.region": self.s3_region,
            "s3.access-key-id": self.s3_access_key_id,
            "s3.secret-access-key": None if secret is None else secret.get_secret_value(),
        }
        return {name: value for name, value in told.items() if value is not None}
