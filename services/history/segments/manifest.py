"""The manifest: which segments there are, what each holds, and the digest of its file."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Self

import msgspec
from msgspec.structs import replace

from services.history.errors import HistoryError
from services.runtime.durable import sync_folder, write_whole
from services.runtime.lock import locked
from services.runtime.shards import Source

FILE_NAME = "manifest.ndjson"
_LOCK = ".lock"
_PATH = re.compile(
    r"topic=(?P<topic>[^/]+)/appended=(?P<appended>\d{4}-\d\d-\d\d)/partition=(?P<partition>\d+)"
    r"/(?P<first>\d{20})-(?P<last>\d{20})\.parquet",
    re.ASCII,
)


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a partition: the records from `first` to `last`, both of them among these."""

    topic: str
    partition: int
    first: int
    """Where it begins: after the stretch before, whether or not the log has a record there."""
    last: int
    appended: date
    """The day, in UTC, on which the log learned of the first of them."""

    @property
    def source(self) -> Source:
        """The partition that it is of."""
        return self.topic, self.partition

    @property
    def path(self) -> str:
        """Where its file lies in the archive: in folders by which readers of Parquet know its partition and its day."""
        folders = f"topic={self.topic}/appended={self.appended}/partition={self.partition}"
        return f"{folders}/{self.first:020d}-{self.last:020d}.parquet"


class Segment(Stretch, frozen=True, kw_only=True):
    """A stretch that is sealed: it has a file of its own, which never changes."""

    file: str
    """Where its file lies, for whoever reads the manifest without us: its path, or, if let go of, its location."""
    rows: int
    bytes: int
    sha256: str

    @property
    def is_here(self) -> bool:
        """Whether its file has to be in the folder of the archive: it was not let go of."""
        return "://" not in self.file

    @property
    def as_sealed(self) -> Self:
        """The segment as it was when it was sealed, whether or not it was let go of since."""
        return replace(self, file=self.path)

    def let_go(self, location: str) -> Self:
        """The segment as it is once its file lies there alone, such as at s3://BUCKET/PATH."""
        return replace(self, file=location)


class DamagedArchiveError(HistoryError):
    """The open archive is not what its manifest says."""

    def __init__(self, problems: Iterable[str]) -> None:
        """Say what is wrong, and what to do."""
        found = list(problems)
        super().__init__(f"the archive is damaged: {'; '.join(found)}; take it from a copy")
        self.ru = f"архив повреждён: {'; '.join(found)}; возьмите его из копии"


class LetGoError(HistoryError):
    """A segment is needed whose file is not in the folder any more."""

    def __init__(self, segment: Segment) -> None:
        """Name it, and say where it lies."""
        super().__init__(f"the archive let go of {segment.path}, which is needed now: it lies in {segment.file}")
        self.ru = f"архив отпустил {segment.path}, а сейчас он нужен: он лежит в {segment.file}"


def read_path(path: str) -> Stretch | None:
    """The stretch whose file lies there; None where none would."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    told: dict[str, object] = dict(found.groupdict())
    return msgspec.convert(told | {name: int(found[name]) for name in ("first", "last")}, Stretch, strict=False)


def changing(folder: Path) -> AbstractContextManager[None]:
    """Have the manifest for a block: whoever else would change it waits."""
    folder.mkdir(parents=True, exist_ok=True)
    return locked(folder / _LOCK)


def read_manifest(folder: Path) -> list[Segment]:
    """The segments, partition after partition, in the order of the log; none where no archive is.

    Raises DamagedArchiveError when it cannot be read, or when something lacks between two of them.
    """
    try:
        text = (folder / FILE_NAME).read_bytes()
    except FileNotFoundError:
        return []
    try:
        segments = [msgspec.json.decode(line, type=Segment) for line in text.splitlines()]
    except msgspec.DecodeError as error:
        raise DamagedArchiveError([f"{FILE_NAME}: {error}"]) from None
    if found := list(gaps(segments)):
        raise DamagedArchiveError(f"{FILE_NAME}: {each}" for each in found)
    return segments


def write_manifest(folder: Path, segments: Iterable[Segment]) -> None:
    """Write down the segments that there are from now on; their files lie there."""
    lines = [msgspec.json.encode(each) + b"\n" for each in in_order(segments)]
    write_whole(folder / FILE_NAME, b"".join(lines))
    sync_folder(folder)


def in_order(segments: Iterable[Segment]) -> list[Segment]:
    """Partition after partition, in the order of the log."""
    return sorted(segments, key=lambda one: (*one.source, one.first))


def sealed_until(segments: Iterable[Segment]) -> dict[Source, int]:
    """How far each partition is sealed: the offset of the next record."""
    return {each.source: each.last + 1 for each in segments}


def digest_of(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def gaps(segments: Iterable[Segment]) -> Iterator[str]:
    """What lacks, or is there twice, in segments that come in the order of the log."""
    for (topic, partition), of_one in groupby(segments, key=lambda each: each.source):
        found = list(of_one)
        wanted = [0, *(each.last + 1 for each in found)]
        for each, first in zip(found, wanted, strict=False):
            if each.first != first:
                yield f"{topic}/{partition} goes on from {each.first} and not from {first}"
