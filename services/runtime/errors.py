"""What went wrong, for a person."""


class ClearError(Exception):
    """Its text is one clear line: what was wrong, where, and what to do. The command line shows it and exits with 2."""


class NoBrokerError(ClearError):
    """No Kafka answers."""

    def __init__(self, bootstrap_servers: str) -> None:
        """Say where it was looked for."""
        hint = "start it with `kvota broker start`, or set KVOTA_KAFKA_BOOTSTRAP_SERVERS"
        super().__init__(f"no Kafka answers at {bootstrap_servers}: {hint}")


def clear_cause(error: BaseException) -> ClearError | None:
    """The clear error that is behind another, or is one of a group; None when there is none."""
    if isinstance(error, ClearError):
        return error
    inside = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    behind = [each for each in (*inside, error.__cause__) if each is not None]
    return next((found for each in behind if (found := clear_cause(each)) is not None), None)
