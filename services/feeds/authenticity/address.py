"""The address that a sender called, taken apart."""

from collections.abc import Sequence
from urllib.parse import SplitResult, parse_qs, urlsplit

_NOWHERE = urlsplit("")
_PARAMETERS = 300


def parts_of(url: str) -> SplitResult:
    """Its parts; none for what is no address."""
    try:
        return urlsplit(url)
    except ValueError:
        return _NOWHERE


def values_of(query: str, name: str) -> Sequence[str]:
    """What a parameter of the query says, which may be there several times; nothing where there are too many."""
    try:
        return parse_qs(query, max_num_fields=_PARAMETERS).get(name, [])
    except ValueError:
        return []
