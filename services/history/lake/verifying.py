"""Verifying: whether the lake holds what was pushed to it, all of it and nothing else."""

from collections.abc import Iterator, Sequence

from services.history.lake.lake import Lake
from services.history.segments import checking
from services.history.segments.manifest import Segment, gaps, sealed_until
from services.runtime.shards import Positions


def problems(lake: Lake, archive: Sequence[Segment]) -> Iterator[str]:
    """What is wrong with the latest snapshot: each file is read.

    Nothing may lack between two segments, the offsets of the snapshot are those where its segments end, each file has
    the digest, the records and the offsets that its segment has, a segment that the archive's manifest has, too, is
    the same there, and what the archive let go of is in the lake. Raises DamagedLakeError where a file is none of ours.
    """
    segments = lake.segments()
    yield from lacking(segments, lake.cut())
    for each in segments:
        with lake.fetched(each) as folder:
            yield from checking.problems(folder, [each])
    yield from _unlike(segments, archive)
    yield from _lost(segments, archive)


def lacking(segments: Sequence[Segment], cut: Positions) -> Iterator[str]:
    """What lacks in the segments of a snapshot, which come in the order of the log, or goes past the snapshot's cut."""
    yield from gaps(segments)
    if cut != sealed_until(segments):
        yield "the offsets of the snapshot are not those where its segments end"


def _unlike(segments: Sequence[Segment], archive: Sequence[Segment]) -> Iterator[str]:
    sealed = {each.path: each for each in archive}
    for each in segments:
        other = sealed.get(each.path, each)
        if (other.rows, other.sha256) != (each.rows, each.sha256):
            yield f"{each.path}: the archive has {other.rows} records there, SHA-256 {other.sha256}"


def _lost(segments: Sequence[Segment], archive: Sequence[Segment]) -> Iterator[str]:
    there = frozenset(segments)
    for each in archive:
        if not each.is_here and each.as_sealed not in there:
            yield f"{each.path}: is not in the lake, and the archive let go of it"
