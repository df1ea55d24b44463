"""The lake, as whoever pushes to it or reads from it knows it: segments, and snapshots of which there are."""

import shutil
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import msgspec
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table
from pyiceberg.table.snapshots import Snapshot

from services.history.cuts import read_positions, written_cut
from services.history.judging import LogRecord
from services.history.lake.errors import DamagedLakeError, EmptyLakeError, NotInLakeError, UnknownSnapshotError
from services.history.lake.places import place_of, segment_at
from services.history.lake.sending import send
from services.history.lake.settings import LakeSettings
from services.history.lake.table import data_file, open_table, telling_away
from services.history.segments.checking import problems
from services.history.segments.files import read_segment
from services.history.segments.manifest import Segment, in_order
from services.runtime.shards import Positions

CUT = "kvota.cut"
"""The property of a snapshot that says how far each partition is in it, as reports write a cut."""
_AT_ONCE = 8 * 1024 * 1024


class Pushed(msgspec.Struct, frozen=True):
    """A snapshot: what the lake held from a moment on."""

    snapshot: str
    """Its number, as text: it has more digits than many who read JSON keep of a number."""
    at: datetime
    records: int
    cut: str
    """How far each partition is in it: the offset of the next record."""


class Lake:
    """The table as it was when it was opened, or looked at last."""

    def __init__(self, table: Table) -> None:
        """Use a table."""
        self._table = table

    @classmethod
    def open(cls, settings: LakeSettings, home: Path, *, make: bool = False) -> Self:
        """Open it, or make it; raises LakeAwayError, and EmptyLakeError where there is none and none is made."""
        return cls(open_table(settings, home, make=make))

    def __enter__(self) -> Self:
        """Use it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the catalogue."""
        self._table.catalog.close()

    @property
    def table(self) -> Table:
        """The Iceberg table."""
        return self._table

    def look_again(self) -> None:
        """See what others have pushed since; raises LakeAwayError."""
        with telling_away():
            self._table.refresh()

    def pushed(self) -> list[Pushed]:
        """The snapshots that there are, the oldest first."""
        ordered = sorted(self._table.metadata.snapshots, key=lambda each: each.sequence_number or 0)
        return [_pushed(each) for each in ordered]

    def cut(self, snapshot: int | None = None) -> Positions:
        """How far each partition is in a snapshot, or in the latest; raises UnknownSnapshotError."""
        found = self._snapshot(snapshot)
        told = "" if found is None else _told(found, CUT)
        return read_positions(told, CUT) if told else {}

    def segments(self, snapshot: int | None = None) -> list[Segment]:
        """The segments of a snapshot, or of the latest, in the order of the log.

        Raises UnknownSnapshotError, and DamagedLakeError where a file is none of ours.
        """
        ours, others = self.sorted_out(snapshot)
        if others:
            raise DamagedLakeError(f"{each.file_path} is no file of ours" for each in others)
        return ours

    def sorted_out(self, snapshot: int | None = None) -> tuple[list[Segment], list[DataFile]]:
        """The segments of a snapshot, or of the latest, and the files that are none of ours.

        Raises UnknownSnapshotError.
        """
        ours, others = list[Segment](), list[DataFile]()
        for task in self._planned(snapshot):
            segment = None if task.delete_files else self._segment(task.file)
            if segment is None:
                others.append(task.file)
            else:
                ours.append(segment)
        return in_order(ours), others

    def locations(self, snapshot: int | None = None) -> list[str]:
        """Where their files lie; raises the same, and EmptyLakeError where there are none."""
        if found := self.segments(snapshot):
            return sorted(map(self.location, found))
        raise EmptyLakeError

    def location(self, segment: Segment) -> str:
        """Where the file of a segment lies, or would."""
        return f"{self._data}{place_of(segment)}"

    def has(self, segment: Segment) -> bool:
        """Whether the file of a segment lies there, by its name and size; no snapshot need name it. Raises OSError."""
        try:
            return len(self._table.io.new_input(self.location(segment))) == segment.bytes
        except FileNotFoundError:
            return False

    def send(self, folder: Path, segment: Segment) -> None:
        """Write the file of a segment where it lies in the lake, whole or not at all; raises OSError."""
        send(folder / segment.path, self._table.io, self._data, place_of(segment))

    @contextmanager
    def fetched(self, segment: Segment) -> Generator[Path]:
        """Have the file of a segment on this machine for a block, in a folder as that of the open archive.

        The folder is empty where the lake has lost the file.
        """
        with TemporaryDirectory(prefix="kvota-lake-") as name:
            file = Path(name) / segment.path
            file.parent.mkdir(parents=True)
            with (
                suppress(FileNotFoundError),
                self._table.io.new_input(self.location(segment)).open() as source,
                file.open("wb") as sink,
            ):
                shutil.copyfileobj(source, sink, _AT_ONCE)
            yield Path(name)

    def records(self, segments: Iterable[Segment]) -> Iterator[list[LogRecord]]:
        """The records of segments, some at a time; raises DamagedLakeError at the first that is not what was pushed."""
        for each in segments:
            with self.fetched(each) as folder:
                if found := list(problems(folder, [each])):
                    raise DamagedLakeError(found)
                yield from read_segment(folder, each)

    def let_go(self, segment: Segment) -> Iterator[list[LogRecord]]:
        """The records of a segment that the archive has let go of, some at a time; raises NotInLakeError."""
        with self.fetched(segment) as folder:
            if any(problems(folder, [segment.as_sealed])):
                raise NotInLakeError(segment)
            yield from read_segment(folder, segment)

    def has_sound(self, segment: Segment) -> bool:
        """Whether the file of a segment lies there and is what was sealed: it is read. Raises OSError."""
        with self.fetched(segment) as folder:
            return not any(problems(folder, [segment.as_sealed]))

    def commit(
        self, new: Sequence[Segment], gone: Sequence[Segment], cut: Positions, others: Sequence[DataFile] = ()
    ) -> None:
        """Have a snapshot with the new segments and without those that are gone and the others, all of it or nothing.

        Raises pyiceberg's CommitFailedException where another was sooner: nothing has happened then. LakeAwayError,
        too, after which it may have.
        """
        said = {CUT: written_cut({f"{topic}/{part}": before for (topic, part), before in sorted(cut.items())})}
        with telling_away(), self._table.transaction() as transaction:
            update = transaction.update_snapshot(snapshot_properties=said)
            with update.overwrite() if gone or others else update.merge_append() as change:
                for each in new:
                    change.append_data_file(self._file(each))
                for file in [*map(self._file, gone), *others]:
                    change.delete_data_file(file)

    def forget(self, snapshots: Sequence[Pushed]) -> None:
        """Have the table know these snapshots no more; their files stay where they are.

        Raises pyiceberg's CommitFailedException where another was sooner: nothing has happened then. LakeAwayError,
        too, after which it may have; and ValueError for the current one.
        """
        with telling_away():
            ids = [int(each.snapshot) for each in snapshots]
            self._table.maintenance.expire_snapshots().by_ids(ids).commit()

    def _file(self, segment: Segment) -> DataFile:
        return data_file(self._table, segment, self.location(segment))

    def _planned(self, snapshot: int | None) -> Iterable[FileScanTask]:
        found = self._snapshot(snapshot)
        return [] if found is None else self._table.scan(snapshot_id=found.snapshot_id).plan_files()

    def _segment(self, file: DataFile) -> Segment | None:
        place = file.file_path.removeprefix(self._data)
        found = segment_at(place, file.record_count, file.file_size_in_bytes)
        return found if found is not None and self.location(found) == file.file_path else None

    def _snapshot(self, snapshot: int | None) -> Snapshot | None:
        if snapshot is None:
            return self._table.current_snapshot()
        found = self._table.snapshot_by_id(snapshot)
        if found is None:
            raise UnknownSnapshotError(snapshot)
        return found

    @property
    def _data(self) -> str:
        return f"{self._table.location()}/data/"


def _pushed(snapshot: Snapshot) -> Pushed:
    at = datetime.fromtimestamp(snapshot.timestamp_ms / 1_000, UTC)
    return Pushed(str(snapshot.snapshot_id), at, int(_told(snapshot, "total-records")), _told(snapshot, CUT))


def _told(snapshot: Snapshot, name: str) -> str:
    said: Mapping[str, str] = {} if snapshot.summary is None else snapshot.summary.additional_properties
    return said.get(name, "")
