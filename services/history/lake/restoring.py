"""Restoring: `history.duckdb` made anew from the lake alone, as of any of its snapshots."""

from collections.abc import Mapping
from pathlib import Path

from projections.projection import Projection
from services.history.lake.errors import DamagedLakeError, EmptyLakeError
from services.history.lake.lake import Lake
from services.history.lake.verifying import lacking
from services.history.segments.restoring import make_anew, require_replaceable


def restore(
    lake: Lake,
    path: Path,
    projections: Mapping[str, Projection],
    *,
    replace: bool = False,
    snapshot: int | None = None,
) -> int:
    """Make the file anew from all segments of a snapshot, or of the latest; how many records it has.

    The file that was there stays until the new one is whole. Raises EmptyLakeError, UnknownSnapshotError,
    NotReplacedError, HistoryBusyError while another process has the file, and DamagedLakeError, NoRoomError or
    BrokenOffError, which leave it as it was.
    """
    segments = lake.segments(snapshot)
    if found := list(lacking(segments, lake.cut(snapshot))):
        raise DamagedLakeError(found)
    if not segments:
        raise EmptyLakeError
    require_replaceable(path, replace=replace)
    return make_anew(path, lake.records(segments), projections)
