"""What the vendors' packages read deliveries with; the messages say where something is wrong, and quote nothing."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from services.feeds.authenticity.form import fields_of
from services.feeds.facts import SECOND, Micros, UnreadableItemError
from services.feeds.webhooks.seen import Told

LENGTH = 200
"""The longest name."""
_LATEST = 2**32
"""The second in 2106 that no instant lies beyond."""
_EXTENSION = re.compile(r"[A-Za-z0-9_.*#-]{1,40}")
_DIGITS = 6
"""An extension has at most so many digits."""
_ANY = msgspec.json.Decoder(msgspec.Raw)
_QUOTED = re.compile(r"'[^']*'")
Wanted = TypeVar("Wanted")


def read_json(body: bytes | str, decoder: msgspec.json.Decoder[Wanted]) -> Wanted:
    """Read JSON of a shape; raises UnreadableItemError with the place of what is wrong in it."""
    try:
        return decoder.decode(body)
    except UnicodeError:
        message = "it is not UTF-8"
    except RecursionError:
        message = "it is nested too deeply"
    except msgspec.ValidationError as error:
        message = _QUOTED.sub("…", str(error))
    except msgspec.DecodeError as error:
        message = f"it is not JSON: {error}"
    raise UnreadableItemError(message)


def read_each(body: bytes, read: Callable[[bytes], Sequence[Told]]) -> Sequence[Told]:
    """Read every JSON object of a body; raises UnreadableItemError with the number of the one that cannot be read."""
    found = list[Told]()
    for index, item in enumerate(_items_of(body)):
        try:
            found += read(item)
        except UnreadableItemError as error:
            message = f"item {index}: {error}"
            raise UnreadableItemError(message) from None
    return found


def _items_of(body: bytes) -> Sequence[bytes]:
    """The JSON objects of a body: one, however it is laid out, or one a line."""
    try:
        _ANY.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return [line for line in body.split(b"\n") if line.strip()]
    return [body]


def read_form(body: bytes) -> Mapping[str, str]:
    """The fields of a form; raises UnreadableItemError for what is none."""
    fields = fields_of(body)
    if fields is None:
        message = "it is no form"
        raise UnreadableItemError(message)
    return dict(fields)


def needed(form: Mapping[str, str], name: str) -> str:
    """A field of a form; raises UnreadableItemError where it is missing or empty, or longer than any name."""
    value = form.get(name, "")
    if not 0 < len(value) <= LENGTH:
        message = f"{name} is longer than {LENGTH} characters" if value else f"{name} is missing"
        raise UnreadableItemError(message)
    return value


def extension(text: str | None) -> str | None:
    """An extension of the phone system's own; None for what is none, or may be a number of the outside world."""
    return text if text is not None and _EXTENSION.fullmatch(text) and sum(map(str.isdigit, text)) <= _DIGITS else None


def number(text: str, what: str) -> int:
    """A whole number from zero up; raises UnreadableItemError for any other text."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_LATEST))):
        message = f"{what} is not a number"
        raise UnreadableItemError(message)
    return int(text)


def iso(text: str, what: str) -> Micros:
    """The moment that an ISO 8601 text with a zone says; raises UnreadableItemError for any other."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        message = f"{what} is no moment with a zone"
        raise UnreadableItemError(message)
    return epoch(moment.timestamp(), what)


def epoch(seconds: float, what: str) -> Micros:
    """The moment of an epoch second; raises UnreadableItemError for one before 1970 or after 2106."""
    if not 0 < seconds < _LATEST:
        message = f"{what} is out of range"
        raise UnreadableItemError(message)
    return round(seconds * SECOND)
