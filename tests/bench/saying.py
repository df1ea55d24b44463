"""What the benches say to whoever runs them, beside their figures."""

import sys

WRONG, BAD_INPUT = 1, 2
"""Exit codes: somebody's numbers are wrong; it cannot be run so."""


def say(line: str) -> None:
    """A line at once, where no figures go."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def refuse(line: str, code: int) -> int:
    """Say why nothing comes of it; the exit code."""
    say(f"kvota: {line}")
    return code
