"""By what people are reached: one way to write each number and each address, so that one person is one person. Pure."""

import re
import unicodedata

import phonenumbers

_LONGEST_ADDRESS = 254
_ADDRESS = re.compile(r"([^@\s\x00-\x1f]{1,64})@([^@\s\x00-\x1f]+\.[^@\s\x00-\x1f.]+)")


class NoContactError(ValueError):
    """It is no number or address by which anybody could be reached. The text says why, and does not repeat it."""


def e164(number: str, region: str) -> str:
    """A telephone number as E.164 writes it, such as +74951234567; raises NoContactError for what no plan has.

    `region` is where a number without a country is dialled. An extension is left out: it is a place, not a person.
    """
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        message = "is no telephone number"
        raise NoContactError(message) from None
    if not phonenumbers.is_valid_number(parsed):
        message = "is no telephone number that anybody can have: an extension is looked up by nobody"
        raise NoContactError(message)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def address(email: str) -> str:
    """An e-mail address as it is compared: trimmed, NFC, small letters, the domain in ASCII; raises NoContactError.

    Dots and tags such as +news stay: only some providers deliver them to the same person.
    """
    found = _ADDRESS.fullmatch(unicodedata.normalize("NFC", email.strip()).lower())
    if found is None:
        message = "is no e-mail address"
        raise NoContactError(message)
    try:
        written = f"{found[1]}@{found[2].encode('idna').decode()}"
    except UnicodeError:
        message = "is no e-mail address: there can be no such domain"
        raise NoContactError(message) from None
    if len(written) > _LONGEST_ADDRESS:
        message = "is no e-mail address: it is too long"
        raise NoContactError(message)
    return written
