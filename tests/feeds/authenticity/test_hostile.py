"""What is made to break a scheme: it is refused like anything else, and an empty or half secret proves nothing."""

import base64
from dataclasses import replace
from hashlib import sha256
from urllib.parse import urlencode
from warnings import catch_warnings, simplefilter

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jwt.warnings import InsecureKeyLengthWarning

from services.feeds.authenticity.aircall import AircallToken
from services.feeds.authenticity.bitrix24 import Bitrix24Token
from services.feeds.authenticity.delivery import NotAuthenticError, Scheme, StaleError
from services.feeds.authenticity.header import SecretHeader
from services.feeds.authenticity.mango import MangoSign
from services.feeds.authenticity.query import SecretQuery
from services.feeds.authenticity.twilio import TwilioSignature
from services.feeds.authenticity.vonage import VonageToken, claims_of
from tests.feeds.authenticity.delivered import (
    HERE,
    NOW,
    WINDOW,
    by_bitrix24,
    by_mango,
    by_twilio,
    delivery,
    is_let_in,
)

SECRET = "c2VjcmV0"  # noqa: S105  # a key for whatever scheme takes one
SCHEMES: list[Scheme] = [
    AircallToken(),
    Bitrix24Token(),
    MangoSign(),
    SecretHeader("x-api-key"),
    SecretQuery(),
    TwilioSignature(),
    VonageToken(),
]
every = pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: type(scheme).__name__)
NAMES = [
    "authorization",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
    "x-api-key",
    "x-twilio-signature",
    "x-twilio-webhooks-signature-settings",
]
texts = st.text() | st.text(max_size=9).map(lambda text: text * 9_999)
urls = st.text() | st.from_regex(r"https?://[\[\]:@.a-z0-9\u2100]{0,12}(/\S{0,9})?(\?\S{0,19})?", fullmatch=True)
bodies = st.binary() | st.dictionaries(st.text(), st.text()).map(
    lambda form: urlencode(form, errors="replace").encode()
)


def token_of(claims: dict[str, object], secret: str = SECRET) -> str:
    with catch_warnings():
        simplefilter("ignore", InsecureKeyLengthWarning)
        return f"Bearer {jwt.encode(claims, secret, algorithm='HS256')}"


@every
@given(body=bodies, url=urls, headers=st.dictionaries(st.sampled_from(NAMES), texts))
def test_whatever_is_sent_is_refused(scheme: Scheme, body: bytes, url: str, headers: dict[str, str]) -> None:
    assert not is_let_in(scheme, replace(delivery(body, url), headers=headers), "a secret that nobody could guess")


@every
@pytest.mark.parametrize("url", ["https://[x/", "https://a\u2100/", "https://[::1]:\u00b2/", "", "\ud800"])
def test_an_address_that_is_none_is_refused(scheme: Scheme, url: str) -> None:
    headers = dict.fromkeys(NAMES, "x")
    assert not is_let_in(scheme, replace(delivery(b"a=b", url), headers=headers), SECRET)


@every
@pytest.mark.parametrize("value", ["\u0436" * 100_000, "a" * 1_000_000, "\ud800", ", " * 100_000])
def test_a_header_that_is_huge_or_of_any_letters_is_refused(scheme: Scheme, value: str) -> None:
    for headers in (dict.fromkeys(NAMES, value), {"authorization": f"Bearer {value}"}):
        assert not is_let_in(scheme, replace(delivery(b"a=b"), headers=headers), SECRET)


@pytest.mark.parametrize(
    "body", [b'{"a":' + b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000, b'{"token":"\\ud800"}']
)
def test_json_that_is_nested_without_end_is_refused(body: bytes) -> None:
    assert not is_let_in(AircallToken(), delivery(body), SECRET)


@pytest.mark.parametrize("nested", [b"[" * 2_900, b'{"a":' * 500, b"null", b"[]", b"{", b"\xff"])
def test_a_token_that_is_nested_or_none_is_refused(nested: bytes) -> None:
    part = base64.urlsafe_b64encode(nested).decode().rstrip("=")
    for token in (f"{part}.e30.AA", f"eyJhbGciOiJIUzI1NiJ9.{part}.AA", part):
        assert claims_of(token, SECRET) is None


def test_a_token_of_another_algorithm_is_refused() -> None:
    told = {"iat": int(NOW.timestamp()), "payload_hash": sha256(b"").hexdigest()}
    unsigned = jwt.encode(told, "", algorithm="none")
    longer = jwt.encode(told, SECRET * 9, algorithm="HS512")
    assert claims_of(unsigned, SECRET) is None
    assert claims_of(longer, SECRET * 9) is None


@pytest.mark.parametrize("made", [10**400, -(10**400), "now", None, True, [1], float("nan"), float("inf")])
def test_a_token_of_no_time_is_stale(made: object) -> None:
    claims = {"iat": made, "payload_hash": sha256(b"").hexdigest()}
    with pytest.raises(StaleError):
        VonageToken().check(delivery(b"", authorization=token_of(claims)), [SECRET], WINDOW)


@pytest.mark.parametrize("named", [None, "", 1, {}, "0" * 64])
def test_a_token_for_another_body_or_none_is_refused(named: object) -> None:
    claims = {"iat": int(NOW.timestamp()), "payload_hash": named}
    assert not is_let_in(VonageToken(), delivery(b"", authorization=token_of(claims)), SECRET)


@pytest.mark.parametrize("secret", ["", "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----"])
def test_a_secret_that_is_no_key_for_a_token_proves_nothing(secret: str) -> None:
    told = delivery(b"", authorization=token_of({"iat": int(NOW.timestamp()), "payload_hash": sha256(b"").hexdigest()}))
    assert not is_let_in(VonageToken(), told, secret)
    assert is_let_in(VonageToken(), told, secret, SECRET)


def test_an_empty_secret_proves_nothing() -> None:
    assert not is_let_in(AircallToken(), delivery(b'{"token":""}'), "")
    assert not is_let_in(Bitrix24Token(), by_bitrix24(""), "")
    assert not is_let_in(SecretHeader("x-api-key"), delivery(b"", x_api_key=""), "")
    assert not is_let_in(SecretQuery(), delivery(b"", f"{HERE}/uis?secret="), "")
    assert not is_let_in(TwilioSignature(), by_twilio("", [("a", "b")]), "")


@pytest.mark.parametrize("secret", ["key", "key:", ":salt", ":", ""])
def test_mango_proves_nothing_without_a_salt_which_is_the_only_part_that_is_never_sent(secret: str) -> None:
    assert not is_let_in(MangoSign(), by_mango(secret, "{}"), secret)


def test_mango_signs_the_json_that_is_read_where_a_form_has_several() -> None:
    signed = by_mango("key:salt", "{}")
    assert is_let_in(MangoSign(), replace(signed, body=b"json=forged&" + signed.body), "key:salt")
    assert not is_let_in(MangoSign(), replace(signed, body=signed.body + b"&json=forged"), "key:salt")


@every
def test_without_a_secret_nothing_is_believed(scheme: Scheme) -> None:
    headers = dict.fromkeys(NAMES, "1")
    told = replace(delivery(b"vpbx_api_key=&sign=&json=", f"{HERE}/x?secret="), headers=headers)
    with pytest.raises(NotAuthenticError):
        scheme.check(told, (), WINDOW)
