"""The values that only Asterisk writes so, in either source, read strictly."""

from services.feeds.fields import text

_NO_CALL = frozenset({"NONE", "MANAGER", "REALTIME", ""})


def name(value: bytes | None, what: str) -> str:
    r"""Read the name of an agent or a queue as queue_log has it: AMI escapes some quotes, queue_log has _ for |."""
    plain = text(value, what).replace("\\'", "'").replace('\\"', '"')
    return plain.replace("|", "_")


def call_id(value: bytes | None) -> str | None:
    """Read the unique id of a call; None where the line is about none."""
    identity = text(value, "the call id")
    return None if identity in _NO_CALL else identity
