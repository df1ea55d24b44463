"""What the vendors and the specification publish as signed, beyond the first of Twilio's in `test_schemes.py`."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from services.feeds.authenticity.twilio import TwilioSignature
from services.feeds.authenticity.vonage import VonageToken, claims_of
from tests.feeds.authenticity.delivered import by_twilio, delivery, is_let_in

FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
]
TWILIO = "12345"
ADDRESS = "https://mycompany.com/myapp.php?foo=1&bar=2"
JSON = b'{"property": "value", "boolean": true}'
DIGEST = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
NOTHING = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

VONAGE = "qwertyuiopasdfghjklzxcvbnm123456"
PUBLISHED = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJPbmxpbmUgSldUIEJ1aWxkZXIiLCJpYXQiOjE2OTc2MzQ2ODAsImV4cCI6MzMyNTQ1NDA4MjgsImF1ZCI6IiIsInN1YiI6IiJ9"
    ".88vJc3I2HhuqEDixHXVhc9R30tA6U_HQHZTC29y6CGM"
)


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        ("https://mycompany.com:1234/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (ADDRESS, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        ("http://mycompany.com/myapp.php?foo=1&bar=2", "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        ("https://user:pass@mycompany.com/myapp.php?foo=1&bar=2", "CukzLTc1tT5dXEDIHm/tKBanW10="),
        ("https://user@mycompany.com/myapp.php?foo=1&bar=2", "2YRLlVAflCqxaNicjMpJcSTgzSs="),
        ("https://user:pass@mycompany.com/myapp.php?foo=1&bar=2", "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="),
        (f"{ADDRESS}&Body=It's+amazing", "dsq4Ehbj6cs+KdTkpF5sSSplOWw="),
    ],
)
def test_addresses_with_ports_users_and_signs_as_twilio_signs_them(url: str, signature: str) -> None:
    told = delivery(urlencode(FORM).encode(), url, x_twilio_signature=signature)
    assert is_let_in(TwilioSignature(), told, TWILIO)
    assert not is_let_in(TwilioSignature(), replace(told, url=f"{url}&more=1"), TWILIO)


@pytest.mark.parametrize("numbers", [["+1325xxxxxxx", "+1415xxxxxxx"], ["+1415xxxxxxx", "+1325xxxxxxx"]])
def test_several_values_in_any_order_as_twilio_signs_them(numbers: list[str]) -> None:
    form = urlencode([("MessagingBinding.Address", number) for number in numbers]).encode()
    told = delivery(form, ADDRESS, x_twilio_signature="83O6e2vORAoJHUNzJjDWN1jz+BA=")
    assert is_let_in(TwilioSignature(), told, TWILIO)


@pytest.mark.parametrize(
    ("body", "url", "signature"),
    [
        (b"{}", f"{ADDRESS}&bodySHA256={NOTHING}", "Ldidvp12m26NI7eqEvxnEpkd9Hc="),
        (JSON, f"https://mycompany.com/myapp.php?bodySHA256={DIGEST}", "y77kIzt2vzLz71DgmJGsen2scGs="),
    ],
)
def test_bodies_that_are_no_form_as_twilio_signs_them(body: bytes, url: str, signature: str) -> None:
    told = delivery(body, url, x_twilio_signature=signature)
    assert is_let_in(TwilioSignature(), told, TWILIO)
    assert not is_let_in(TwilioSignature(), replace(told, body=b""), TWILIO)


def test_a_shared_key_signs_with_the_hash_that_the_settings_name() -> None:
    settings = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    told = by_twilio("shared", FORM, hashed="sha256", x_twilio_webhooks_signature_settings=settings)
    assert is_let_in(TwilioSignature(), told, "token", "shared")
    assert not is_let_in(TwilioSignature(), told, "token")
    without = {name: value for name, value in told.headers.items() if name == "x-twilio-signature"}
    assert not is_let_in(TwilioSignature(), replace(told, headers=without), "shared")


@pytest.mark.parametrize("settings", ["", "algorithm", "key=k,algorithm=HMAC_MD5", "algorithm=,algorithm=HMAC_SHA256"])
def test_a_hash_that_is_not_known_is_refused(settings: str) -> None:
    told = by_twilio("shared", FORM, hashed="sha256", x_twilio_webhooks_signature_settings=settings)
    assert not is_let_in(TwilioSignature(), told, "shared")


def test_the_token_that_vonage_publishes_is_read_with_its_secret_and_no_other() -> None:
    assert claims_of(PUBLISHED, VONAGE) == {
        "iss": "Online JWT Builder",
        "iat": 1697634680,
        "exp": 33254540828,
        "aud": "",
        "sub": "",
    }
    assert claims_of(PUBLISHED, "asdf") is None
    assert claims_of("asdf", VONAGE) is None


def test_a_token_that_names_no_body_proves_none() -> None:
    told = replace(
        delivery(b"", authorization=f"Bearer {PUBLISHED}"), received_at=datetime.fromtimestamp(1697634680, UTC)
    )
    assert not is_let_in(VonageToken(), told, VONAGE)
