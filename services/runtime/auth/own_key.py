"""A key pair of this machine, for whoever has no identity provider: made once, kept where only its user can read."""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jwt import PyJWKSet
from jwt.algorithms import OKPAlgorithm

from services.runtime.auth.callers import Caller
from services.runtime.auth.issuer import Keys, by_id
from services.runtime.auth.settings import AuthSettings
from services.runtime.errors import ClearError

OWN_ISSUER = "urn:kvota:this-machine"
_PRIVATE = "own-key.pem"


@dataclass(frozen=True, slots=True)
class OwnKey:
    """The key pair in a folder."""

    folder: Path

    def keys(self) -> Keys:
        """The public key, as identity providers tell theirs; made first, where it is missing."""
        return by_id(PyJWKSet([self._public()]).keys)

    def issue(self, caller: Caller, lasts: timedelta, settings: AuthSettings) -> str:
        """A token that says who somebody is, in the words that services are told to look for."""
        now = datetime.now(UTC)
        claims = {
            "iss": OWN_ISSUER,
            "aud": settings.audience,
            "sub": caller.subject,
            "iat": now,
            "exp": now + lasts,
            settings.role_claim: caller.role,
            settings.rep_claim: caller.rep,
            settings.unit_claim: caller.unit,
        }
        told = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(told, self._private(), algorithm="EdDSA", headers={"kid": str(self._public()["kid"])})

    def _public(self) -> dict[str, Any]:
        public = OKPAlgorithm.to_jwk(self._private().public_key(), as_dict=True)
        return {**public, "kid": str(public["x"])[:16], "alg": "EdDSA", "use": "sig"}

    def _private(self) -> Ed25519PrivateKey:
        path = self.folder / _PRIVATE
        if not path.exists():
            self._make(path)
        key = load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, Ed25519PrivateKey):
            message = f"{path} is no Ed25519 key: move it away, and another is made"
            raise ClearError(message)
        return key

    def _make(self, path: Path) -> None:
        """Make the key; of several processes that do so at once, one makes it for all."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        written = _write(path, pem)
        with suppress(FileExistsError):
            os.link(written, path)
        written.unlink()


def _write(path: Path, content: bytes) -> Path:
    """Write a file beside where it is to be; only its owner can read it."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:  # with the mode 0600
        file.write(content)
    return Path(file.name)
