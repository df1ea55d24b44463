"""Cutting what lasts into pieces, none of which crosses a quarter of an hour."""

from collections.abc import Iterator

QUARTER = 900
"""A quarter of an hour, in seconds."""


def quarter_of(second: int) -> int:
    """Give the epoch second in which the quarter of an hour began that a second lies in."""
    return second // QUARTER * QUARTER


def pieces(began: int, ended: int) -> Iterator[tuple[int, int]]:
    """Cut what lasted from one epoch second to another, in order; nothing where the one is not before the other."""
    while began < ended:
        end = min(ended, quarter_of(began) + QUARTER)
        yield began, end
        began = end
