"""The records as they are told, a line each in one file, which everybody reads; and calls of it as columns.

It needs nothing but msgspec, which both environments have.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from tests.bench.projector import folds


class Call(NamedTuple):
    """A record as a row: what the peers who are handed rows keep of it."""

    id: str
    day: str
    call: str
    direction: str
    outcome: str
    queue: str | None
    rep: str | None
    tactic: str | None
    wait_seconds: int
    ring_seconds: int
    talk_seconds: int
    hold_seconds: int
    wrap_seconds: int
    answered_by: str | None
    enqueued_at: str | None
    answered_at: str | None
    ended_at: str


class _Data(folds.Call, kw_only=True, frozen=True, gc=False):
    call: str


class _Told(msgspec.Struct, frozen=True, gc=False):
    id: str
    day: str
    data: _Data


def raws(path: Path) -> Iterator[bytes]:
    """Each record's bytes, in the order of the log."""
    with path.open("rb", buffering=1 << 20) as lines:
        for line in lines:
            yield line[:-1]


def calls(path: Path) -> Iterator[Call]:
    """Each record as a row, in the order of the log, those told again included."""
    decode = msgspec.json.Decoder(_Told).decode
    for raw in raws(path):
        told = decode(raw)
        data = told.data
        yield Call(
            told.id,
            told.day,
            data.call,
            data.direction,
            data.outcome,
            data.queue,
            data.rep,
            data.tactic,
            data.wait_seconds,
            data.ring_seconds,
            data.talk_seconds,
            data.hold_seconds,
            data.wrap_seconds,
            data.answered_by,
            data.enqueued_at,
            data.answered_at,
            data.ended_at,
        )
