"""Quix Streams with Kvota's own trick: state of whole partitions, whose sums add up, so that nothing is grouped anew.

Its state belongs to the key of a message; every key is read as one. Repetitions are ignored by an entry for each id,
which it keeps for ever. State is RocksDB with a changelog topic; offsets are committed every second.
"""

import sys
from typing import Any

import msgspec
from quixstreams.models import BytesDeserializer, Deserializer

from tests.bench.projector.folds import contributions, decode
from tests.bench.projector.peers.quix import application


class OneKey(Deserializer):
    """Reads every key as the same one."""

    def __call__(self, value: bytes, ctx: Any) -> bytes:
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
    app = application(bootstrap, name, folder)
    source = app.topic(topic, key_deserializer=OneKey(), value_deserializer=BytesDeserializer())
    app.dataframe(source).update(fold, stateful=True)
    app.run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[5])
