"""Compacting: the small segments of a month that is over become one, so that an old archive has few files."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby
from pathlib import Path

from services.history.segments.checking import check
from services.history.segments.files import read_batches, write_segment
from services.history.segments.manifest import Segment, Stretch, changing, read_manifest, read_path, write_manifest
from services.history.segments.sealing import MOST


def compact(folder: Path, *, most: int = MOST) -> list[Segment]:
    """Join the segments of each month of a partition but its last; gives those that are new.

    Those that were let go of stay as they are. What others are joined from is checked first, and removed once the
    manifest names it no more: a reader who has a file open goes on with it. Raises DamagedArchiveError.
    """
    with changing(folder):
        segments, joined = read_manifest(folder), dict[str, Segment]()
        for few in _few(segments, most):
            check(folder, few)
            made = _joined(folder, few)
            joined |= {each.path: made for each in few}
        if joined:
            write_manifest(folder, _each_once(joined.get(one.path, one) for one in segments))
        _remove_joined(folder)
    return _each_once(joined.values())


def _each_once(segments: Iterable[Segment]) -> list[Segment]:
    return list({each.path: each for each in segments}.values())


def _few(segments: Iterable[Segment], most: int) -> Iterator[Sequence[Segment]]:
    """Neighbours that together are no more than a segment may hold."""
    for _, of_one in groupby(segments, key=lambda each: each.source):
        months = [list(each) for _, each in groupby(of_one, key=lambda each: (each.appended.year, each.appended.month))]
        for month in months[:-1]:
            for is_here, neighbours in groupby(month, key=lambda each: each.is_here):
                yield from _filled(neighbours, most) if is_here else []


def _filled(neighbours: Iterable[Segment], most: int) -> Iterator[Sequence[Segment]]:
    few = list[Segment]()
    for each in neighbours:
        if sum(one.rows for one in few) + each.rows > most:
            yield from [few] if len(few) > 1 else []
            few = []
        few.append(each)
    yield from [few] if len(few) > 1 else []


def _joined(folder: Path, few: Sequence[Segment]) -> Segment:
    batches = chain.from_iterable(read_batches(folder, each) for each in few)
    return write_segment(folder, _together(few), batches)


def _together(few: Sequence[Segment]) -> Stretch:
    """The stretch that neighbours make together."""
    first = few[0]
    return Stretch(
        topic=first.topic, partition=first.partition, first=first.first, last=few[-1].last, appended=first.appended
    )


def _remove_joined(folder: Path) -> None:
    """Remove the files of stretches that lie within those of the manifest."""
    segments = read_manifest(folder)
    listed = {each.path for each in segments}
    for file in folder.glob("topic=*/appended=*/partition=*/*.parquet"):
        path = file.relative_to(folder).as_posix()
        stretch = read_path(path)
        if stretch and path not in listed and any(_within(stretch, each) for each in segments):
            file.unlink()


def _within(stretch: Stretch, other: Stretch) -> bool:
    return stretch.source == other.source and other.first <= stretch.first and stretch.last <= other.last
