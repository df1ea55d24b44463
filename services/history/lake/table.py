"""The Iceberg table `kvota.records`: its columns, how it is divided, and how a segment is one of its files.

A file holds the columns of a segment and no others. Which topic, partition and day it is of, Iceberg knows from its
metadata, as for the files of any table that is divided by such columns.
"""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.conversions import to_bytes
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import IdentityTransform
from pyiceberg.typedef import Record
from pyiceberg.types import BinaryType, DateType, IntegerType, LongType, NestedField, StringType, TimestampType
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from services.history.lake.errors import EmptyLakeError, LakeAwayError
from services.history.lake.settings import LakeSettings
from services.history.segments.manifest import Segment

NAMESPACE, NAME = "kvota", "records"
_CONNECT_S = "10"
_OFFSET = 4
_SCHEMA = Schema(
    NestedField(1, "topic", StringType()),
    NestedField(2, "partition", IntegerType()),
    NestedField(3, "appended", DateType(), doc="The day, in UTC, on which the log learned of the first of a file."),
    NestedField(_OFFSET, "offset", LongType()),
    NestedField(5, "appended_at", TimestampType(), doc="The broker's time, in UTC."),
    NestedField(6, "raw", BinaryType(), doc="The record as it is on the log."),
)
_DIVIDED = PartitionSpec(
    PartitionField(1, 1000, IdentityTransform(), "topic"),
    PartitionField(3, 1001, IdentityTransform(), "appended"),
    PartitionField(2, 1002, IdentityTransform(), "partition"),
)
_PROPERTIES = {
    "schema.name-mapping.default": _SCHEMA.name_mapping.model_dump_json(),
    # pyiceberg would add the same files once more when another was sooner; a push looks again by itself.
    "commit.retry.num-retries": "0",
    "commit.manifest-merge.enabled": "true",
    "write.metadata.metrics.column.raw": "none",
}
_EPOCH = date(1970, 1, 1)


def open_table(settings: LakeSettings, home: Path, *, make: bool = False) -> Table:
    """The table; with `make`, a new one where there is none.

    Raises LakeAwayError, and EmptyLakeError where there is none and none is made.
    """
    with telling_away(), ExitStack() as unless_opened:
        catalogue = _catalogue(settings, home)
        unless_opened.callback(catalogue.close)
        table = _made(catalogue) if make else _found(catalogue)
        unless_opened.pop_all()
        return table


def _found(catalogue: SqlCatalog) -> Table:
    try:
        return catalogue.load_table((NAMESPACE, NAME))
    except NoSuchTableError:
        raise EmptyLakeError from None


def _made(catalogue: SqlCatalog) -> Table:
    catalogue.create_namespace_if_not_exists(NAMESPACE)
    return catalogue.create_table_if_not_exists(
        (NAMESPACE, NAME), _SCHEMA, partition_spec=_DIVIDED, properties=_PROPERTIES
    )


@contextmanager
def telling_away() -> Generator[None]:
    """Within a block, what fails because the catalogue does is a LakeAwayError."""
    try:
        yield
    except SQLAlchemyError:
        raise LakeAwayError from None


def _catalogue(settings: LakeSettings, home: Path) -> SqlCatalog:
    home.mkdir(parents=True, exist_ok=True)
    try:
        url = make_url(settings.catalogue_url(home))
    except ValueError:
        raise LakeAwayError from None
    if url.drivername != "sqlite":
        url = url.update_query_dict({"connect_timeout": _CONNECT_S})
    return SqlCatalog(NAMESPACE, uri=url.render_as_string(hide_password=False), **settings.properties(home))


def data_file(table: Table, segment: Segment, location: str) -> DataFile:
    """What the table is told of the file of a segment that lies at a location."""
    file = DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=location,
        file_format=FileFormat.PARQUET,
        partition=Record(segment.topic, (segment.appended - _EPOCH).days, segment.partition),
        record_count=segment.rows,
        file_size_in_bytes=segment.bytes,
        lower_bounds={_OFFSET: to_bytes(LongType(), segment.first)},
        upper_bounds={_OFFSET: to_bytes(LongType(), segment.last)},
    )
    file.spec_id = table.metadata.default_spec_id  # which no file says of itself
    return file
