"""The values that phone systems write, read strictly; the messages name a field and never quote it."""

import re

from services.feeds.facts import SECOND, Micros, UnreadableItemError

_LATEST = 2**32
"""The second in 2106 that no instant lies beyond."""
_DIGITS = 9
"""A duration or a position has no more digits than this."""
_LENGTH = 200
"""The longest name."""
_EXTENSION = re.compile(r"[A-Za-z0-9_.*#-]{1,40}")
_EXTENSION_DIGITS = 6
"""An extension has at most so many digits; what has more may be somebody's number."""
_DOMESTIC = re.compile(r"[0-9]{1,6}")


def text(value: bytes | None, what: str) -> str:
    """Read a short text that must be there."""
    if not value:
        message = f"{what} is missing"
        raise UnreadableItemError(message)
    try:
        decoded = value.decode()
    except UnicodeDecodeError:
        message = f"{what} is not UTF-8"
        raise UnreadableItemError(message) from None
    if len(decoded) > _LENGTH:
        message = f"{what} is longer than {_LENGTH} characters"
        raise UnreadableItemError(message)
    return decoded


def number(value: bytes | None, what: str) -> int:
    """Read a whole number from zero up: a duration or a position."""
    if value is None:
        message = f"{what} is missing"
        raise UnreadableItemError(message)
    if not value.isdigit() or len(value) > _DIGITS:
        message = f"{what} is negative" if value.startswith(b"-") else f"{what} is not a number"
        raise UnreadableItemError(message)
    return int(value)


def moment(value: bytes | None, what: str) -> Micros:
    """Read an instant: epoch seconds, with or without microseconds."""
    seconds, _, fraction = (value or b"").partition(b".")
    if not seconds.isdigit() or (fraction and not fraction.isdigit()):
        message = f"{what} is not an epoch time" if value else f"{what} is missing"
        raise UnreadableItemError(message)
    if len(seconds) > len(str(_LATEST)) or not 0 < int(seconds) < _LATEST:
        message = f"{what} is out of range"
        raise UnreadableItemError(message)
    return int(seconds) * SECOND + int(fraction[:6].ljust(6, b"0"))


def extension(value: bytes | None) -> str | None:
    """Read an extension of the phone system's own; None for what may be a number of the outside world."""
    if not value or not (plain := value.decode(errors="replace")).isascii() or not _EXTENSION.fullmatch(plain):
        return None
    return plain if sum(map(str.isdigit, plain)) <= _EXTENSION_DIGITS else None


def is_domestic(value: bytes | None) -> bool:
    """Whether a number is one of the phone system's own: a caller with none may be anybody."""
    return _DOMESTIC.fullmatch((value or b"").decode(errors="replace")) is not None
