"""Standard Webhooks 1.0: base64 of HMAC-SHA256 over the id, the time and the body, each by a header of its own.

For any system that is told how to sign (https://www.standardwebhooks.com), with the symmetric signature `v1`: the
other, `v1a` (ed25519), is passed over, as one of a later version would be.
"""

import base64
import binascii
import hmac
from collections.abc import Iterator, Sequence
from datetime import timedelta

from services.feeds.authenticity.delivery import Delivery, NotAuthenticError
from services.feeds.authenticity.secret import is_one_of

ID, TIME, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX = "whsec_"
_LONGEST = 4_000
_DIGITS = 12
"""Of a time in epoch seconds, at most."""
_MISSING = (
    "signature-missing",
    "webhook-id, webhook-timestamp and webhook-signature are needed, a timestamp in epoch seconds, an id without dots",
    "нужны webhook-id без точек, webhook-timestamp в секундах эпохи и webhook-signature",
)
_WRONG = (
    "signature-wrong",
    "no v1 signature in webhook-signature is that of this id, timestamp and body",
    "в webhook-signature нет подписи v1 для этих webhook-id, webhook-timestamp и тела запроса",
)


class StandardWebhooks:
    """A secret is the base64 of the key, with `whsec_` before it or without."""

    def check(self, delivery: Delivery, secrets: Sequence[str], window: timedelta, /) -> None:
        """Raise NotAuthenticError unless one of the secrets signed this id, time and body, and the time is now."""
        identity, time, told = (delivery.headers.get(name, "") for name in (ID, TIME, SIGNATURE))
        if not _is_id(identity) or not _is_time(time) or not 0 < len(told) <= _LONGEST:
            raise NotAuthenticError(*_MISSING)
        signed = f"{identity}.{time}.".encode() + delivery.body
        expected = [_signature(key, signed) for key in map(_key, secrets) if key]
        if True not in [is_one_of(each, expected) for each in _signatures(told)]:
            raise NotAuthenticError(*_WRONG)
        delivery.check_age(int(time), window)


def _is_id(text: str) -> bool:
    """A dot in it would leave open where it ends and the time begins."""
    return 0 < len(text) <= _LONGEST and text.isascii() and "." not in text


def _is_time(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS


def _signatures(told: str) -> Iterator[str]:
    """Those of our version: a sender that changes its key signs with both for a while."""
    return (signature for version, _, signature in (each.partition(",") for each in told.split(" ")) if version == "v1")


def _key(secret: str) -> bytes:
    """The key itself; an empty one for a secret that is no base64."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _signature(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
