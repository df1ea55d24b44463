"""Comparing what was told with the secrets that are known, in a time that tells nothing of them."""

import hmac
from collections.abc import Iterable


def is_one_of(told: str, secrets: Iterable[str]) -> bool:
    """Whether it is one of them; every one is looked at, whatever the others were. An empty one is none."""
    found = False
    for secret in secrets:
        same = hmac.compare_digest(told.encode("utf-8", "surrogatepass"), secret.encode("utf-8", "surrogatepass"))
        found |= same and bool(secret)
    return found
