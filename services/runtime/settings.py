"""What one process is told by its environment: read once where it starts, then passed down."""

from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, NonNegativeInt, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from projections.calendar import require_country
from services.runtime.errors import ClearError


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


def invalid(error: ValidationError) -> ClearError:
    """Say which variable is set wrongly, and how."""
    first = error.errors(include_url=False, include_input=False)[0]
    name = ".".join(map(str, first["loc"])) or "the environment"
    return ClearError(f"{error.title}: {name}: {first['msg']}")


class CompanySettings(BaseSettings):
    """Where and by which calendar the company works."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_COMPANY_", frozen=True)

    time_zone: str = "Europe/Moscow"
    """Where the business day begins; an IANA name."""
    country: str = "RU"
    """Whose public holidays are no working days; an ISO 3166 code."""
    currency: str = Field(default="RUB", pattern=r"^[A-Z]{3}$")
    """In which the board shows money; an ISO 4217 code."""

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            return ZoneInfo(name).key
        except (ZoneInfoNotFoundError, ValueError, IsADirectoryError):
            message = f"there is no time zone {name!r}: write one as in Europe/Moscow"
            raise ValueError(message) from None

    @field_validator("country")
    @classmethod
    def _has_a_calendar(cls, code: str) -> str:
        require_country(code)
        return code
