"""What one of our own programs says of itself when it asks a service."""

import time
from collections.abc import Callable, Generator, Mapping
from datetime import timedelta

import httpx

from services.runtime.auth.callers import Caller, Role
from services.runtime.auth.own_key import OwnKey
from services.runtime.auth.settings import AuthSettings

_LASTS = timedelta(days=7)
_SERVICE_LASTS = timedelta(minutes=10)


def own_token(subject: str, role: Role, settings: AuthSettings, lasts: timedelta = _LASTS) -> str | None:
    """A token of this machine's own key; None where another issuer issues them."""
    if settings.issuer is not None:
        return None
    return OwnKey(settings.folder).issue(Caller(subject=subject, role=role), lasts, settings)


def bearer(token: str | None) -> Mapping[str, str]:
    """The headers that a token is sent in."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}


class ServiceCredentials(httpx.Auth):
    """Says with each request which program asks: by the key it was told, or a token that it signs for some minutes.

    With another issuer and no key there is nothing to say, and the service that is asked refuses.
    """

    def __init__(self, program: str, settings: AuthSettings, now: Callable[[], float] = time.monotonic) -> None:
        """Be this program, which has the own key's folder in common with whoever it asks, or was told a key."""
        self._subject, self._settings, self._now = f"service/{program}", settings, now
        self._issued: str | None = None
        self._good_until = 0.0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Send the request with what there is to say; once more, with a new token, if it is not believed."""
        told = self._settings.service_key
        if told is not None:
            request.headers.update(bearer(told.get_secret_value()))
            yield request
            return
        request.headers.update(bearer(self._token()))
        answer = yield request
        if answer.status_code == httpx.codes.UNAUTHORIZED:  # the own key was made anew, perhaps
            self._good_until = 0.0
            request.headers.update(bearer(self._token()))
            yield request

    def _token(self) -> str | None:
        if self._now() >= self._good_until:
            self._issued = own_token(self._subject, "service", self._settings, _SERVICE_LASTS)
            self._good_until = self._now() + _SERVICE_LASTS.total_seconds() / 2
        return self._issued
