"""Twilio: base64 of an HMAC over the address and the form, or over the address that names the body's own digest.

The hash is SHA-1 and the key an auth token, unless a Webhooks Rule of the account has the address signed with a
SharedKey: then a header names the hash, and everything else is the same (twilio-node, WebhookSignatureValidation).
That header itself is not signed, and need not be: whichever hash it names, the HMAC takes a secret.
"""

import base64
import hmac
from collections.abc import Iterator, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Literal
from urllib.parse import SplitResult

from services.feeds.authenticity.address import parts_of, values_of
from services.feeds.authenticity.delivery import Delivery, NotAuthenticError
from services.feeds.authenticity.form import fields_of
from services.feeds.authenticity.secret import is_one_of

HEADER = "x-twilio-signature"
SETTINGS = "x-twilio-webhooks-signature-settings"
"""`key=…,algorithm=HMAC_SHA256`"""
Hash = Literal["sha1", "sha256"]
_HASHES: dict[str, Hash] = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_PORTS = {"https": 443, "http": 80}
_MISSING = ("signature-missing", "there is no X-Twilio-Signature", "нет заголовка X-Twilio-Signature")
_UNKNOWN = (
    "algorithm-unknown",
    "X-Twilio-Webhooks-Signature-Settings names an algorithm that is not known here: HMAC_SHA1 and HMAC_SHA256 are",
    "алгоритм в X-Twilio-Webhooks-Signature-Settings здесь неизвестен: известны HMAC_SHA1 и HMAC_SHA256",
)
_WRONG = (
    "signature-wrong",
    "X-Twilio-Signature is not that of this address and body: is KVOTA_FEEDS_PUBLIC_URL what Twilio calls?",
    "X-Twilio-Signature не от этого адреса и тела запроса: по KVOTA_FEEDS_PUBLIC_URL ли звонит Twilio?",
)


class TwilioSignature:
    """A secret is an auth token of the account, or the secret of a SharedKey."""

    def check(self, delivery: Delivery, secrets: Sequence[str], _window: timedelta, /) -> None:
        """Raise NotAuthenticError unless one of the secrets signed this very address and body."""
        told, hashed = delivery.headers.get(HEADER), _hash_of(delivery)
        if told is None:
            raise NotAuthenticError(*_MISSING)
        if hashed is None:
            raise NotAuthenticError(*_UNKNOWN)
        address = parts_of(delivery.url)
        signed = _signed(delivery, address.query)
        texts = [f"{url}{signed}" for url in _addresses(address)]
        expected = [_signature(secret, text, hashed) for secret in secrets if secret for text in texts]
        if signed is None or not is_one_of(told, expected):
            raise NotAuthenticError(*_WRONG)


def _hash_of(delivery: Delivery) -> Hash | None:
    """The hash that was used; None for one that is not known."""
    settings = delivery.headers.get(SETTINGS)
    if settings is None:
        return "sha1"
    said = [setting.strip().partition("=") for setting in settings.split(",")]
    return next((_HASHES.get(value) for name, _, value in said if name == "algorithm"), None)


def _signed(delivery: Delivery, query: str) -> str | None:
    """What is signed besides the address: the form, each value once and in order; None for a body that cannot be."""
    digests = values_of(query, "bodySHA256")
    if digests:
        return "" if is_one_of(sha256(delivery.body).hexdigest(), digests) else None
    fields = fields_of(delivery.body) if delivery.body else ()
    return None if fields is None else "".join(name + value for name, value in sorted(set(fields)))


def _addresses(address: SplitResult) -> Iterator[str]:
    """The address with its port and without: Twilio signs either, whichever was configured."""
    begin, _, end = address.netloc.rpartition(":")
    host, port = (begin, end) if end.isdigit() else (address.netloc, _PORTS.get(address.scheme))
    yield address._replace(netloc=host).geturl()
    yield address._replace(netloc=f"{host}:{port}").geturl()


def _signature(secret: str, text: str, hashed: Hash) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), text.encode("utf-8", "surrogatepass"), hashed)).decode()
