"""Ours: the archive as history keeps it, its relation `calls`, and the cells of its projections.

It is asked for more than the peers: for reports as of a cut (path `as_of`), what a replay costs (path `replay`), and to
have a stretch grow (path `grow`).
"""

from contextlib import ExitStack
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import msgspec

from projections.projection import load_projections
from services.history.answers import Answers
from services.history.archive import FILE_NAME, Archive
from services.history.judging import LogRecord
from services.runtime.parked import PARKED
from tests.bench.history.peers.serving import serve
from tests.bench.history.questions import TOP, WITHIN_S, Answer, Asked, used
from tests.bench.history.spool import raws
from tests.bench.projector.workload import day_of
from tests.bench.rebuild.measuring import TOPIC, archive_all, replayed, replayed_in_sql

SQL = {
    "rollup": {
        "reps": """
SELECT rep, sum(calls)::BIGINT, sum(talk_seconds)::BIGINT, sum(answered) / sum(calls)
FROM rep_day
WHERE currency IS NULL AND day >= $first::DATE AND day < $after::DATE
GROUP BY rep
ORDER BY rep
""",
        "top_reps": f"""
SELECT rep, sum(talk_seconds)::BIGINT AS talk
FROM rep_day
WHERE currency IS NULL AND day >= $first::DATE AND day < $after::DATE
GROUP BY rep
ORDER BY talk DESC, rep
LIMIT {TOP}
""",
        "one_rep": """
SELECT calls, answered, talk_seconds
FROM rep_day
WHERE currency IS NULL AND rep = $rep AND day = $day::DATE
""",
        "queues": f"""
SELECT queue,
       strftime("interval", '%Y-%m-%dT%H:%M:%SZ')                                  AS quarter,
       sum(calls)::BIGINT                                                          AS offered,
       sum(calls * answered)::BIGINT                                               AS answered,
       sum(calls * answered * (wait <= {WITHIN_S})::INT)::BIGINT                   AS within,
       within / offered
FROM queue_interval
WHERE clock = 'enqueue' AND "interval" >= $day::DATE AND "interval" < $day_after::DATE
GROUP BY ALL
ORDER BY ALL
""",
        "waits": """
WITH waited AS (
    SELECT wait, sum(calls) AS calls
    FROM queue_interval
    WHERE clock = 'end' AND "interval" >= $first::DATE AND "interval" < $after::DATE
    GROUP BY wait
),
ranked AS (
    SELECT wait, sum(calls) OVER (ORDER BY wait) AS up_to, sum(calls) OVER () AS total FROM waited
)
SELECT min(wait) FILTER (100 * up_to >= 50 * total), min(wait) FILTER (100 * up_to >= 90 * total) FROM ranked
""",
    },
    "scan": {
        "reps": """
SELECT rep,
       sum(fact.weight)::BIGINT,
       sum(fact.weight * talk_seconds)::BIGINT,
       sum(fact.weight * (answered_at IS NOT NULL)::INT) / sum(fact.weight)
FROM calls
WHERE type = 'call.ended' AND rep IS NOT NULL AND day >= $first::DATE AND day < $after::DATE
GROUP BY rep
ORDER BY rep
""",
        "top_reps": f"""
SELECT rep, sum(fact.weight * talk_seconds)::BIGINT AS talk
FROM calls
WHERE type = 'call.ended' AND rep IS NOT NULL AND day >= $first::DATE AND day < $after::DATE
GROUP BY rep
ORDER BY talk DESC, rep
LIMIT {TOP}
""",
        "one_rep": """
SELECT sum(fact.weight)::BIGINT,
       sum(fact.weight * (answered_at IS NOT NULL)::INT)::BIGINT,
       sum(fact.weight * talk_seconds)::BIGINT
FROM calls
WHERE type = 'call.ended' AND rep = $rep AND day = $day::DATE
HAVING count(*) > 0
""",
        "queues": f"""
SELECT queue,
       strftime(time_bucket(INTERVAL 15 MINUTES, enqueued_at), '%Y-%m-%dT%H:%M:%SZ') AS "interval",
       sum(fact.weight)::BIGINT                                                    AS offered,
       sum(fact.weight * (answered_at IS NOT NULL)::INT)::BIGINT                   AS answered,
       sum(fact.weight * (answered_at IS NOT NULL AND wait_seconds <= {WITHIN_S})::INT)::BIGINT AS within,
       within / offered
FROM calls
WHERE type = 'call.ended' AND queue IS NOT NULL AND enqueued_at >= $day::DATE AND enqueued_at < $day_after::DATE
GROUP BY ALL
ORDER BY ALL
""",
        "waits": """
WITH waited AS (
    SELECT wait_seconds AS wait, sum(fact.weight) AS calls
    FROM calls
    WHERE type = 'call.ended' AND queue IS NOT NULL AND day >= $first::DATE AND day < $after::DATE
    GROUP BY wait
),
ranked AS (
    SELECT wait, sum(calls) OVER (ORDER BY wait) AS up_to, sum(calls) OVER () AS total FROM waited
)
SELECT min(wait) FILTER (100 * up_to >= 50 * total), min(wait) FILTER (100 * up_to >= 90 * total) FROM ranked
""",
        "tactics": """
SELECT tactic, outcome, sum(fact.weight)::BIGINT, sum(fact.weight * talk_seconds)::BIGINT
FROM calls
WHERE type = 'call.ended' AND day >= $first::DATE AND day < $after::DATE
GROUP BY ALL
ORDER BY tactic, outcome
""",
    },
}
_COUNTRY = "RU"
_LAST = 'SELECT "offset", epoch_ms(appended_at), raw FROM records ORDER BY "offset" DESC LIMIT 1'
_FIRST_APPENDED = datetime.combine(day_of(1), time(hour=6), UTC)
"""As the first call ends: at a steady rate by day and night, no later one is appended before it ended."""
_DAY_MS = 86_400_000


class Kvota:
    """The archive, one thread for DuckDB."""

    def __init__(self, folder: Path, asked: Asked) -> None:
        self._asked = asked
        self._open = ExitStack()
        self._archive = self._open.enter_context(Archive(folder / FILE_NAME, load_projections()))
        with self._archive.cursor() as con:
            con.execute("SET GLOBAL threads = 1")

    def load(self, spool: Path) -> dict[str, Any]:
        """Archive all records."""
        started_ms, step_ms = int(_FIRST_APPENDED.timestamp() * 1000), self._asked.days * _DAY_MS / self._asked.records
        cpu_s = archive_all(self._archive, raws(spool), started_ms, step_ms)
        return {"ingest_rows_per_cpu_s": round(self._asked.records / cpu_s)}

    def ask(self, path: str, question: str) -> Answer:
        """Answer a question of a path."""
        if path == "as_of":
            return self._as_of(question)
        if path == "replay":
            projection = self._archive.projection(question)
            return [[replayed_in_sql(self._archive, projection), replayed(self._archive, projection, 1)]]
        if path == "grow":
            return self._grown()
        sql = SQL[path][question]
        with self._archive.reading() as reading:
            return [[*row] for row in reading.con.execute(sql, used(sql, self._asked)).fetchall()]

    def _grown(self) -> Answer:
        """Have something come that is not rolled up, and changes no answer: the last record once more."""
        with self._archive.cursor() as con:
            told = con.execute(_LAST).fetchall()
        records = [LogRecord(TOPIC, 0, offset + 1, appended_ms, raw) for offset, appended_ms, raw in told]
        return [[self._archive.ingest(records)]]

    def _as_of(self, report: str) -> Answer:
        """A report of all reps as of the cut, as the service answers it: who called, and how often."""
        cut = {PARKED: 0, (TOPIC, 0): self._asked.cut}
        told = msgspec.json.decode(Answers(self._archive, _COUNTRY).report(report, {}, cut))
        return [[row["rep"], row["calls"]] for row in told["rows"]]

    def close(self) -> None:
        """Give the file free."""
        self._open.close()


if __name__ == "__main__":
    serve(Kvota)
