"""Deliveries that are signed as their senders sign them."""

import base64
import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import urlencode
from warnings import catch_warnings, simplefilter

import jwt
from jwt.warnings import InsecureKeyLengthWarning

from services.feeds.authenticity.delivery import Delivery, NotAuthenticError, Scheme
from services.feeds.authenticity.twilio import Hash

HERE = "https://kvota.example/v1/feeds"
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
WINDOW = timedelta(minutes=5)
SECRETS = ("new:salt", "old:salt")


def delivery(body: bytes, url: str = f"{HERE}/x", **headers: str) -> Delivery:
    """A request with these headers, `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery(method="POST", url=url, headers=named, body=body, received_at=NOW)


def is_let_in(scheme: Scheme, told: Delivery, *secrets: str) -> bool:
    """Whether a scheme believes a delivery."""
    try:
        scheme.check(told, secrets or SECRETS, WINDOW)
    except NotAuthenticError:
        return False
    return True


def by_twilio(
    token: str,
    fields: list[tuple[str, str]],
    url: str = "https://kvota.example/v1/feeds/twilio",
    hashed: Hash = "sha1",
    **settings: str,
) -> Delivery:
    """A form, signed as Twilio does it."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    signature = base64.b64encode(hmac.digest(token.encode(), text.encode(), hashed)).decode()
    return delivery(urlencode(fields).encode(), url, x_twilio_signature=signature, **settings)


def flipped(text: bytes, place: int, bit: int) -> bytes:
    """The same with one bit that is another."""
    at = place % len(text)
    return text[:at] + bytes([text[at] ^ (1 << bit)]) + text[at + 1 :]


def by_vonage(secret: str, body: bytes, made: datetime = NOW) -> Delivery:
    """A body with a token, signed as Vonage does it."""
    claims = {"iat": int(made.timestamp()), "jti": "j", "payload_hash": sha256(body).hexdigest()}
    with catch_warnings():
        simplefilter("ignore", InsecureKeyLengthWarning)
        token = jwt.encode(claims, secret, algorithm="HS256")
    return delivery(body, f"{HERE}/vonage", authorization=f"Bearer {token}")


def by_bitrix24(token: str, **fields: str) -> Delivery:
    """A form with the application's token."""
    return delivery(urlencode({**fields, "auth[application_token]": token}).encode(), f"{HERE}/bitrix24")


def by_mango(secret: str, json: str, kind: str = "summary") -> Delivery:
    """A form, signed as MANGO OFFICE does it."""
    key, _, salt = secret.partition(":")
    sign = sha256(f"{key}{json}{salt}".encode()).hexdigest()
    body = urlencode({"vpbx_api_key": key, "sign": sign, "json": json}).encode()
    return delivery(body, f"{HERE}/mango/events/{kind}")
