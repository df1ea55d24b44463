"""The log's clock where nobody says anything: a record in the intake, so that whoever folds it tells the same."""

import asyncio
import time
from collections.abc import Mapping
from itertools import count

import structlog

from services.feeds.appender import Appender, AppendError, Record, partition_of
from services.feeds.facts import Micros
from services.feeds.webhooks.seen import TICK
from services.runtime.topics import INTAKE

_AGAIN_S = 30.0
"""How long to wait before saying so again: our clock may be ahead of the broker's, whose clock counts."""
_NS = 1000

_log = structlog.get_logger()


class Ticking:
    """Says to the partitions of the intake that time goes on, when that is all that is needed to tell more."""

    def __init__(self, appender: Appender, partitions: int) -> None:
        """Say it to so many partitions."""
        self._appender = appender
        self._keys = [_key(partition, partitions) for partition in range(partitions)]
        self._next: dict[int, float] = {}

    async def tick(self, due: Mapping[int, Micros | None]) -> None:
        """Say it to those that are due by now; what the log does not take is said again later."""
        now, moment = time.time_ns() // _NS, asyncio.get_running_loop().time()
        late = [
            partition
            for partition, at in due.items()
            if at is not None and at <= now and self._next.get(partition, 0) <= moment
        ]
        if not late:
            return
        self._next |= dict.fromkeys(late, moment + _AGAIN_S)
        try:
            await self._appender.append([Record(INTAKE, self._keys[partition], TICK) for partition in late])
        except AppendError as error:
            await _log.awarning("kafka_does_not_take", records=len(late), reason=str(error))


def _key(partition: int, partitions: int) -> bytes:
    """Find a key that belongs to a partition."""
    keys = (f"tick/{number}".encode() for number in count())
    return next(key for key in keys if partition_of(key, partitions) == partition)
