"""Waiting for what another process does: by looking, with a deadline, never by guessing how long it takes."""

import time
from collections.abc import Callable

_LOOK_EVERY_S = 0.02


def eventually(holds: Callable[[], bool], within_s: float = 20.0) -> bool:
    """Look until `holds`; tell whether it did before `within_s` seconds were over."""
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_EVERY_S)
    return True
