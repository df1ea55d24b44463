"""The languages that people are answered in, and which of them a request asks for."""

import re
from typing import Literal

Language = Literal["en", "ru"]
_KNOWN: dict[str, Language] = {"en": "en", "ru": "ru"}
_PREFERENCE = re.compile(r"([a-z]+)[^,;]*(?:;\s*q=([01](?:\.\d+)?)(?![\d.]))?", re.IGNORECASE)


def preferred(accepted: str | None) -> Language:
    """Of our languages, the one that an Accept-Language header likes best, the first of equals; else English."""
    preferences = [(float(weight or 1), name.lower()) for name, weight in _PREFERENCE.findall(accepted or "")]
    known = [(weight, _KNOWN[name]) for weight, name in preferences if name in _KNOWN and weight > 0]
    return max(known, key=lambda preference: preference[0])[1] if known else "en"
