"""Retaining: the archive's folder keeps what is young, and lets go of what is older once it lies in the lake.

Nothing is let go of by its name: the file in the lake is read, and has to be the one that was sealed.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from services.history.lake.lake import Lake
from services.history.segments.checking import problems
from services.history.segments.files import latest_in
from services.history.segments.manifest import Segment, changing, read_manifest, write_manifest


class Retention(msgspec.Struct, frozen=True):
    """What was let go of, and what was kept though it is old enough."""

    let_go: Sequence[Segment]
    """Each says where it lies now."""
    kept: Sequence[str]
    """Each with the reason."""


def retain(folder: Path, lake: Lake, before: datetime, *, dry_run: bool = False) -> Retention:
    """Let go of each segment that has only records from before a moment, and lies in the lake as it was sealed.

    Its file is removed once the manifest says where it lies. Killed at any moment, this leaves an archive that is
    whole, and the next one goes on; with `dry_run` nothing changes. Raises DamagedArchiveError where the manifest
    cannot be read, DamagedLakeError where a file of the lake is none of ours, LakeAwayError, and OSError where
    nothing can be written here; a segment that the storage refuses to give is kept, and the others are not.
    """
    lake.look_again()
    pushed, let_go, kept = frozenset(lake.segments()), list[Segment](), list[str]()
    for each, wrong_here in _old(folder, read_manifest(folder), before):
        wrong, gone = wrong_here or _wrong_in(lake, pushed, each), each.let_go(lake.location(each))
        if wrong:
            kept += wrong
        elif dry_run or _let_go(folder, gone):
            let_go.append(gone)
    return Retention(let_go, kept)


def _old(folder: Path, segments: Iterable[Segment], before: datetime) -> Iterator[tuple[Segment, Sequence[str]]]:
    """The segments whose files are here and that have no later record, each with what is wrong with its file.

    So has one whose file cannot be read: whether it has a later record, nobody can say.
    """
    for each in segments:
        if each.appended <= before.date() and (folder / each.path).exists():
            wrong = list(problems(folder, [each.as_sealed]))
            if wrong or latest_in(folder, each) < before:
                yield each, wrong


def _wrong_in(lake: Lake, pushed: Collection[Segment], segment: Segment) -> Sequence[str]:
    if segment.as_sealed not in pushed:
        return [f"{segment.path}: is not in the lake yet: `kvota lake push` brings it there"]
    try:
        is_sound = lake.has_sound(segment)
    except OSError as error:
        return [f"{segment.path}: cannot be read in the lake: {error}"]
    if not is_sound:
        return [f"{segment.path}: is not in the lake as it was sealed: `kvota lake push --anew` sends it again"]
    return []


def _let_go(folder: Path, gone: Segment) -> bool:
    """Write down where it lies, and remove its file; one that was joined meanwhile is left. Whether it was there."""
    with changing(folder):
        listed = read_manifest(folder)
        if gone.as_sealed not in [each.as_sealed for each in listed]:
            return False
        write_manifest(folder, [gone if each.as_sealed == gone.as_sealed else each for each in listed])
        (folder / gone.path).unlink(missing_ok=True)
    return True
