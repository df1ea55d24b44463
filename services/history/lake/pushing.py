"""Pushing: the lake gets the segments that the open archive has, and loses those that were joined into larger ones."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

import msgspec
import structlog
from pyiceberg.exceptions import CommitFailedException

from services.history.judging import LogRecord
from services.history.lake.errors import DamagedLakeError, LakeAheadError, NotInLakeError, OtherRecordsError
from services.history.lake.lake import Lake
from services.history.segments.checking import check, problems
from services.history.segments.files import read_segment
from services.history.segments.manifest import DamagedArchiveError, Segment, gaps, read_manifest, sealed_until
from services.history.segments.restoring import NothingSealedError

log = structlog.get_logger()


class Push(msgspec.Struct, frozen=True):
    """What a push did."""

    segments: int = 0
    """How many segments are new in the lake."""
    records: int = 0
    """How many records."""
    joined: int = 0
    """How many segments are gone, for a new one holds the same records."""


def push(folder: Path, lake: Lake, *, anew: bool = False) -> Push:
    """Bring the lake to what the archive in a folder has, in one snapshot; nothing happens where it has that already.

    It can be killed at any moment and run again, and several can run at once: each record is in the lake once. With
    `anew`, for a lake that is damaged, each file in it is read and sent again unless it is sound, files that are none
    of ours are taken out, and what segments were joined from is not read. Raises NothingSealedError,
    DamagedArchiveError, LakeAheadError, OtherRecordsError, DamagedLakeError, LakeAwayError, NotInLakeError for what the
    archive has let go of, and OSError where the storage refuses; the lake holds what it held then.
    """
    while True:
        lake.look_again()
        segments = read_manifest(folder)
        if not segments:
            raise NothingSealedError(folder)
        try:
            return _push(folder, segments, lake, anew=anew)
        except CommitFailedException:
            log.info("push_overtaken")
        except (DamagedArchiveError, FileNotFoundError):
            if read_manifest(folder) == segments:
                raise


def _push(folder: Path, segments: Sequence[Segment], lake: Lake, *, anew: bool) -> Push:
    held, others = lake.sorted_out() if anew else (lake.segments(), [])
    there, wanted = frozenset(held), frozenset(each.as_sealed for each in segments)
    new = [each for each in segments if each.as_sealed not in there]
    gone = [each for each in held if each not in wanted]
    _require_no_less(held, segments)
    if not anew:
        _require_whole(held)
        _require_same(folder, new, lake, gone)
    for each in segments if anew else new:
        _bring(folder, each, lake, anew=anew)
    if new or gone or others or lake.cut() != sealed_until(segments):
        lake.commit(new, gone, sealed_until(segments), others)
    return Push(len(new), sum(each.rows for each in new) - sum(each.rows for each in gone), len(gone))


def _bring(folder: Path, segment: Segment, lake: Lake, *, anew: bool) -> None:
    """Have the file of a segment lie in the lake; one that the archive let go of has to be there, or still be here."""
    if not segment.is_here and any(problems(folder, [segment.as_sealed])):
        if not lake.has_sound(segment):
            raise NotInLakeError(segment)
        return
    check(folder, [segment.as_sealed])
    if not (lake.has_sound(segment) if anew else lake.has(segment)):
        lake.send(folder, segment)


def _require_no_less(held: Sequence[Segment], segments: Sequence[Segment]) -> None:
    lake, archive = sealed_until(held), sealed_until(segments)
    if any(before > archive.get(source, 0) for source, before in lake.items()):
        raise LakeAheadError(lake, archive)


def _require_whole(held: Sequence[Segment]) -> None:
    if found := list(gaps(held)):
        raise DamagedLakeError(found)


def _require_same(folder: Path, new: Sequence[Segment], lake: Lake, gone: Sequence[Segment]) -> None:
    """Make sure that the new segments hold the very records of those that are gone; raises OtherRecordsError."""
    until = sealed_until(gone)
    of_those = [each for each in new if each.first < until.get(each.source, 0)]
    was = (record for batch in lake.records(gone) for record in batch)
    now = (record for record in _records(folder, of_those, lake) if record.offset < until[record.source])
    for before, after in zip_longest(was, now):
        if before != after:
            raise OtherRecordsError(_place(before or after))


def _records(folder: Path, segments: Sequence[Segment], lake: Lake) -> Iterator[LogRecord]:
    for each in segments:
        for batch in _checked(folder, each) if each.is_here else lake.let_go(each):
            yield from batch


def _checked(folder: Path, segment: Segment) -> Iterator[list[LogRecord]]:
    check(folder, [segment])
    yield from read_segment(folder, segment)


def _place(record: LogRecord) -> str:
    return f"{record.topic}/{record.partition}@{record.offset}"
