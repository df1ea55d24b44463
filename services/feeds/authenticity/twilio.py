"""Twilio: base64 of HMAC-SHA1 over the address and the form, or over the address that names the body's own digest."""

import base64
import hmac
from collections.abc import Iterator, Sequence
from datetime import timedelta
from hashlib import sha1, sha256
from urllib.parse import SplitResult, parse_qs, urlsplit

from services.feeds.authenticity.delivery import Delivery, NotAuthenticError
from services.feeds.authenticity.form import fields_of
from services.feeds.authenticity.secret import is_one_of

HEADER = "x-twilio-signature"
_PORTS = {"https": 443, "http": 80}
_MISSING = ("signature-missing", "there is no X-Twilio-Signature", "нет заголовка X-Twilio-Signature")
_WRONG = (
    "signature-wrong",
    "X-Twilio-Signature is not that of this address and body: is KVOTA_FEEDS_PUBLIC_URL what Twilio calls?",
    "X-Twilio-Signature не от этого адреса и тела запроса: по KVOTA_FEEDS_PUBLIC_URL ли звонит Twilio?",
)


class TwilioSignature:
    """A secret is an auth token of the account."""

    def check(self, delivery: Delivery, secrets: Sequence[str], _window: timedelta, /) -> None:
        """Raise NotAuthenticError unless one of the tokens signed this very address and body."""
        told = delivery.headers.get(HEADER)
        if told is None:
            raise NotAuthenticError(*_MISSING)
        signed = _signed(delivery)
        expected = [_signature(secret, url, signed) for secret in secrets for url in _addresses(delivery.url)]
        if signed is None or not is_one_of(told, expected):
            raise NotAuthenticError(*_WRONG)


def _signed(delivery: Delivery) -> str | None:
    """What is signed besides the address: the form, each value once and in order; None for a body that cannot be."""
    digests = parse_qs(urlsplit(delivery.url).query).get("bodySHA256")
    if digests is not None:
        return "" if is_one_of(sha256(delivery.body).hexdigest(), digests) else None
    fields = fields_of(delivery.body) if delivery.body else ()
    return None if fields is None else "".join(name + value for name, value in sorted(set(fields)))


def _addresses(url: str) -> Iterator[str]:
    """The address with its port and without: Twilio signs either, whichever was configured."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition(":")[0] if _has_port(parts) else parts.netloc
    yield parts._replace(netloc=host).geturl()
    port = parts.netloc.rpartition(":")[2] if _has_port(parts) else _PORTS.get(parts.scheme)
    yield parts._replace(netloc=f"{host}:{port}").geturl()


def _has_port(parts: SplitResult) -> bool:
    return parts.netloc.rpartition(":")[2].isdigit()


def _signature(token: str, url: str, signed: str | None) -> str:
    digest = hmac.new(token.encode(), f"{url}{signed}".encode("utf-8", "surrogatepass"), sha1).digest()
    return base64.b64encode(digest).decode()
