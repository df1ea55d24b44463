"""What one process is told by its environment: read once where it starts, then passed down."""

from pathlib import Path

from pydantic import Field, NonNegativeInt
from pydantic_settings import BaseSettings, SettingsConfigDict


class HomeSettings(BaseSettings):
    """Where Kvota keeps what it writes on this machine."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_", frozen=True)

    home: Path = Path(".kvota")


class KafkaSettings(BaseSettings):
    """How one process reaches Kafka."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_KAFKA_", frozen=True)

    bootstrap_servers: str = Field(default="localhost:9092", min_length=1)
    client_id: str = Field(default="kvota", min_length=1)
    linger_ms: NonNegativeInt = Field(default=5, le=1_000)


class CompanySettings(BaseSettings):
    """Where and by which calendar the company works."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_COMPANY_", frozen=True)

    time_zone: str = "Europe/Moscow"
    """Where the business day begins; an IANA name."""
    country: str = "RU"
    """Whose public holidays are no working days; an ISO 3166 code."""
    currency: str = Field(default="RUB", pattern=r"^[A-Z]{3}$")
    """In which the board shows money; an ISO 4217 code."""
