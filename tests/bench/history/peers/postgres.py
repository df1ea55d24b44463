"""PostgreSQL 18 on this machine: rows by COPY, sorted as they are asked for, with an index for each question."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

from tests.bench.history.peers.serving import serve
from tests.bench.history.questions import TOP, WITHIN_S, Answer, Asked, used
from tests.bench.history.spool import Call, calls
from tests.vault.postgres import running_postgres

_SETTINGS = (
    "SET max_parallel_workers_per_gather = 0",
    "SET max_parallel_maintenance_workers = 0",
    "SET work_mem = '256MB'",
    "SET maintenance_work_mem = '512MB'",
    "SET TimeZone = 'UTC'",
)
_COLUMNS = """
    id uuid NOT NULL, day date NOT NULL, call text NOT NULL, direction text NOT NULL, outcome text NOT NULL, queue text,
    rep text, tactic text, wait_seconds int NOT NULL, ring_seconds int NOT NULL, talk_seconds int NOT NULL,
    hold_seconds int NOT NULL, wrap_seconds int NOT NULL, answered_by text, enqueued_at timestamptz,
    answered_at timestamptz, ended_at timestamptz NOT NULL
"""
_TOLD = f"CREATE UNLOGGED TABLE told ({_COLUMNS}, place bigint GENERATED ALWAYS AS IDENTITY)"
_NAMES = ", ".join(Call._fields)
_COPY = f"COPY told ({_NAMES}) FROM STDIN"
_BUCKET = """
CASE WHEN wait_seconds <= 60 THEN wait_seconds
     WHEN wait_seconds <= 300 THEN (wait_seconds - 1) / 5 * 5 + 5
     ELSE (wait_seconds - 1) / 60 * 60 + 60 END
"""
_QUARTER = "date_bin('15 minutes', {0}, 'epoch')"
_WRITTEN = """to_char({0}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
_MADE = (
    f"""
CREATE TABLE calls AS
SELECT {_NAMES} FROM (SELECT *, row_number() OVER (PARTITION BY id ORDER BY place) AS times FROM told) AS numbered
WHERE times = 1 ORDER BY day, rep
""",
    "DROP TABLE told",
    "CREATE INDEX ON calls (rep, day) INCLUDE (answered_at, talk_seconds)",
    "CREATE INDEX ON calls (enqueued_at, queue) INCLUDE (answered_at, wait_seconds)",
    "CREATE INDEX ON calls (day, queue) INCLUDE (wait_seconds)",
    """
CREATE TABLE rep_day AS
SELECT rep, day, count(*) AS calls, count(answered_at) AS answered, sum(talk_seconds) AS talk_seconds
FROM calls WHERE rep IS NOT NULL GROUP BY rep, day ORDER BY day, rep
""",
    "ALTER TABLE rep_day ADD PRIMARY KEY (rep, day)",
    "CREATE INDEX ON rep_day (day)",
    f"""
CREATE TABLE queue_interval AS
SELECT clock, {_QUARTER.format("at")} AS quarter, queue, outcome, answered_at IS NOT NULL AS answered,
       {_BUCKET} AS wait, count(*) AS calls
FROM calls, LATERAL (VALUES ('enqueue', enqueued_at), ('answer', answered_at), ('end', ended_at)) AS clocks (clock, at)
WHERE queue IS NOT NULL AND at IS NOT NULL
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3
""",
    "CREATE INDEX ON queue_interval (clock, quarter)",
    "VACUUM ANALYZE",
)
_SQL = {
    "rollup": {
        "reps": """
SELECT rep, sum(calls)::bigint, sum(talk_seconds)::bigint, sum(answered)::float8 / sum(calls)::float8
FROM rep_day WHERE day >= %(first)s AND day < %(after)s GROUP BY rep ORDER BY rep COLLATE "C"
""",
        "top_reps": f"""
SELECT rep, sum(talk_seconds)::bigint FROM rep_day WHERE day >= %(first)s AND day < %(after)s
GROUP BY rep ORDER BY 2 DESC, rep COLLATE "C" LIMIT {TOP}
""",
        "one_rep": "SELECT calls, answered, talk_seconds FROM rep_day WHERE rep = %(rep)s AND day = %(day)s",
        "queues": f"""
SELECT queue, {_WRITTEN.format("quarter")}, sum(calls)::bigint, coalesce(sum(calls) FILTER (WHERE answered), 0)::bigint,
       coalesce(sum(calls) FILTER (WHERE answered AND wait <= {WITHIN_S}), 0)::bigint,
       coalesce(sum(calls) FILTER (WHERE answered AND wait <= {WITHIN_S}), 0)::float8 / sum(calls)::float8
FROM queue_interval WHERE clock = 'enqueue' AND quarter >= %(day)s AND quarter < %(day_after)s
GROUP BY queue, quarter ORDER BY queue COLLATE "C", quarter
""",
        "waits": """
WITH waited AS (
    SELECT wait, sum(calls) AS calls FROM queue_interval
    WHERE clock = 'end' AND quarter >= %(first)s AND quarter < %(after)s GROUP BY wait
), ranked AS (SELECT wait, sum(calls) OVER (ORDER BY wait) AS up_to, sum(calls) OVER () AS total FROM waited)
SELECT min(wait) FILTER (WHERE 100 * up_to >= 50 * total), min(wait) FILTER (WHERE 100 * up_to >= 90 * total)
FROM ranked
""",
    },
    "scan": {
        "reps": """
SELECT rep, count(*), sum(talk_seconds), count(answered_at)::float8 / count(*)
FROM calls WHERE rep IS NOT NULL AND day >= %(first)s AND day < %(after)s GROUP BY rep ORDER BY rep COLLATE "C"
""",
        "top_reps": f"""
SELECT rep, sum(talk_seconds) FROM calls WHERE rep IS NOT NULL AND day >= %(first)s AND day < %(after)s
GROUP BY rep ORDER BY 2 DESC, rep COLLATE "C" LIMIT {TOP}
""",
        "one_rep": """
SELECT count(*), count(answered_at), sum(talk_seconds)
FROM calls WHERE rep = %(rep)s AND day = %(day)s HAVING count(*) > 0
""",
        "queues": f"""
SELECT queue, {_WRITTEN.format(_QUARTER.format("enqueued_at"))}, count(*), count(answered_at),
       count(answered_at) FILTER (WHERE wait_seconds <= {WITHIN_S}),
       count(answered_at) FILTER (WHERE wait_seconds <= {WITHIN_S})::float8 / count(*)
FROM calls WHERE queue IS NOT NULL AND enqueued_at >= %(day)s AND enqueued_at < %(day_after)s
GROUP BY queue, {_QUARTER.format("enqueued_at")} ORDER BY queue COLLATE "C", 2
""",
        "waits": """
SELECT found[1], found[2] FROM (
    SELECT percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY wait_seconds) AS found
    FROM calls WHERE queue IS NOT NULL AND day >= %(first)s AND day < %(after)s
) AS percentiles
""",
        "tactics": """
SELECT tactic, outcome, count(*), sum(talk_seconds) FROM calls
WHERE day >= %(first)s AND day < %(after)s GROUP BY tactic, outcome ORDER BY tactic COLLATE "C", outcome COLLATE "C"
""",
    },
}


class Postgres:
    """A server of its own, asked over its port; a query has one process."""

    def __init__(self, _folder: Path, asked: Asked) -> None:
        self._asked = asked
        self._open = ExitStack()
        server = self._open.enter_context(running_postgres("shared_buffers=1GB", "max_wal_size=8GB"))
        self._con = self._open.enter_context(psycopg.connect(server.url(), autocommit=True))
        for setting in _SETTINGS:
            self._con.execute(setting)

    def load(self, spool: Path) -> dict[str, Any]:
        """Take in all records, and make tables and indexes of them."""
        self._con.execute(_TOLD.encode())
        with self._con.cursor() as cursor, cursor.copy(_COPY.encode()) as copy:
            for call in calls(spool):
                copy.write_row(call)
        for statement in _MADE:
            self._con.execute(statement.encode())
        return {}

    def ask(self, path: str, question: str) -> Answer:
        """Answer a question of a path."""
        sql = _SQL[path][question]
        return [[*row] for row in self._con.execute(sql.encode(), used(sql, self._asked)).fetchall()]

    def close(self) -> None:
        """Stop the server."""
        self._open.close()


if __name__ == "__main__":
    serve(Postgres)
