"""What the broker's log file says."""

from pathlib import Path


def failure(what: str, log: Path, since: int) -> str:
    """Return one clear line: `what` happened, what the log said last since byte `since`, and where to read more."""
    said = _last_line(log, since) or "it said nothing"
    return f"{what}: {said} (log file: {log})"


def _last_line(log: Path, since: int) -> str | None:
    """Return the last line that says something: an indented one is a place in a stack trace."""
    with log.open("rb") as file:
        file.seek(since)
        lines = file.read().decode(errors="replace").splitlines()
    return next((line for line in reversed(lines) if line.strip() and not line[0].isspace()), None)
