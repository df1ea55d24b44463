"""Standard Webhooks: its keys, its times, and what is signed of a delivery."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feeds.authenticity.delivery import Delivery, NotAuthenticError, StaleError
from services.feeds.authenticity.standard_webhooks import StandardWebhooks
from tests.feeds.authenticity.delivered import NOW, WINDOW, by_standard_webhooks, delivery, flipped, is_let_in

NEW, OLD, OTHER = (f"whsec_{base64.b64encode(bytes([number]) * 32).decode()}" for number in (1, 2, 3))
BODY = '{"type":"call.ended","note":"\u0417\u0432\u043e\u043d\u043e\u043a"}'.encode()
SCHEME = StandardWebhooks()
HEADERS = ["webhook-id", "webhook-timestamp", "webhook-signature"]


def with_headers(told: Delivery, **changed: str) -> Delivery:
    headers: Mapping[str, str] = {**told.headers, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return replace(told, headers=headers)


def test_two_keys_prove_a_delivery_and_a_third_does_not() -> None:
    assert is_let_in(SCHEME, by_standard_webhooks(NEW, BODY), NEW, OLD)
    assert is_let_in(SCHEME, by_standard_webhooks(OLD, BODY), NEW, OLD)
    assert not is_let_in(SCHEME, by_standard_webhooks(OTHER, BODY), NEW, OLD)
    with pytest.raises(NotAuthenticError) as refused:
        SCHEME.check(by_standard_webhooks(OTHER, BODY), [NEW, OLD], WINDOW)
    assert refused.value.kind == "signature-wrong"


def test_a_sender_that_changes_its_key_signs_with_both() -> None:
    told, before = by_standard_webhooks(NEW, BODY), by_standard_webhooks(OTHER, BODY).headers["webhook-signature"]
    both = f"{before} v1a,of-another-kind v2,later {told.headers['webhook-signature']}"
    assert is_let_in(SCHEME, with_headers(told, webhook_signature=both), NEW)


@pytest.mark.parametrize("version", ["v1a", "v2", "V1", ""])
def test_a_signature_of_another_version_is_passed_over(version: str) -> None:
    told = by_standard_webhooks(NEW, BODY)
    signature = told.headers["webhook-signature"].replace("v1", version)
    assert not is_let_in(SCHEME, with_headers(told, webhook_signature=signature), NEW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_no base64", "\u0441\u0435\u043a\u0440\u0435\u0442", "abc"])
def test_a_secret_that_is_no_key_proves_nothing(secret: str) -> None:
    assert not is_let_in(SCHEME, by_standard_webhooks("", BODY), secret)
    assert is_let_in(SCHEME, by_standard_webhooks(NEW, BODY), secret, NEW)


@pytest.mark.parametrize("away", [timedelta(seconds=-301), timedelta(seconds=301), timedelta(days=-900)])
def test_a_signature_of_another_time_is_stale(away: timedelta) -> None:
    with pytest.raises(StaleError):
        SCHEME.check(by_standard_webhooks(NEW, BODY, NOW + away), [NEW], WINDOW)


@pytest.mark.parametrize("away", [-WINDOW, timedelta(), WINDOW])
def test_a_signature_within_the_window_is_not(away: timedelta) -> None:
    assert is_let_in(SCHEME, by_standard_webhooks(NEW, BODY, NOW + away), NEW)


@pytest.mark.parametrize("missing", HEADERS)
@pytest.mark.parametrize("left", [None, "", "\u0436", "\u00b2", "1.5", "-1", "1" * 13, "x." * 9_999])
def test_a_header_that_is_missing_or_none_is_refused(missing: str, left: str | None) -> None:
    told = by_standard_webhooks(NEW, BODY)
    headers = {name: value for name, value in told.headers.items() if name != missing}
    headers |= {} if left is None else {missing: left}
    assert not is_let_in(SCHEME, replace(told, headers=headers), NEW)


@pytest.mark.parametrize("time", ["\u00b2", "\u0661", "1" * 5_000, " 1", "1.5", "-1", ""])
def test_a_time_that_is_none_is_refused_even_where_it_is_signed(time: str) -> None:
    with pytest.raises(NotAuthenticError) as refused:
        SCHEME.check(by_standard_webhooks(NEW, BODY, time), [NEW], WINDOW)
    assert refused.value.kind == "signature-missing"


def test_more_signatures_than_anybody_needs_are_not_looked_at() -> None:
    told = by_standard_webhooks(NEW, BODY)
    many = "v1,another " * 1_000 + told.headers["webhook-signature"]
    assert not is_let_in(SCHEME, with_headers(told, webhook_signature=many), NEW)


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_bit_of_the_body(place: int, bit: int) -> None:
    told = by_standard_webhooks(NEW, BODY)
    assert not is_let_in(SCHEME, replace(told, body=flipped(BODY, place, bit)), NEW)


@pytest.mark.parametrize("name", HEADERS)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 6))
def test_one_bit_of_a_header(name: str, place: int, bit: int) -> None:
    told = by_standard_webhooks(NEW, BODY)
    changed = flipped(told.headers[name].encode(), place, bit).decode()
    assert not is_let_in(SCHEME, replace(told, headers={**told.headers, name: changed}), NEW)


def test_nothing_moves_from_one_part_of_what_is_signed_into_another() -> None:
    told = by_standard_webhooks(NEW, b"1.5")
    time = told.headers["webhook-timestamp"]
    moved = with_headers(told, webhook_id=f"{told.headers['webhook-id']}.{time}", webhook_timestamp="1")
    assert not is_let_in(SCHEME, replace(moved, body=b"5", received_at=NOW.fromtimestamp(1, NOW.tzinfo)), NEW)


@given(body=st.binary(), identity=st.text(), time=st.text(), signature=st.text())
def test_nothing_that_is_sent_does_more_than_not_be_believed(
    body: bytes, identity: str, time: str, signature: str
) -> None:
    told = delivery(body, webhook_id=identity, webhook_timestamp=time, webhook_signature=signature)
    assert not is_let_in(SCHEME, told, NEW)
    assert not is_let_in(SCHEME, with_headers(told, webhook_id="a", webhook_timestamp="1"), NEW)
    assert not is_let_in(SCHEME, with_headers(told, webhook_signature=f"v1,{signature}"), NEW)
