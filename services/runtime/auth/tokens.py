"""Bearer tokens: who they stand for, once it is certain that the issuer signed them, for us, and not too long ago."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt

from services.runtime.auth.callers import ROLES, Caller
from services.runtime.auth.issuer import Issuer
from services.runtime.auth.settings import AuthSettings

ALGORITHMS = ("EdDSA", "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
"""With a public key only: a secret that services share could be used by each of them to issue tokens."""
_LEEWAY_S = 30
_LONGEST = 8192
_REMEMBERED_S, _REMEMBERED = 60.0, 5000
_NAME = 200


class BadTokenError(Exception):
    """A token stands for nobody; the text says why, and quotes nothing of it."""

    def __init__(self, en: str, ru: str) -> None:
        """Say why in English and in Russian."""
        super().__init__(en)
        self.en, self.ru = en, ru


class Tokens:
    """Reads tokens of one issuer. What was proven stands for a minute: signatures are dear."""

    def __init__(self, issuer: Issuer, settings: AuthSettings, now: Callable[[], float] = time.time) -> None:
        """Read the claims that the settings name."""
        self._issuer, self._settings, self._now = issuer, settings, now
        self._proven: dict[str, tuple[Caller, float]] = {}

    async def caller(self, token: str) -> Caller:
        """Who a token stands for; raises BadTokenError, or KeysUnavailableError when it cannot be told."""
        known = self._proven.get(token)
        if known is not None and self._now() < known[1]:
            return known[0]
        claims = await self._claims(token)
        caller = self._read(claims)
        if len(self._proven) >= _REMEMBERED:
            self._proven.clear()
        self._proven[token] = caller, min(float(claims["exp"]), self._now() + _REMEMBERED_S)
        return caller

    async def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            if len(token) > _LONGEST:
                raise jwt.DecodeError
            kid = str(jwt.get_unverified_header(token).get("kid", ""))
            key = await self._issuer.key(kid)
            if key is None:
                raise BadTokenError(*_OTHER_KEY)
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._settings.audience,
                issuer=self._issuer.name,
                leeway=_LEEWAY_S,
                options={"require": ["exp", "iat", "sub", "iss", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise BadTokenError(*_EXPIRED) from None
        except jwt.InvalidTokenError:
            raise BadTokenError(*_INVALID) from None
        return claims

    def _read(self, claims: Mapping[str, Any]) -> Caller:
        subject = str(claims["sub"])
        if not 0 < len(subject) <= _NAME or "@" in subject:
            raise BadTokenError(*_SUBJECT)
        told = claims.get(self._settings.role_claim)
        named = told if isinstance(told, list) else [told]
        roles = [role for role in ROLES if role in named]
        if len(roles) != 1:
            raise BadTokenError(*_ROLE)
        rep, unit = (_named(claims.get(name)) for name in (self._settings.rep_claim, self._settings.unit_claim))
        return Caller(subject=subject, role=roles[0], rep=rep, unit=unit)


def _named(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= _NAME:
        raise BadTokenError(*_ROLE)
    return value


_INVALID = ("the token cannot be relied on", "токену нельзя доверять")
_EXPIRED = ("the token has expired", "срок действия токена истёк")
_OTHER_KEY = (
    "the token was signed with a key that the issuer does not have",
    "у издателя нет ключа, которым подписан токен",
)
_ROLE = (
    "the token does not name one role of ours, or names a rep or unit that is none",
    "в токене нет ровно одной нашей роли, или сотрудник либо подразделение указаны неверно",
)
_SUBJECT = (
    "the token's subject would stay in the log for ever: it must be short, and no e-mail address",
    "субъект токена навсегда остаётся в журнале: он должен быть коротким и не адресом почты",
)
