"""Quix Streams as its guide shows it: each table is grouped by its own key, so what calls add goes through topics.

Repetitions are ignored by state of the call, which is the key of its messages; it keeps that for ever. State is RocksDB
with changelog topics; offsets are committed every second.
"""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from quixstreams import Application
from quixstreams.models import BytesDeserializer, JSONSerializer

from tests.bench.projector.folds import BY_TABLE, TABLES, Contribution, Told, decode


def application(bootstrap: str, name: str, folder: str) -> Application:
    """Make the app, with what both contenders in Quix have alike."""
    return Application(
        bootstrap,
        consumer_group=name,
        auto_offset_reset="earliest",
        commit_interval=1.0,
        state_dir=folder,
        loglevel="WARNING",
        consumer_extra_config={"fetch.min.bytes": 1 << 20, "fetch.wait.max.ms": 50},
    )


def is_first(told: Told, state: Any) -> bool:
    """Tell whether a call's event is told for the first time, and remember it."""
    if state.exists(told.id):
        return False
    state.set(told.id, 1)
    return True


def of_table(table: str, told: Told) -> list[tuple[str, tuple[int, ...]]]:
    """What a call adds to one table."""
    added: list[Contribution] = []
    BY_TABLE[table](told, added)
    return [(key, numbers) for _table, key, numbers in added]


def add(added: list[Any], state: Any) -> None:
    """Add to the sums of one key."""
    _key, numbers = added
    known = state.get("sums")
    state.set("sums", numbers if known is None else list(map(int.__add__, known, numbers)))


def key_of(added: Any) -> str:
    """The key that something is added to."""
    return str(added[0])


def main(bootstrap: str, topic: str, name: str, folder: str) -> None:
    """Fold until told to stop."""
    app = application(bootstrap, name, folder)
    source = app.topic(topic, key_deserializer=BytesDeserializer(), value_deserializer=BytesDeserializer())
    first: Callable[..., Any] = is_first
    calls = app.dataframe(source).apply(decode).filter(first, stateful=True)
    for table in TABLES:
        added = calls.apply(partial(of_table, table), expand=True)
        grouped = added.group_by(key_of, name=table, value_serializer=JSONSerializer(), value_deserializer="json")
        grouped.update(add, stateful=True)
    app.run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[5])
