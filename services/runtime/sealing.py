"""Sealing what is parked: for the vault to open, under the public key of the month, by whoever parks and has no secret.

HPKE (RFC 9180) does it; the payload is bound to its month.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
MOST_BYTES = 16 * 1024
"""The longest payload that is kept; real items of a phone system are a few thousand."""

Seal = Callable[[bytes], str | None]
"""Seals a payload; None when it cannot be kept: there is no key, or it is too long."""


def keep_nothing(_payload: bytes) -> None:
    """Keep no payload: where nobody has told a key, what is parked says only where it lies."""


@dataclass(frozen=True, slots=True)
class SealedPayload:
    """A payload that only the vault can open."""

    month: str
    """Such as 2026-11."""
    sealed: bytes

    def __str__(self) -> str:
        """As it stands in an event."""
        return f"{self.month}.{base64.urlsafe_b64encode(self.sealed).decode()}"

    @classmethod
    def read(cls, written: str) -> Self | None:
        """Read what `str` wrote; None for anything else."""
        month, _, sealed = written.partition(".")
        if not _MONTH.fullmatch(month):
            return None
        try:
            return cls(month, base64.urlsafe_b64decode(sealed))
        except (binascii.Error, ValueError):
            return None


def seal_payload(keys: Mapping[str, bytes], payload: bytes, today: date) -> str | None:
    """Seal under the public key of today's month; None without one, and when the payload is too long to keep."""
    month = f"{today:%Y-%m}"
    key = keys.get(month)
    if key is None or len(payload) > MOST_BYTES:
        return None
    sealed = _SUITE.encrypt(payload, X25519PublicKey.from_public_bytes(key), info=month.encode())
    return str(SealedPayload(month, sealed))


def open_payload(key: bytes | None, payload: SealedPayload) -> bytes | None:
    """Open with the private key of the payload's month; None without one, and when it was never sealed so."""
    if key is None:
        return None
    try:
        return _SUITE.decrypt(payload.sealed, X25519PrivateKey.from_private_bytes(key), info=payload.month.encode())
    except (InvalidTag, ValueError):
        return None
