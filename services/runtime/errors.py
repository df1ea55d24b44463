"""What went wrong, for a person."""

from typing import NamedTuple


class WrongField(NamedTuple):
    """What is wrong with one thing that somebody said, in both languages; the name of the thing is not in the text."""

    field: str
    en: str
    ru: str


class ClearError(Exception):
    """Its text is one clear line: what was wrong, where, and what to do. The command line shows it and exits with 2."""


class NoBrokerError(ClearError):
    """No Kafka answers."""

    def __init__(self, bootstrap_servers: str) -> None:
        """Say where it was looked for."""
        hint = "start it with `kvota broker start`, or set KVOTA_KAFKA_BOOTSTRAP_SERVERS"
        super().__init__(f"no Kafka answers at {bootstrap_servers}: {hint}")


def clear_cause(error: BaseException) -> ClearError | None:
    """The clear error that is behind another; of a group, the first, if all have one. None when there is none."""
    if isinstance(error, ClearError):
        return error
    if isinstance(error, BaseExceptionGroup):
        causes = [clear_cause(each) for each in error.exceptions]
        return causes[0] if all(causes) else None
    return clear_cause(error.__cause__) if error.__cause__ is not None else None
