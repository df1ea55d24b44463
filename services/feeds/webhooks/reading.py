"""What the vendors' packages read deliveries with; the messages say where something is wrong, and quote nothing."""

import re
from typing import TypeVar

import msgspec

from services.feeds.facts import SECOND, Micros, UnreadableItemError

_LATEST = 2**32
"""The second in 2106 that no instant lies beyond."""
_QUOTED = re.compile(r"'[^']*'")
Wanted = TypeVar("Wanted")


def read_json(body: bytes | str, decoder: msgspec.json.Decoder[Wanted]) -> Wanted:
    """Read JSON of a shape; raises UnreadableItemError with the place of what is wrong in it."""
    try:
        return decoder.decode(body)
    except UnicodeDecodeError as error:
        message = f"it is not UTF-8 at byte {error.start}"
    except msgspec.ValidationError as error:
        message = _QUOTED.sub("…", str(error))
    except msgspec.DecodeError as error:
        message = f"it is not JSON: {error}"
    raise UnreadableItemError(message)


def epoch(seconds: float, what: str) -> Micros:
    """The moment of an epoch second; raises UnreadableItemError for one before 1970 or after 2106."""
    if not 0 < seconds < _LATEST:
        message = f"{what} is out of range"
        raise UnreadableItemError(message)
    return round(seconds * SECOND)
