"""What a person says of the company, read: its time zone, and the rep behind each agent's name."""

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from services.feeds.facts import Company
from services.runtime.errors import ClearError

_Rep = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


def read_company(time_zone: str, roster: Path | None = None) -> Company:
    """Read the company; raises ClearError for a time zone that is none, and a roster that is none."""
    return Company(read_zone(time_zone), _roster(roster))


def read_zone(name: str) -> ZoneInfo:
    """Read a time zone; raises ClearError for one that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        message = f"there is no time zone {name!r}: write one such as Europe/Moscow"
        raise ClearError(message) from None


def _roster(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, _Rep])
    except msgspec.DecodeError as error:
        message = f"{path}: a roster is a JSON object of rep ids by agent name: {error}"
        raise ClearError(message) from None
