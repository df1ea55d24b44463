"""How the vault seals: AES-256-GCM for data and for keys alike, and HMAC-SHA-256 for what is only looked up. Pure."""

import hmac
import os
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12


class NotOpenedError(Exception):
    """What is sealed was sealed under another key, or about something else, or was changed since."""


def new_key() -> bytes:
    """A key that nobody has."""
    return AESGCM.generate_key(KEY_BYTES * 8)


def seal(key: bytes, plain: bytes, about: str) -> bytes:
    """Seal under a key; `about` is authenticated with it, so that nothing sealed can be put in another's place."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, about.encode())


def unseal(key: bytes, sealed: bytes, about: str) -> bytes:
    """Open what `seal` sealed with the same key and about the same; raises NotOpenedError."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about.encode())
    except (InvalidTag, ValueError):
        raise NotOpenedError from None


def token(key: bytes, kind: str, value: str) -> str:
    """By what a value is looked up: nobody without the key can find the value by it, or make it of a value."""
    return hmac.new(key, f"{kind}\x1f{value}".encode(), sha256).hexdigest()
