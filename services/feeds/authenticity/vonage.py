"""Vonage: a JWT (HS256) in `Authorization`, which names the digest of the body and when it was made."""

import warnings
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

import jwt
from jwt.types import Options
from jwt.warnings import InsecureKeyLengthWarning

from services.feeds.authenticity.delivery import Delivery, NotAuthenticError, StaleError
from services.feeds.authenticity.secret import is_one_of

_LONGEST = 4_000
_OPTIONS: Options = {
    "verify_iat": False,  # within a window of our own
    "verify_exp": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}
_MISSING = ("signature-missing", "there is no Authorization: Bearer", "нет заголовка Authorization: Bearer")
_WRONG = (
    "signature-wrong",
    "the token was not signed with the signature secret, or for another body",
    "токен подписан не секретом подписи или для другого тела запроса",
)


class VonageToken:
    """A secret is the signature secret of the account."""

    def check(self, delivery: Delivery, secrets: Sequence[str], window: timedelta, /) -> None:
        """Raise NotAuthenticError unless the token is of one of the secrets, for this body, and of now."""
        scheme, _, token = delivery.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotAuthenticError(*_MISSING)
        proven = [claims for secret in secrets if (claims := claims_of(token, secret)) is not None]
        if not proven or not is_one_of(sha256(delivery.body).hexdigest(), [_digest(proven[0])]):
            raise NotAuthenticError(*_WRONG)
        made = proven[0].get("iat")
        if not isinstance(made, int | float):
            raise StaleError
        delivery.check_age(made, window)


def claims_of(token: str, secret: str) -> Mapping[str, Any] | None:
    """What a token says that was signed with this secret; None for any other."""
    if len(token) > _LONGEST or not token.isascii():
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureKeyLengthWarning)  # the secret's length is the sender's choice
        try:
            claims: Mapping[str, Any] = jwt.decode(token, secret, algorithms=["HS256"], options=_OPTIONS)
        except (jwt.PyJWTError, RecursionError):  # the last: JSON that is nested without end
            return None
    return claims


def _digest(claims: Mapping[str, Any]) -> str:
    """The digest of the body that was signed; none for a token that names no body."""
    named = claims.get("payload_hash")
    return named if isinstance(named, str) else ""
