"""chDB, which is ClickHouse within the process: a MergeTree sorted by what is asked, texts of few values as such."""

import json
from pathlib import Path
from typing import Any

import chdb

from tests.bench.history.peers.serving import serve
from tests.bench.history.questions import TOP, WITHIN_S, Answer, Asked

_DATA = """
call String, direction String, outcome String, queue String, rep String, tactic String, wait_seconds UInt32,
ring_seconds UInt32, talk_seconds UInt32, hold_seconds UInt32, wrap_seconds UInt32, answered_by String,
enqueued_at Nullable(DateTime64(6, \\'UTC\\')), answered_at Nullable(DateTime64(6, \\'UTC\\')),
ended_at DateTime64(6, \\'UTC\\')
"""
_FEW = "LowCardinality(String)"
_MADE = (
    f"""
CREATE TABLE calls (
    id UUID, day Date, call String, direction {_FEW}, outcome {_FEW}, queue {_FEW}, rep {_FEW}, tactic {_FEW},
    wait_seconds UInt32, ring_seconds UInt32, talk_seconds UInt32, hold_seconds UInt32, wrap_seconds UInt32,
    answered_by {_FEW}, enqueued_at Nullable(DateTime64(6, 'UTC')), answered_at Nullable(DateTime64(6, 'UTC')),
    ended_at DateTime64(6, 'UTC')
) ENGINE = MergeTree ORDER BY (day, rep)
""",
    """
INSERT INTO calls
SELECT id, day, data.call, data.direction, data.outcome, data.queue, data.rep, data.tactic, data.wait_seconds,
       data.ring_seconds, data.talk_seconds, data.hold_seconds, data.wrap_seconds, data.answered_by, data.enqueued_at,
       data.answered_at, data.ended_at
FROM file('{spool}', JSONEachRow, 'id UUID, day Date, data Tuple({data})')
LIMIT 1 BY id
""",
    f"""
CREATE TABLE rep_day (rep {_FEW}, day Date, calls UInt64, answered UInt64, talk_seconds UInt64)
ENGINE = MergeTree ORDER BY (day, rep)
""",
    """
INSERT INTO rep_day
SELECT rep, day, count(), count(answered_at), sum(talk_seconds) FROM calls WHERE rep != '' GROUP BY rep, day
""",
    f"""
CREATE TABLE queue_interval (
    clock {_FEW}, interval DateTime('UTC'), queue {_FEW}, outcome {_FEW}, answered UInt8, wait UInt32, calls UInt64
) ENGINE = MergeTree ORDER BY (clock, interval, queue)
""",
    """
INSERT INTO queue_interval
SELECT at.1, toStartOfFifteenMinutes(assumeNotNull(at.2)), queue, outcome, answered_at IS NOT NULL AS answered,
       multiIf(wait_seconds <= 60, wait_seconds, wait_seconds <= 300, intDiv(wait_seconds - 1, 5) * 5 + 5,
               intDiv(wait_seconds - 1, 60) * 60 + 60) AS wait,
       count()
FROM calls ARRAY JOIN [('enqueue', enqueued_at), ('answer', answered_at), ('end', ended_at)] AS at
WHERE queue != '' AND at.2 IS NOT NULL
GROUP BY ALL
""",
    "OPTIMIZE TABLE calls FINAL",
    "OPTIMIZE TABLE rep_day FINAL",
    "OPTIMIZE TABLE queue_interval FINAL",
)
_SETTINGS = """
SETTINGS max_threads = 1, max_insert_threads = 1, input_format_parallel_parsing = 0, input_format_null_as_default = 1,
         date_time_input_format = 'best_effort', input_format_skip_unknown_fields = 1,
         input_format_json_ignore_unknown_keys_in_named_tuple = 1, output_format_json_quote_64bit_integers = 0
"""
_SQL = {
    "rollup": {
        "reps": """
SELECT rep, sum(calls), sum(talk_seconds), sum(answered) / sum(calls)
FROM rep_day WHERE day >= '{first}' AND day < '{after}' GROUP BY rep ORDER BY rep
""",
        "top_reps": f"""
SELECT rep, sum(talk_seconds) AS talk FROM rep_day WHERE day >= '{{first}}' AND day < '{{after}}'
GROUP BY rep ORDER BY talk DESC, rep LIMIT {TOP}
""",
        "one_rep": "SELECT calls, answered, talk_seconds FROM rep_day WHERE rep = '{rep}' AND day = '{day}'",
        "queues": f"""
SELECT queue, formatDateTime(interval, '%Y-%m-%dT%H:%i:%SZ') AS quarter, sum(calls) AS offered, sumIf(calls, answered),
       sumIf(calls, answered AND wait <= {WITHIN_S}) AS within, within / offered
FROM queue_interval WHERE clock = 'enqueue' AND interval >= '{{day}} 00:00:00' AND interval < '{{day_after}} 00:00:00'
GROUP BY queue, interval ORDER BY queue, interval
""",
        "waits": """
SELECT quantilesExactWeighted(0.5, 0.9)(wait, calls) AS found
FROM queue_interval WHERE clock = 'end' AND interval >= '{first} 00:00:00' AND interval < '{after} 00:00:00'
""",
    },
    "scan": {
        "reps": """
SELECT rep, count(), sum(talk_seconds), count(answered_at) / count()
FROM calls WHERE rep != '' AND day >= '{first}' AND day < '{after}' GROUP BY rep ORDER BY rep
""",
        "top_reps": f"""
SELECT rep, sum(talk_seconds) AS talk FROM calls WHERE rep != '' AND day >= '{{first}}' AND day < '{{after}}'
GROUP BY rep ORDER BY talk DESC, rep LIMIT {TOP}
""",
        "one_rep": """
SELECT count(), count(answered_at), sum(talk_seconds)
FROM calls WHERE rep = '{rep}' AND day = '{day}' HAVING count() > 0
""",
        "queues": f"""
SELECT queue, formatDateTime(toStartOfFifteenMinutes(enqueued_at) AS interval, '%Y-%m-%dT%H:%i:%SZ') AS quarter,
       count() AS offered, count(answered_at),
       countIf(answered_at IS NOT NULL AND wait_seconds <= {WITHIN_S}) AS within,
       within / offered
FROM calls
WHERE queue != '' AND day = '{{day}}' AND enqueued_at IS NOT NULL
GROUP BY queue, interval ORDER BY queue, interval
""",
        "waits": """
SELECT quantilesExactWeighted(0.5, 0.9)(wait_seconds, 1) AS found
FROM calls WHERE queue != '' AND day >= '{first}' AND day < '{after}'
""",
        "tactics": """
SELECT tactic, outcome, count(), sum(talk_seconds)
FROM calls WHERE day >= '{first}' AND day < '{after}' GROUP BY tactic, outcome ORDER BY tactic, outcome
""",
    },
}


class Chdb:
    """A database in a folder, one thread; it takes no parameters, and these values need no quoting."""

    def __init__(self, folder: Path, asked: Asked) -> None:
        self._asked = {name: getattr(asked, name) for name in ("first", "after", "day", "day_after", "rep")}
        self._con = chdb.connect(str(folder / "chdb"))

    def load(self, spool: Path) -> dict[str, Any]:
        """Take in all records, and make the tables of them."""
        for statement in _MADE:
            sql = statement.replace("{spool}", str(spool)).replace("{data}", _DATA)
            self._con.query(f"{sql}{_SETTINGS}" if sql.lstrip().startswith("INSERT") else sql)
        return {}

    def ask(self, path: str, question: str) -> Answer:
        """Answer a question of a path."""
        sql = f"{_SQL[path][question].format(**self._asked)}{_SETTINGS}"
        rows = [json.loads(line) for line in self._con.query(sql, "JSONCompactEachRow").bytes().splitlines()]
        return [row[0] for row in rows] if question == "waits" else rows

    def close(self) -> None:
        """Close it."""
        self._con.close()


if __name__ == "__main__":
    serve(Chdb)
