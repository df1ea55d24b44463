"""Where a segment lies in the lake, and which segment lies there: the name of its file tells all of it but its size.

The name has the digest of the file, so that what was once written there is never written over by anything else.
"""

from msgspec.structs import asdict

from services.history.segments.manifest import Segment, read_path

_SUFFIX = ".parquet"


def place_of(segment: Segment) -> str:
    """Where the file of a segment lies below the data of the table."""
    return f"{segment.path.removesuffix(_SUFFIX)}.{segment.sha256}{_SUFFIX}"


def segment_at(place: str, rows: int, size: int) -> Segment | None:
    """The segment whose file lies there, with so many records and bytes; None where no segment would."""
    name, _, sha256 = place.removesuffix(_SUFFIX).rpartition(".")
    stretch = read_path(f"{name}{_SUFFIX}")
    if stretch is None:
        return None
    found = Segment(**asdict(stretch), file=stretch.path, rows=rows, bytes=size, sha256=sha256)
    return found if place_of(found) == place else None
