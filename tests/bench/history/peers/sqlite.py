"""SQLite, as Python has it: rows inserted in one transaction, a covering index for each question, then ANALYZE.

What is told twice is inserted twice and left out afterwards: an index of ids that grows at random would take longer.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.bench.history.peers.serving import serve
from tests.bench.history.questions import TOP, WITHIN_S, Answer, Asked, used
from tests.bench.history.spool import Call, calls

_OPEN = """
PRAGMA journal_mode = off;
PRAGMA synchronous = off;
PRAGMA cache_size = -1000000;
PRAGMA threads = 0;
CREATE TABLE told (
    id, day, call, direction, outcome, queue, rep, tactic, wait_seconds, ring_seconds, talk_seconds, hold_seconds,
    wrap_seconds, answered_by, enqueued_at, answered_at, ended_at
);
"""
_TELL = f"INSERT INTO told VALUES ({', '.join('?' * len(Call._fields))})"
_QUARTER = "strftime('%Y-%m-%dT%H:%M:00Z', unixepoch({0}) / 900 * 900, 'unixepoch')"
_MADE = """
CREATE TABLE calls (
    id TEXT NOT NULL, day TEXT NOT NULL, call TEXT NOT NULL, direction TEXT NOT NULL, outcome TEXT NOT NULL, queue TEXT,
    rep TEXT, tactic TEXT, wait_seconds INTEGER NOT NULL, ring_seconds INTEGER NOT NULL, talk_seconds INTEGER NOT NULL,
    hold_seconds INTEGER NOT NULL, wrap_seconds INTEGER NOT NULL, answered_by TEXT, enqueued_at TEXT, answered_at TEXT,
    ended_at TEXT NOT NULL
) STRICT;
INSERT INTO calls SELECT * FROM told WHERE rowid IN (SELECT min(rowid) FROM told GROUP BY id) ORDER BY rowid;
DROP TABLE told;
CREATE INDEX by_rep ON calls (rep, day, answered_at, talk_seconds);
CREATE INDEX by_queue ON calls (queue, enqueued_at, answered_at, wait_seconds);
CREATE INDEX by_day ON calls (day, queue, wait_seconds);
CREATE INDEX by_tactic ON calls (tactic, outcome, day, talk_seconds);
CREATE TABLE rep_day (
    rep TEXT, day TEXT, calls INTEGER, answered INTEGER, talk_seconds INTEGER, PRIMARY KEY (rep, day)
) STRICT, WITHOUT ROWID;
INSERT INTO rep_day
SELECT rep, day, count(*), count(answered_at), sum(talk_seconds) FROM calls WHERE rep IS NOT NULL GROUP BY rep, day;
CREATE TABLE queue_interval (
    clock TEXT, interval TEXT, queue TEXT, outcome TEXT, answered INTEGER, wait INTEGER, calls INTEGER,
    PRIMARY KEY (clock, interval, queue, outcome, answered, wait)
) STRICT, WITHOUT ROWID;
"""
_CELLS = """
INSERT INTO queue_interval
SELECT '{clock}', {quarter}, queue, outcome, answered_at IS NOT NULL,
       CASE WHEN wait_seconds <= 60 THEN wait_seconds
            WHEN wait_seconds <= 300 THEN (wait_seconds - 1) / 5 * 5 + 5
            ELSE (wait_seconds - 1) / 60 * 60 + 60 END,
       count(*)
FROM calls
WHERE queue IS NOT NULL AND {at} IS NOT NULL
GROUP BY 1, 2, 3, 4, 5, 6;
"""
_CLOCKS = {"enqueue": "enqueued_at", "answer": "answered_at", "end": "ended_at"}
_RANKED = """
ranked AS (SELECT wait, sum(calls) OVER (ORDER BY wait) AS up_to, sum(calls) OVER () AS total FROM waited)
SELECT min(wait) FILTER (WHERE 100 * up_to >= 50 * total), min(wait) FILTER (WHERE 100 * up_to >= 90 * total)
FROM ranked
"""
_SQL = {
    "rollup": {
        "reps": """
SELECT rep, sum(calls), sum(talk_seconds), 1.0 * sum(answered) / sum(calls)
FROM rep_day WHERE day >= :first AND day < :after GROUP BY rep ORDER BY rep
""",
        "top_reps": f"""
SELECT rep, sum(talk_seconds) FROM rep_day WHERE day >= :first AND day < :after
GROUP BY rep ORDER BY 2 DESC, 1 LIMIT {TOP}
""",
        "one_rep": "SELECT calls, answered, talk_seconds FROM rep_day WHERE rep = :rep AND day = :day",
        "queues": f"""
SELECT queue, interval, sum(calls), sum(calls * answered), sum(calls * answered * (wait <= {WITHIN_S})),
       1.0 * sum(calls * answered * (wait <= {WITHIN_S})) / sum(calls)
FROM queue_interval WHERE clock = 'enqueue' AND interval >= :day AND interval < :day_after
GROUP BY queue, interval ORDER BY queue, interval
""",
        "waits": f"""
WITH waited AS (
    SELECT wait, sum(calls) AS calls FROM queue_interval
    WHERE clock = 'end' AND interval >= :first AND interval < :after GROUP BY wait
), {_RANKED}
""",
    },
    "scan": {
        "reps": """
SELECT rep, count(*), sum(talk_seconds), 1.0 * count(answered_at) / count(*)
FROM calls WHERE rep IS NOT NULL AND day >= :first AND day < :after GROUP BY rep ORDER BY rep
""",
        "top_reps": f"""
SELECT rep, sum(talk_seconds) FROM calls WHERE rep IS NOT NULL AND day >= :first AND day < :after
GROUP BY rep ORDER BY 2 DESC, 1 LIMIT {TOP}
""",
        "one_rep": """
SELECT count(*), count(answered_at), sum(talk_seconds) FROM calls WHERE rep = :rep AND day = :day HAVING count(*) > 0
""",
        "queues": f"""
SELECT queue, {_QUARTER.format("enqueued_at")}, count(*), count(answered_at),
       count(answered_at) FILTER (WHERE wait_seconds <= {WITHIN_S}),
       1.0 * count(answered_at) FILTER (WHERE wait_seconds <= {WITHIN_S}) / count(*)
FROM calls WHERE queue IS NOT NULL AND enqueued_at >= :day AND enqueued_at < :day_after GROUP BY 1, 2 ORDER BY 1, 2
""",
        "waits": f"""
WITH waited AS (
    SELECT wait_seconds AS wait, count(*) AS calls FROM calls
    WHERE queue IS NOT NULL AND day >= :first AND day < :after GROUP BY wait_seconds
), {_RANKED}
""",
        "tactics": """
SELECT tactic, outcome, count(*), sum(talk_seconds) FROM calls
WHERE day >= :first AND day < :after GROUP BY tactic, outcome ORDER BY tactic, outcome
""",
    },
}


class Sqlite:
    """A file, one thread."""

    def __init__(self, folder: Path, asked: Asked) -> None:
        self._asked = asked
        self._con = sqlite3.connect(folder / "calls.sqlite", isolation_level=None)

    def load(self, spool: Path) -> dict[str, Any]:
        """Take in all records, and make tables and indexes of them."""
        self._con.executescript(_OPEN)
        self._tell(calls(spool))
        self._con.executescript(_MADE)
        for clock, at in _CLOCKS.items():
            self._con.execute(_CELLS.format(clock=clock, at=at, quarter=_QUARTER.format(at)))
        self._con.execute("ANALYZE")
        return {}

    def _tell(self, rows: Iterable[Call]) -> None:
        self._con.execute("BEGIN")
        self._con.executemany(_TELL, rows)
        self._con.execute("COMMIT")

    def ask(self, path: str, question: str) -> Answer:
        """Answer a question of a path."""
        sql = _SQL[path][question]
        return [[*row] for row in self._con.execute(sql, used(sql, self._asked)).fetchall()]

    def close(self) -> None:
        """Close the file."""
        self._con.close()


if __name__ == "__main__":
    serve(Sqlite)
