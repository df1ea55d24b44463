"""Shares and their limits once more, in plain Python: what the macros of two shares are measured against."""

from math import sqrt
from statistics import NormalDist

Z, POWER = NormalDist().inv_cdf(0.975), NormalDist().inv_cdf(0.8)
Sample = tuple[int, int]
"""How often something came off, of how many tries."""


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """Solve Wilson's quadratic equation in its textbook form."""
    a, b, c = tries + Z**2, -(2 * hits + Z**2), hits**2 / tries
    root = sqrt(max(b * b - 4 * a * c, 0.0))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def difference(one: Sample, other: Sample) -> tuple[float, float]:
    """Give the limits of what two shares differ by, as Newcombe puts them together."""
    (low1, high1), (low2, high2) = wilson(*one), wilson(*other)
    p1, p2 = one[0] / one[1], other[0] / other[1]
    lower = p1 - p2 - sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2)
    upper = p1 - p2 + sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2)
    return lower, upper
