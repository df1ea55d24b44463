"""Forms, as HTTP clients encode them."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

_FIELDS = 300


def fields_of(body: bytes) -> Sequence[tuple[str, str]] | None:
    """The fields of a form, decoded, in their order; None for what is none, or has too many of them."""
    try:
        return parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=_FIELDS, errors="strict"
        )
    except ValueError:
        return None
