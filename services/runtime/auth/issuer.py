"""Whoever issues tokens: where its public keys are, and which of them a token was signed with."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping

import httpx
import jwt
import structlog
from jwt import PyJWK, PyJWKClient

from services.runtime.auth.settings import cannot_be_trusted

Keys = Mapping[str, PyJWK]
"""By their ids."""
LIFE_S = 300.0
"""So long a key is believed to be the issuer's before all are fetched again."""
AGAIN_S = 2.0
"""So long after one fetch a token with an unknown key causes no other."""
_WITHIN_S = 5.0

_log = structlog.get_logger()


class KeysUnavailableError(Exception):
    """The issuer's keys are not known, and cannot be fetched."""


_FAILURES = (
    *(jwt.PyJWKClientError, jwt.PyJWKSetError, httpx.HTTPError),
    *(ValueError, TypeError, KeyError, OSError),
)
"""What can go wrong when keys are fetched, or not be keys."""


class Issuer:
    """An issuer of tokens, with its keys."""

    def __init__(self, name: str, fetch: Callable[[], Keys], now: Callable[[], float] = time.monotonic) -> None:
        """Know no key yet; `fetch` gets them, and may take its time: it runs in a thread."""
        self.name = name
        self._fetch, self._now = fetch, now
        self._keys: Keys = {}
        self._tried = self._fetched = float("-inf")
        self._fetching = asyncio.Lock()

    async def key(self, kid: str) -> PyJWK | None:
        """The key of this id; None when the issuer has none. Raises KeysUnavailableError when nothing is known."""
        if self._lacks(kid) and not (kid in self._keys and self._fetching.locked()):
            async with self._fetching:  # whoever asks for an unknown one while they are fetched waits for them
                if self._lacks(kid) and self._now() - self._tried > AGAIN_S:
                    await self._refresh()
        if self._fetched == float("-inf"):
            raise KeysUnavailableError
        return self._keys.get(kid)

    def _lacks(self, kid: str) -> bool:
        return kid not in self._keys or self._now() - self._fetched > LIFE_S

    async def _refresh(self) -> None:
        """Fetch the keys; while that fails, those stay that were known before."""
        try:
            self._keys = await asyncio.to_thread(self._fetch)
        except _FAILURES as error:
            _log.warning("keys_not_fetched", issuer=self.name, error=type(error).__name__)
        else:
            self._fetched = self._now()
        finally:
            self._tried = self._now()


def keys_at(issuer: str, jwks_url: str | None) -> Keys:
    """Fetch the keys of an issuer, from where it says that they are unless that is told.

    Raises PyJWKClientError, PyJWKSetError, httpx.HTTPError, ValueError or KeyError.
    """
    client = PyJWKClient(jwks_url or _discovered(issuer), cache_jwk_set=False, timeout=_WITHIN_S)
    return by_id(client.get_signing_keys())


def by_id(keys: Iterable[PyJWK]) -> Keys:
    """Keys by their ids."""
    return {str(key.key_id): key for key in keys}


def _discovered(issuer: str) -> str:
    """Where an OpenID Connect issuer says that its keys are."""
    where = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    told = httpx.get(where, timeout=_WITHIN_S, follow_redirects=False).raise_for_status().json()
    if told["issuer"] != issuer:
        message = f"{where} is of another issuer: {told['issuer']}"
        raise ValueError(message)
    if cannot_be_trusted(found := str(told["jwks_uri"])):
        message = f"{where} names keys at an address that begins with http://"
        raise ValueError(message)
    return found
