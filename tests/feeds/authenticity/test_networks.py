"""Where deliveries come from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feeds.authenticity.delivery import NotAuthenticError
from services.feeds.authenticity.networks import MANGO, Networks

KNOWN = Networks([*MANGO, "192.0.2.0/24", "2001:db8::/32"])


def is_known(caller: str) -> bool:
    try:
        KNOWN.check(caller)
    except NotAuthenticError:
        return False
    return True


@pytest.mark.parametrize("caller", [*MANGO, "192.0.2.0", "192.0.2.255", "2001:db8::1", "::ffff:81.88.80.132"])
def test_an_address_of_the_vendors_is_known(caller: str) -> None:
    assert is_known(caller)


@pytest.mark.parametrize(
    "caller", ["81.88.80.131", "81.88.80.134", "81.88.82.46", "192.0.3.0", "2001:db9::", "::ffff:192.0.3.0", "unix", ""]
)
def test_any_other_is_not(caller: str) -> None:
    assert not is_known(caller)


def test_what_is_refused_is_not_quoted() -> None:
    with pytest.raises(NotAuthenticError) as refused:
        KNOWN.check("198.51.100.7")
    assert refused.value.kind == "address-unknown"
    assert "198.51" not in refused.value.en + refused.value.ru


@pytest.mark.parametrize("network", ["192.0.2.1/24", "example.com", ""])
def test_what_is_no_network_is_refused_at_once(network: str) -> None:
    with pytest.raises(ValueError, match=r"does not appear to be|has host bits set"):
        Networks([network])


@given(st.text())
def test_no_text_is_more_than_unknown(caller: str) -> None:
    assert not is_known(f"{caller}x")
