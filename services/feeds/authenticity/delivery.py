"""What an outside system delivered over HTTP, and how it can be refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One request, before anything in it is believed."""

    method: str
    url: str
    """The address as the sender called it, with its query."""
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes
    received_at: datetime
    """In UTC."""

    def check_age(self, signed_at: float, window: timedelta) -> None:
        """Raise StaleError unless it was signed, in epoch seconds, within a window before or after it was received."""
        received, seconds = self.received_at.timestamp(), window.total_seconds()
        if not received - seconds <= signed_at <= received + seconds:  # this way no number is too large to compare
            raise StaleError


class NotAuthenticError(Exception):
    """A delivery cannot be believed to come from its source; nothing of it or of a secret is quoted."""

    def __init__(self, kind: str, en: str, ru: str) -> None:
        """Say why, for programs and for people."""
        super().__init__(en)
        self.kind, self.en, self.ru = kind, en, ru


class StaleError(NotAuthenticError):
    """It was signed too long ago, or in the future: it may be a copy of one that was heard on its way."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            "stale-signature",
            "the signature was made too long ago, or in the future: check the clocks",
            "подпись сделана слишком давно или в будущем: проверьте часы",
        )


class Scheme(Protocol):
    """A rule by which a source proves itself."""

    def check(self, delivery: Delivery, secrets: Sequence[str], window: timedelta, /) -> None:
        """Raise NotAuthenticError unless one of the secrets proves the delivery, within `window` of now."""
