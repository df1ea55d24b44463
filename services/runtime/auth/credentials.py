"""What one of our own programs says of itself when it asks a service."""

from collections.abc import Mapping
from datetime import timedelta

from services.runtime.auth.callers import Caller, Role
from services.runtime.auth.own_key import OwnKey
from services.runtime.auth.settings import AuthSettings

_LASTS = timedelta(days=7)


def own_token(subject: str, role: Role, settings: AuthSettings) -> str | None:
    """A token of this machine's own key; None where another issuer issues them."""
    if settings.issuer is not None:
        return None
    return OwnKey(settings.folder).issue(Caller(subject=subject, role=role), _LASTS, settings)


def bearer(token: str | None) -> Mapping[str, str]:
    """The headers that a token is sent in."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}
