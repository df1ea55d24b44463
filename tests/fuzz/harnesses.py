"""Every parser of the feeds, with what no bytes may make it do."""

from collections.abc import Callable, Mapping

from services.feeds.registry import FILES, WEBHOOKS
from tests.fuzz import calls, files

Harness = Callable[[bytes], None]
"""Raises for what a parser may not do."""

HARNESSES: Mapping[str, Harness] = {
    **{name: files.of_kind(kind) for name, kind in files.KINDS.items()},
    **{f"files_{source}": files.of_source(source) for source in FILES},
    **{f"webhook_{source}": calls.of_webhook(source) for source in WEBHOOKS},
    "seen": calls.seen,
    "records": calls.records,
    "record": calls.careful,
    "door": calls.accepted,
    "proofs": calls.proofs,
    "secrets": calls.secrets,
}
"""By the name that `make fuzz` calls each."""
