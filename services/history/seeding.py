"""Seeding a version of the live cells: what the archive makes of the log is written down as a shard's beginning.

The new version's workers go on from there, as they would after a restart: an opening tick, the statements of every cell
as of that tick, the ids seen, and then the mark, which says that all of it is there.
"""

import asyncio
from collections.abc import Iterator, Mapping
from itertools import chain, groupby, islice
from operator import itemgetter

import msgspec
import structlog
from aiokafka import AIOKafkaProducer

from projections.cells import Boards, Cells, still_live, without_zeros
from services.history.archive import TOLD_DAY, Archive
from services.history.errors import SeededError
from services.runtime.log import producer
from services.runtime.settings import KafkaSettings
from services.runtime.shards import PROJECTED_TOPICS, Positions, Shards, cells_topic, ticks_topic
from services.runtime.ticks import (
    CLOSED,
    FARTHEST_EAST,
    HEADS,
    LATE,
    NEVER,
    Mark,
    Tick,
    cell_keys,
    encode_tick,
    mark_key,
    segments,
    statements,
)
from services.runtime.topics import partition_count
from services.runtime.versions import made_by

_WRITTEN_AT_ONCE = 10_000
_FETCHED_AT_ONCE = 50_000
_HEADS = """
SELECT topic, stream, max(streamversion) FROM records JOIN cut USING (topic, "partition")
WHERE verdict IN ('counts', 'parked') AND "offset" < before AND stream IS NOT NULL
GROUP BY ALL
"""
_IDS = """
SELECT topic, day, unhex(replace(id::VARCHAR, '-', '')) FROM records JOIN cut USING (topic, "partition")
WHERE verdict = 'counts' AND "offset" < before AND stream IS NULL
ORDER BY topic, day
"""
_LATE = f"""
SELECT strftime(come_to, '%Y-%m-%d'), count(*)
FROM (SELECT day,
             max({TOLD_DAY})
                 OVER (PARTITION BY topic, "partition" ORDER BY "offset")                  AS come_to
      FROM records JOIN cut USING (topic, "partition") WHERE verdict = 'counts' AND "offset" < before)
WHERE day < come_to - $closed::INTEGER GROUP BY ALL
"""
_CLOSED = {"closed": CLOSED.count - 1, "farthest_east": FARTHEST_EAST}
_APPENDED = 'SELECT max(epoch_ms(appended_at)) FROM records JOIN cut USING (topic, "partition") WHERE "offset" < before'

Record = tuple[bytes, bytes]
log = structlog.get_logger()


class Seeding:
    """Writes the beginning of one version, as of one cut: all that is archived when it is made."""

    def __init__(self, archive: Archive, kafka: KafkaSettings, version: int) -> None:
        """Write nothing yet."""
        self._archive, self._kafka, self._version = archive, kafka, version
        self._made_by = made_by(archive.projections)
        self.cut: Positions = archive.positions()

    async def run(self) -> Mapping[str, str]:
        """Seed every shard; by which projections. Raises SeededError when the version has begun already."""
        shards = Shards(await partition_count(self._kafka.bootstrap_servers, PROJECTED_TOPICS[0]))
        async with producer(self._kafka) as writer:
            for number in shards.every:
                await self._seed(writer, shards, number)
        return self._made_by

    async def _seed(self, writer: AIOKafkaProducer, shards: Shards, number: int) -> None:
        opening = encode_tick(Tick(prev=NEVER, made_by=self._made_by))
        opened = await writer.send_and_wait(ticks_topic(self._version), opening, partition=number)
        if opened.offset != 0:
            raise SeededError(self._version)
        cut = {source: self.cut[source] for source in shards.sources(number) if source in self.cut}
        topic, records = cells_topic(self._version), self._records(cut, opened.offset)
        while some := await asyncio.to_thread(list, islice(records, _WRITTEN_AT_ONCE)):
            sent = [await writer.send(topic, value, key=key, partition=number) for key, value in some]
            await asyncio.gather(*sent)
        mark = await asyncio.to_thread(self._mark, cut, opened.offset)
        await writer.send_and_wait(topic, mark, key=mark_key(opened.offset), partition=number)
        log.info("shard_seeded", version=self._version, shard=number)

    def _records(self, cut: Positions, epoch: int) -> Iterator[Record]:
        """The statements of the cells, then the segments of the ids."""
        for name, cells in self._boards(cut).items():
            yield from zip(cell_keys(epoch, name, cells), statements(epoch, cells.values()), strict=True)
        yield from self._segments(cut, epoch)

    def _boards(self, cut: Positions) -> Boards:
        projections = self._archive.projections
        day = self._archive.day_at(cut)
        boards = self._archive.cells_at(cut, projections, day)
        cells = {name: without_zeros(projections[name], of_name) for name, of_name in boards.items()}
        with self._archive.reading(cut) as reading:
            heads: Cells = {(topic, stream): (head,) for topic, stream, head in reading.con.execute(_HEADS).fetchall()}
            late: Cells = {(day,): (events,) for day, events in reading.con.execute(_LATE, _CLOSED).fetchall()}
        return cells | {HEADS.name: heads, LATE.name: still_live(LATE, late, day)}

    def _segments(self, cut: Positions, epoch: int) -> Iterator[Record]:
        with self._archive.reading(cut) as reading:
            found = reading.con.execute(_IDS)
            rows = chain.from_iterable(iter(lambda: found.fetchmany(_FETCHED_AT_ONCE), []))
            for (topic, day), of_day in groupby(rows, itemgetter(0, 1)):
                yield from segments(epoch, epoch, topic, {day: b"".join(row[2] for row in of_day)})

    def _mark(self, cut: Positions, epoch: int) -> bytes:
        positions = {topic: before for (topic, _partition), before in cut.items()}
        with self._archive.reading(cut) as reading:
            [(appended_ms,)] = reading.con.execute(_APPENDED).fetchall()
        days = {topic: day for (topic, _partition), day in self._archive.days_at(cut).items()}
        return msgspec.json.encode(Mark(epoch, positions, appended_ms or 0, dict(self._made_by), days))
