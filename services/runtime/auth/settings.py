"""What a service is told about those who ask it."""

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from services.runtime.errors import ClearError
from services.runtime.settings import HomeSettings, Settings

_NAMES = frozenset({"localhost"})


def cannot_be_trusted(url: str) -> bool:
    """Whether others could listen in on, or answer in place of, whatever is asked at this address."""
    parts = urlsplit(url)
    return parts.scheme != "https" and not (parts.scheme == "http" and is_this_machine(parts.hostname or ""))


class AuthSettings(Settings):
    """Who issues tokens: without an issuer this machine, by a key of its own, for services that only it reaches."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_AUTH_", frozen=True, env_ignore_empty=True)

    issuer: str | None = None
    """The OpenID Connect issuer, such as https://login.example.com/realms/sales."""
    audience: str = Field(default="kvota", min_length=1)
    """For whom tokens must have been issued."""
    jwks_url: str | None = None
    """Where the issuer's public keys are; without it, the issuer's own discovery document says so."""
    role_claim: str = Field(default="role", min_length=1)
    """The claim that holds the role, or a list of which one is a role of ours."""
    rep_claim: str = Field(default="rep", min_length=1)
    """The claim that holds the caller's own rep id."""
    unit_claim: str = Field(default="unit", min_length=1)
    """The claim that holds the id of the unit that the caller leads."""
    folder: Path = Field(default_factory=lambda: HomeSettings().home / "auth")
    """Where the own key and the API keys are: `auth` in Kvota's home, when left out."""
    service_key: SecretStr | None = None
    """An API key of the role `service`, by which this program asks the vault where another issuer issues tokens."""
    own_key_anywhere: bool = False
    """Whether the own key is good enough for a service that others can reach: in a container, say."""

    @field_validator("issuer", "jwks_url")
    @classmethod
    def _cannot_be_listened_to(cls, url: str | None) -> str | None:
        if url is not None and cannot_be_trusted(url):
            message = "must begin with https://"
            raise ValueError(message)
        return url

    def require_for(self, host: str) -> None:
        """Make sure that a service may listen there; raises ClearError when it would trust a key that is for trying."""
        if self.issuer is None and not self.own_key_anywhere and not is_this_machine(host):
            message = (
                f"{host} can be reached from other machines, and tokens are issued by this machine's own key: set "
                "KVOTA_AUTH_ISSUER, or KVOTA_AUTH_OWN_KEY_ANYWHERE=true"
            )
            raise ClearError(message)


class TokenSettings(Settings):
    """What a person's commands say of who asks."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_", frozen=True, env_ignore_empty=True)

    token: SecretStr | None = None
    """A token of the issuer, or an API key."""


def is_this_machine(host: str) -> bool:
    """Whether a host is this machine's own loopback."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host in _NAMES
