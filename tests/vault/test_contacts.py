"""By what people are reached: one person is one person, however the number or the address is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.vault.contacts import NoContactError, address, e164

SAME_NUMBER = [
    "+7 916 123-45-67",
    "8 (916) 123-45-67",
    "89161234567",
    "9161234567",
    "tel:+7-916-123-45-67",
    "+79161234567",
]
NO_NUMBER = ["101", "", "phone", "+7 916", "8 800", "+999 123 456 789", "anonymous", "s", "+7916123456789012345"]
SAME_ADDRESS = ["Anna@Example.org", " anna@example.org ", "ANNA@EXAMPLE.ORG"]
NO_ADDRESS = [
    "anna",
    "anna@",
    "@example.org",
    "anna@localhost",
    "a b@example.org",
    "a@b@c.org",
    "a@b..org",
    f"{'a' * 65}@b.org",
    f"a@{'b.' * 130}org",
]


@pytest.mark.parametrize("written", SAME_NUMBER)
def test_a_number_is_written_in_one_way(written: str) -> None:
    assert e164(written, "RU") == "+79161234567"


def test_a_number_without_a_country_is_of_the_region() -> None:
    assert e164("020 7946 0018", "GB") == "+442079460018"
    assert e164("+44 20 7946 0018", "RU") == "+442079460018"


@pytest.mark.parametrize("written", NO_NUMBER)
def test_what_nobody_can_be_called_by_is_no_number_and_is_not_repeated(written: str) -> None:
    with pytest.raises(NoContactError) as refused:
        e164(written, "RU")
    assert not written or written not in str(refused.value).split()


@pytest.mark.parametrize("written", SAME_ADDRESS)
def test_an_address_is_written_in_one_way(written: str) -> None:
    assert address(written) == "anna@example.org"


def test_a_domain_is_compared_in_ascii_and_letters_in_one_form() -> None:
    assert address("Анна@Почта.рф") == "анна@xn--80a1acny.xn--p1ai" == address("анна@xn--80a1acny.xn--p1ai")
    assert address("zo\u0065\u0301@example.org") == address("zo\u00e9@example.org")


def test_dots_and_tags_make_another_address() -> None:
    assert len({address(each) for each in ("anna@example.org", "an.na@example.org", "anna+news@example.org")}) == 3


@pytest.mark.parametrize("written", NO_ADDRESS)
def test_what_nobody_can_be_written_to_is_no_address(written: str) -> None:
    with pytest.raises(NoContactError, match="is no e-mail address"):
        address(written)


def in_russia(number: str) -> str:
    return e164(number, "RU")


@given(st.text())
def test_whatever_is_told_is_written_or_refused_and_what_is_written_stays(told: str) -> None:
    for write in (address, in_russia):
        try:
            written = write(told)
        except NoContactError:
            continue
        assert write(written) == written
