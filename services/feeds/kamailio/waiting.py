"""Waiting, by the clock of what is read, for what may still be said of a call."""

from collections.abc import Iterator

from services.feeds.facts import Micros

Since = dict[str, Micros | None]
"""Since when each call waits, in the order in which they began; None until anything with a time comes."""


def due(since: Since, at: Micros, patience: Micros) -> Iterator[str]:
    """Take out the calls that have waited long enough; those that have just begun to, do so from this moment.

    One that began to wait when a clock was wrong, and lay ahead, does so from now on.
    """
    for call in reversed(since):
        if since[call] is not None:
            break
        since[call] = at
    while since:
        call = next(iter(since))
        begun = since[call] = min(since[call] or at, at)
        if begun + patience > at:
            return
        del since[call]
        yield call
