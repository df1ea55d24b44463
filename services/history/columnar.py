"""A report as a stream of Arrow and as Parquet, a piece after the other. Pure."""

import io
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import pyarrow as pa
from pyarrow import parquet

from services.history.report import Report
from services.history.typed import arrow_table

ROW_GROUP = 10
"""How many pieces a row group of Parquet has: of fewer, the file were nearly twice as large."""
_END = b"\xff\xff\xff\xff\0\0\0\0"
"""How a stream of Arrow ends: a message of no length, https://arrow.apache.org/docs/format/Columnar.html."""


def arrow_parts(pieces: Callable[[], Iterable[Report]]) -> Iterator[bytes]:
    """A stream of Arrow: the schema, a batch of each piece, and the mark of the end."""
    for place, piece in enumerate(pieces()):
        table = arrow_table(piece)
        if place == 0:
            yield table.schema.serialize().to_pybytes()
        yield from (batch.serialize().to_pybytes() for batch in table.to_batches())
    yield _END


def parquet_parts(pieces: Callable[[], Iterable[Report]]) -> Iterator[bytes]:
    """A file of Parquet: a row group of each few pieces, and at the end what tells where each lies."""
    rest, sink = map(arrow_table, pieces()), _Sink()
    few = [next(rest)]
    with parquet.ParquetWriter(pa.PythonFile(sink, mode="w"), few[0].schema, compression="zstd") as writer:
        while few:
            few += islice(rest, ROW_GROUP - len(few))
            writer.write_table(pa.concat_tables(few))
            yield sink.taken()
            few = list(islice(rest, ROW_GROUP))
    yield sink.taken()


class _Sink(io.RawIOBase):
    """A file that is written to at its end, while what is written is taken away."""

    def __init__(self) -> None:
        super().__init__()
        self._held, self._before = bytearray(), 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._before + len(self._held)

    def write(self, data: bytes, /) -> int:  # type: ignore[override]  # all that Arrow writes
        self._held += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since it was last asked."""
        taken = bytes(self._held)
        self._before += len(taken)
        self._held.clear()
        return taken
