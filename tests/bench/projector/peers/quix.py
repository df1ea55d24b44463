"""Quix Streams: three sums and the ids seen, in its RocksDB state with changelog topics, committed every second.

Its state belongs to the key of a message, here the call. Two ways lead on: `group_by` for each table, which writes every
contribution to another topic and reads it again, or state for a whole partition, as here, by reading every key as one.
This is much the cheaper of the two. Repetitions are ignored by an entry for each id, which it keeps for ever.
"""

import sys
from typing import Any

import msgspec
from quixstreams import Application
from quixstreams.models import BytesDeserializer, Deserializer

from tests.bench.projector.folds import contributions, decode


class OneKey(Deserializer):
    """Reads every key as the same one."""

    def __call__(self, _value: bytes, _context: Any) -> bytes:
        return b"partition"


def fold(value: bytes, state: Any) -> None:
    """Fold one record."""
    told = decode(value)
    seen = told.id.encode()
    if state.exists(seen):
        return
    state.set_bytes(seen, b"1")
    for table, key, numbers in contributions(told):
        cell = f"{table}|{key}".encode()
        known = state.get_bytes(cell)
        sums = numbers if known is None else tuple(map(int.__add__, msgspec.json.decode(known), numbers))
        state.set_bytes(cell, msgspec.json.encode(sums))


def main(bootstrap: str, topic: str, name: str, folder: str) -> None:
    """Fold until told to stop."""
    app = Application(
        bootstrap,
        consumer_group=name,
        auto_offset_reset="earliest",
        commit_interval=1.0,
        state_dir=folder,
        loglevel="WARNING",
        consumer_extra_config={"fetch.min.bytes": 1 << 20, "fetch.wait.max.ms": 50},
    )
    source = app.topic(topic, key_deserializer=OneKey(), value_deserializer=BytesDeserializer())
    app.dataframe(source).update(fold, stateful=True)
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:4], sys.argv[5])
