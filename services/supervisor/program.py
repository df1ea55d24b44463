"""One supervised program: how it starts, where to ask whether it is ready, and when to start it again. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0
STEADY_S = 30.0
"""A program that ran this long is steady: its next failure is a first one again."""


@dataclass(frozen=True, slots=True)
class Program:
    """A service as the supervisor knows it."""

    name: str
    module: str
    """What `python -m` runs."""
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None
    """Where it answers `GET /readyz`."""
    port: int | None = None
    """Where it takes connections, if it is no HTTP. With neither it is ready as soon as it runs."""
    after: tuple[str, ...] = ()
    """The programs that are ready before it starts."""
    once: bool = False
    """It ends by itself, and is not started again."""


def pause_s(failures: int) -> float:
    """How long to wait before the start after so many failures in a row: twice as long each time, to a limit."""
    return min(FIRST_PAUSE_S * 2.0 ** (failures - 1), LONGEST_PAUSE_S) if failures else 0.0


def failures_after(failures: int, ran_s: float) -> int:
    """How many failures in a row it makes when a program ends that ran so long."""
    return 1 if ran_s >= STEADY_S else failures + 1
