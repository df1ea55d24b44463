"""What history remembers for whoever imports: which facts were told, and how far imports have come."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeVar
from uuid import UUID

import msgspec

from services.history.archive import Archive
from services.runtime.imports import RUNS, Standing, stream_of
from services.runtime.shards import FACT_TOPICS, Positions, Source

Said = TypeVar("Said")

_TOLD = "SELECT DISTINCT id FROM records WHERE verdict = 'counts' AND id IN (SELECT unnest($ids::UUID[]))"
_HEADS = """
SELECT topic, "partition", stream, max(streamversion) FROM records
WHERE verdict IN ('counts', 'parked') AND (stream = $runs OR starts_with(stream, $runs || '/'))
GROUP BY ALL
"""
_VERDICT = 'SELECT verdict FROM records WHERE topic = $topic AND "partition" = $partition AND "offset" = $offset'


def standings(archive: Archive) -> dict[Source, Standing]:
    """How each partition of facts stands; those that are not there have nothing yet."""
    days = archive.days_at(archive.positions())
    with archive.cursor() as con:
        rows = con.execute(_HEADS, {"runs": RUNS}).fetchall()
    heads = {((topic, partition), stream): head for topic, partition, stream, head in rows}
    sources = {source for source in [*days, *(source for source, _ in heads)] if source[0] in FACT_TOPICS}
    return {source: _standing(source, days.get(source), heads) for source in sorted(sources)}


def told(archive: Archive, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these facts count already."""
    with archive.cursor() as con:
        rows = con.execute(_TOLD, {"ids": [str(each) for each in ids]}).fetchall()
    return {event_id for (event_id,) in rows}


def verdicts(archive: Archive, positions: Positions) -> dict[Source, str]:
    """What the law says of the records at these positions, as far as they are archived."""
    with archive.cursor() as con:
        return {
            (topic, partition): verdict
            for (topic, partition), offset in positions.items()
            for (verdict,) in con.execute(
                _VERDICT, {"topic": topic, "partition": partition, "offset": offset}
            ).fetchall()
        }


def as_json(by_source: Mapping[Source, object]) -> bytes:
    """What is said of partitions, each by its name."""
    return msgspec.json.encode({f"{topic}/{partition}": said for (topic, partition), said in by_source.items()})


def read_standings(line: bytes) -> dict[Source, Standing]:
    """Read what `as_json` wrote of standings."""
    return _by_source(msgspec.json.decode(line, type=dict[str, Standing]))


def read_verdicts(line: bytes) -> dict[Source, str]:
    """Read what `as_json` wrote of verdicts."""
    return _by_source(msgspec.json.decode(line, type=dict[str, str]))


def _by_source(said: Mapping[str, Said]) -> dict[Source, Said]:
    parts = {place.rpartition("/"): each for place, each in said.items()}
    return {(topic, int(partition)): each for (topic, _, partition), each in parts.items()}


def _standing(source: Source, day: date | None, heads: Mapping[tuple[Source, str], int]) -> Standing:
    runs = heads.get((source, RUNS), 0)
    return Standing(day, runs, heads.get((source, stream_of(runs)), 0))
