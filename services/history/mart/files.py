"""The Parquet files of a mart: the relation of each noun, and the records themselves, as of one cut."""

from pathlib import Path

from events.catalogue import NOUNS
from services.history.archive import Reading

RECORDS = "records"
_RELATION = """
SELECT * FROM {noun} ORDER BY day, fact.topic, fact."partition", fact."offset", fact.weight
"""
_RECORDS = 'SELECT * FROM judged ORDER BY day, topic, "partition", "offset"'


def write_files(reading: Reading, folder: Path) -> None:
    """Write a file for each noun, sorted by day, and one of all records, with what the law says of each."""
    for noun in NOUNS:
        _write(reading, _RELATION.format(noun=noun), folder / f"{noun}.parquet")
    _write(reading, _RECORDS, folder / f"{RECORDS}.parquet")


def _write(reading: Reading, sql: str, file: Path) -> None:
    reading.con.sql(sql).to_parquet(str(file), compression="zstd")
