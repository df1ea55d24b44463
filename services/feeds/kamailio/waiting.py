"""Waiting, by the clock of what is read, for what may still be said of a call."""

from collections.abc import Iterator

from services.feeds.facts import Micros

Since = dict[str, Micros | None]
"""Since when each call waits, in the order in which they began; None until anything with a time comes."""


def due(since: Since, at: Micros, patience: Micros) -> Iterator[str]:
    """Take out the calls that have waited long enough; those that have just begun to, do so from this moment.

    Those that began to wait when a clock was wrong, and lay ahead, do so from now on.
    """
    for call in reversed(since):
        begun = since[call]
        if begun is not None and begun <= at:
            break
        since[call] = at
    while since:
        call, begun = next(iter(since.items()))
        if begun is None or begun + patience > at:
            return
        del since[call]
        yield call
