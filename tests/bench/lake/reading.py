"""A reader that has done nothing else: a process of its own begins here."""

import resource
from pathlib import Path

import msgspec

from services.history.lake.lake import Lake
from services.history.lake.reading import connected
from services.history.lake.settings import LakeSettings
from tests.bench.lake.clock import Clock

MOST_MB = 512
"""How much memory DuckDB may use; its process needs more, for Python and what it has loaded."""
_ASKED = """
WITH told AS (
    SELECT decode(raw)::JSON ->> '$.data.rep' AS rep, (decode(raw)::JSON -> '$.data.talk_seconds')::BIGINT AS talk
    FROM records
)
SELECT count(*), sum(talked)::BIGINT FROM (SELECT rep, sum(talk) AS talked FROM told GROUP BY rep)
"""


class Read(msgspec.Struct, frozen=True):
    """What a reader found, and what that took."""

    talk_s: int
    cpu_s: float
    rss_mb: int


def read(settings: LakeSettings, home: Path) -> Read:
    """Sum what reps have talked, out of the raw records."""
    with Lake.open(settings, home) as lake, connected(lake) as con:
        con.execute(f"SET memory_limit = '{MOST_MB}MB'")
        clock = Clock()
        [(_, talk_s)] = con.execute(_ASKED).fetchall()
        return Read(talk_s, clock(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
