"""The schemes: published vectors, each secret, and a bit that is another."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.feeds.authenticity.aircall import AircallToken
from services.feeds.authenticity.bitrix24 import Bitrix24Token
from services.feeds.authenticity.delivery import Delivery, NotAuthenticError, Scheme, StaleError
from services.feeds.authenticity.form import fields_of
from services.feeds.authenticity.header import SecretHeader
from services.feeds.authenticity.mango import MangoSign
from services.feeds.authenticity.query import SecretQuery
from services.feeds.authenticity.twilio import TwilioSignature
from services.feeds.authenticity.vonage import VonageToken
from tests.feeds.authenticity.delivered import (
    HERE,
    NOW,
    SECRETS,
    WINDOW,
    by_bitrix24,
    by_mango,
    by_twilio,
    by_vonage,
    delivery,
    flipped,
    is_let_in,
)

TOKEN = "12345"  # noqa: S105  # of Twilio's published vectors
FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
]
MANY = [("Sid", "CA123"), ("SidAccount", "AC123"), *(("Digits", digits) for digits in ("5678", "1234", "1234"))]
JSON = b'{"property": "value", "boolean": true}'
JSON_URL = (
    "https://mycompany.com/myapp.php?foo=1&bar=2"
    "&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
)
CALL = '{"entry_id":"x","call_direction":1,"note":"\u0417\u0432\u043e\u043d\u043e\u043a"}'
SCHEMES: list[tuple[Scheme, Callable[[str], Delivery]]] = [
    (TwilioSignature(), lambda secret: by_twilio(secret, FORM)),
    (MangoSign(), lambda secret: by_mango(secret, CALL)),
    (AircallToken(), lambda secret: delivery(f'{{"event":"call.ended","token":"{secret}"}}'.encode())),
    (SecretHeader("x-api-key"), lambda secret: delivery(b"{}", x_api_key=secret)),
    (VonageToken(), lambda secret: by_vonage(secret, CALL.encode())),
    (Bitrix24Token(), lambda secret: by_bitrix24(secret, event="ONVOXIMPLANTCALLEND")),
    (SecretQuery(), lambda secret: delivery(b"{}", f"{HERE}/uis?secret={quote(secret)}")),
]
each = pytest.mark.parametrize(("scheme", "signed"), SCHEMES, ids=lambda value: type(value).__name__)


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        ("https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://mycompany.com:443/myapp.php?foo=1&bar=2", "kvajT1Ptam85bY51eRf/AJRuM3w="),
        ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        ("http://mycompany.com:80/myapp.php?foo=1&bar=2", "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    ],
)
def test_twilios_published_vectors(url: str, signature: str) -> None:
    body = by_twilio(TOKEN, FORM).body
    assert is_let_in(TwilioSignature(), delivery(body, url, x_twilio_signature=signature), TOKEN)
    assert not is_let_in(TwilioSignature(), delivery(body, url + "&baz=3", x_twilio_signature=signature), TOKEN)


@pytest.mark.parametrize("url", ["https://mycompany.com/myapp.php?foo=1&bar=2"])
def test_twilio_signs_each_of_several_values_once_and_in_order(url: str) -> None:
    told = delivery(by_twilio(TOKEN, MANY).body, url, x_twilio_signature="IK+Dwps556ElfBT0I3Rgjkr1wJU=")
    assert is_let_in(TwilioSignature(), told, TOKEN)


def test_twilio_signs_a_body_that_is_no_form_by_its_digest() -> None:
    told = delivery(JSON, JSON_URL, x_twilio_signature="a9nBmqA0ju/hNViExpshrM61xv4=")
    assert is_let_in(TwilioSignature(), told, TOKEN)
    assert not is_let_in(TwilioSignature(), replace(told, body=JSON + b" "), TOKEN)


def test_the_address_is_believed_with_its_port_and_without() -> None:
    told = by_twilio(TOKEN, FORM, "https://kvota.example:443/v1/feeds/twilio")
    assert is_let_in(TwilioSignature(), replace(told, url="https://kvota.example/v1/feeds/twilio"), TOKEN)
    assert not is_let_in(TwilioSignature(), replace(told, url="https://kvota.example:444/v1/feeds/twilio"), TOKEN)


def test_mangos_rule_recomputed() -> None:
    sign = sha256(b"key" + CALL.encode() + b"salt").hexdigest()
    assert f"sign={sign}".encode() in by_mango("key:salt", CALL).body
    assert is_let_in(MangoSign(), by_mango("key:salt", CALL), "key:salt")


@each
def test_each_of_several_secrets_proves_a_delivery_and_no_other(
    scheme: Scheme, signed: Callable[[str], Delivery]
) -> None:
    assert all(is_let_in(scheme, signed(secret)) for secret in SECRETS)
    assert not is_let_in(scheme, signed("another:salt"))
    with pytest.raises(NotAuthenticError) as refused:
        scheme.check(signed("another:salt"), SECRETS, WINDOW)
    assert refused.value.kind
    assert not [secret for secret in (*SECRETS, "another:salt") if secret in refused.value.en + refused.value.ru]


@pytest.mark.parametrize(("scheme", "signed"), SCHEMES[:2], ids=["twilio", "mango"])
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_bit_of_a_signed_form(scheme: Scheme, signed: Callable[[str], Delivery], place: int, bit: int) -> None:
    told = signed(SECRETS[0])
    changed = replace(told, body=flipped(told.body, place, bit))
    assume(sorted(fields_of(changed.body) or ()) != sorted(fields_of(told.body) or ()))  # %2B and %2b are the same
    assert not is_let_in(scheme, changed)


@pytest.mark.parametrize(("scheme", "signed"), [SCHEMES[0], SCHEMES[3]], ids=["twilio", "header"])
@given(place=st.integers(0, 10_000), bit=st.integers(0, 6))
def test_one_bit_of_a_header(scheme: Scheme, signed: Callable[[str], Delivery], place: int, bit: int) -> None:
    told = signed(SECRETS[0])
    [(name, value)] = told.headers.items()
    assert not is_let_in(scheme, replace(told, headers={name: flipped(value.encode(), place, bit).decode()}))


@given(place=st.integers(0, 10_000), bit=st.integers(0, 6))
def test_one_bit_of_the_address(place: int, bit: int) -> None:
    begins, path = "https://kvota.example", "/v1/feeds/twilio?a=1&b=2"
    told = by_twilio(TOKEN, FORM, begins + path)
    changed = begins + flipped(path.encode(), place, bit).decode()
    assume("bodySHA256" not in changed)
    assert not is_let_in(TwilioSignature(), replace(told, url=changed), TOKEN)


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_bit_of_what_vonage_signs(place: int, bit: int) -> None:
    told = by_vonage(SECRETS[0], CALL.encode())
    assert not is_let_in(VonageToken(), replace(told, body=flipped(told.body, place, bit)))


@given(place=st.integers(0, 10_000), bit=st.integers(0, 6))
def test_one_bit_of_vonages_token(place: int, bit: int) -> None:
    told = by_vonage(SECRETS[0], CALL.encode())
    token = told.headers["authorization"].removeprefix("Bearer ")
    changed = flipped(token.encode(), place, bit).decode()
    assume(_decoded(changed) != _decoded(token))  # base64 leaves some bits of its last letter unused
    assert not is_let_in(VonageToken(), replace(told, headers={"authorization": f"Bearer {changed}"}))


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_token_of_another_time_is_stale(minutes: int) -> None:
    told = by_vonage(SECRETS[0], CALL.encode(), NOW + timedelta(minutes=minutes))
    with pytest.raises(StaleError):
        VonageToken().check(told, SECRETS, WINDOW)
    assert is_let_in(VonageToken(), by_vonage(SECRETS[0], b"", NOW + timedelta(minutes=minutes) * 0.8))


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_bit_of_a_token_in_a_body(place: int, bit: int) -> None:
    before, after = b'{"event":"call.ended","token":"', b'"}'
    changed = before + flipped(SECRETS[0].encode(), place, bit) + after
    assert not is_let_in(AircallToken(), delivery(changed))


@each
@given(body=st.binary(), url=st.text(), header=st.text())
def test_nothing_that_is_sent_does_more_than_not_be_believed(
    scheme: Scheme, signed: Callable[[str], Delivery], body: bytes, url: str, header: str
) -> None:
    headers = dict.fromkeys(signed("x").headers, header)
    told = replace(delivery(body, "https://kvota.example/" + url), headers=headers)
    assert not is_let_in(scheme, told, "a secret that nobody could guess")


def _decoded(token: str) -> list[bytes] | None:
    """What a token is made of; None where it is none."""
    try:
        return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")]
    except ValueError:
        return None
