"""Retaining: the archive's folder keeps what is young, and lets go of what is older once it lies in the lake.

Nothing is let go of by its name: the file in the lake is read, and has to be the one that was sealed.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
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
    cannot be read, DamagedLakeError where a file of the lake is none of ours, LakeAwayError, and OSError where the
    storage refuses.
    """
    lake.look_again()
    pushed, let_go, kept = frozenset(lake.segments()), list[Segment](), list[str]()
    for _, of_one in groupby(read_manifest(folder), key=lambda each: each.source):
        found = [(each, wrong or _wrong_in(lake, pushed, each)) for each, wrong in _old(folder, of_one, before)]
        sound = [each.let_go(lake.location(each)) for each, wrong in found if not wrong]
        let_go += sound if dry_run else _let_go(folder, sound)
        kept += [each for _, wrong in found for each in wrong]
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
    if not lake.has_sound(segment):
        return [f"{segment.path}: is not in the lake as it was sealed: `kvota lake push --anew` sends it again"]
    return []


def _let_go(folder: Path, sound: Sequence[Segment]) -> Sequence[Segment]:
    """Write down where these lie, and remove their files; those that were joined meanwhile are left."""
    if not sound:
        return []
    there = {each.as_sealed: each for each in sound}
    with changing(folder):
        listed = [there.get(each.as_sealed, each) for each in read_manifest(folder)]
        going = [each for each in listed if each.as_sealed in there]
        write_manifest(folder, listed)
        for each in going:
            (folder / each.path).unlink(missing_ok=True)
    return going
