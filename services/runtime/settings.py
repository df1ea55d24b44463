"""What one process is told by its environment: read once where it starts, then passed down."""

from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ModelWrapValidatorHandler, NonNegativeInt, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from projections.calendar import require_country
from services.runtime.errors import ClearError


class Settings(BaseSettings):
    """What the environment says on one subject; raises ClearError that names the variable that makes no sense."""

    @model_validator(mode="wrap")
    @classmethod
    def _or_say_what_makes_no_sense(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401
        try:
            return handler(values)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            said = first["msg"].removeprefix("Value error, ")
            message = f"{cls._variable(*first['loc'])}: {said}"
            raise ClearError(message) from None

    @classmethod
    def _variable(cls, *names: int | str) -> str:
        field = str(names[0]) if names else ""
        return f"{cls.model_config.get('env_prefix', '')}{field}".upper()


class HomeSettings(Settings):
    """Where Kvota keeps what it writes on this machine."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_", frozen=True)

    home: Path = Path(".kvota")


class KafkaSettings(Settings):
    """How one process reaches Kafka."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_KAFKA_", frozen=True)

    bootstrap_servers: str = Field(default="localhost:9092", min_length=1)
    client_id: str = Field(default="kvota", min_length=1)
    linger_ms: NonNegativeInt = Field(default=5, le=1_000)


class CompanySettings(Settings):
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
