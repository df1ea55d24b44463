"""An identity provider: real keys, told over real HTTP."""

import json
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_ec_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as new_rsa_key
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from services.runtime.ports import HOST

Private = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey


@dataclass(frozen=True)
class Key:
    """A key pair with its name and its algorithm."""

    kid: str
    algorithm: str
    private: Private

    def public(self) -> dict[str, Any]:
        """Give the public key, as a JWK."""
        return {**_jwk(self.private), "kid": self.kid, "alg": self.algorithm, "use": "sig"}


def _jwk(private: Private) -> dict[str, Any]:
    match private:
        case RSAPrivateKey():
            return RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
        case EllipticCurvePrivateKey():
            return ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
        case _:
            return OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)


RSA = Key("rsa-1", "RS256", new_rsa_key(65_537, 2048))
EC = Key("ec-1", "ES256", new_ec_key(SECP256R1()))
ED = Key("ed-1", "EdDSA", Ed25519PrivateKey.generate())


@dataclass
class Provider:
    """What the provider tells, and how often it was asked for its keys."""

    port: int = 0
    keys: list[Key] = field(default_factory=lambda: [RSA, EC, ED])
    asked: int = 0
    broken: bool = False
    calls_itself: str | None = None
    keys_at: str | None = None

    @property
    def issuer(self) -> str:
        """Its name."""
        return f"http://{HOST}:{self.port}"

    def answer(self, path: str) -> tuple[int, Mapping[str, Any]]:
        """Answer a GET."""
        if self.broken:
            return 500, {}
        if path == "/.well-known/openid-configuration":
            return 200, {"issuer": self.calls_itself or self.issuer, "jwks_uri": self.keys_at or f"{self.issuer}/keys"}
        self.asked += 1
        return 200, {"keys": [key.public() for key in self.keys]}

    def token(self, key: Key = ED, /, **changes: Any) -> str:  # noqa: ANN401  # claims
        """Sign for a manager, with other claims; None leaves one out."""
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": "kvota", "sub": "u-17", "iat": now, "exp": now + 600, "role": "manager"}
        told = {name: value for name, value in (claims | changes).items() if value is not None}
        return jwt.encode(told, key.private, algorithm=key.algorithm, headers={"kid": key.kid})


@contextmanager
def provider() -> Generator[Provider]:
    """Run a provider for a block."""
    told = Provider()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the base class's name for it
            status, body = told.answer(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer((HOST, 0), Answer) as server:
        told.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
