"""Polars, over Parquet as its guide advises: read lazily, so that it takes the columns and row groups that it needs."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from tests.bench.history.peers.serving import serve
from tests.bench.history.questions import TOP, WITHIN_S, Answer, Asked

_DATA = pl.Struct(
    {
        **dict.fromkeys(("call", "direction", "outcome", "queue", "rep", "tactic", "answered_by"), pl.String),
        **{f"{name}_seconds": pl.Int64 for name in ("wait", "ring", "talk", "hold", "wrap")},
        **dict.fromkeys(("enqueued_at", "answered_at", "ended_at"), pl.String),
    }
)
_TOLD = {"id": pl.String, "day": pl.String, "data": _DATA}
_CLOCKS = {"enqueue": "enqueued_at", "answer": "answered_at", "end": "ended_at"}
_QUARTER = "%Y-%m-%dT%H:%M:%SZ"


def _typed() -> list[pl.Expr]:
    few = [
        pl.col(name).cast(pl.Categorical) for name in ("direction", "outcome", "queue", "rep", "tactic", "answered_by")
    ]
    times = [pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us") for name in _CLOCKS.values()]
    return [pl.col("day").str.to_date(), *few, *times]


def _cells(calls: pl.LazyFrame, clock: str, at: str) -> pl.LazyFrame:
    wait = pl.col("wait_seconds")
    edge = (
        pl.when(wait <= 60)
        .then(wait)
        .when(wait <= 300)
        .then((wait - 1) // 5 * 5 + 5)
        .otherwise((wait - 1) // 60 * 60 + 60)
    )
    return (
        calls.filter(pl.col("queue").is_not_null(), pl.col(at).is_not_null())
        .group_by(
            pl.lit(clock).alias("clock"),
            pl.col(at).dt.truncate("15m").alias("interval"),
            "queue",
            "outcome",
            pl.col("answered_at").is_not_null().alias("answered"),
            edge.alias("wait"),
        )
        .agg(pl.len().cast(pl.Int64).alias("calls"))
    )


class Polars:
    """Parquet files, one thread (POLARS_MAX_THREADS)."""

    def __init__(self, folder: Path, asked: Asked) -> None:
        self._folder, self._asked = folder, asked
        self._month = pl.col("day").is_between(
            date.fromisoformat(asked.first), date.fromisoformat(asked.after), closed="left"
        )
        self._on_day = pl.col("day") == date.fromisoformat(asked.day)

    def load(self, spool: Path) -> dict[str, Any]:
        """Take in all records, and write the files."""
        told = pl.scan_ndjson(spool, schema=_TOLD, low_memory=True).unnest("data").with_columns(_typed())
        told.unique("id", keep="first", maintain_order=True).sink_parquet(self._file("calls"), row_group_size=100_000)
        calls = self._read("calls")
        days = calls.filter(pl.col("rep").is_not_null()).group_by("rep", "day")
        sums = pl.len().cast(pl.Int64).alias("calls"), pl.col("answered_at").count().cast(pl.Int64).alias("answered")
        days.agg(*sums, pl.col("talk_seconds").sum()).sort("day", "rep").sink_parquet(self._file("rep_day"))
        cells = pl.concat([_cells(calls, clock, at) for clock, at in _CLOCKS.items()])
        cells.sort("clock", "interval", "queue").sink_parquet(self._file("queue_interval"), row_group_size=100_000)
        return {}

    def ask(self, path: str, question: str) -> Answer:
        """Answer a question of a path."""
        frame: pl.LazyFrame = getattr(self, f"_{question}_of_{path}")()
        return [[*row] for row in frame.collect().rows()]

    def _reps_of_rollup(self) -> pl.LazyFrame:
        calls = pl.col("calls").sum()
        sums = calls, pl.col("talk_seconds").sum(), (pl.col("answered").sum() / calls).alias("share")
        return self._in_text(self._read("rep_day").filter(self._month).group_by("rep").agg(*sums), "rep").sort("rep")

    def _reps_of_scan(self) -> pl.LazyFrame:
        of_reps = self._read("calls").filter(self._month, pl.col("rep").is_not_null())
        sums = pl.len(), pl.col("talk_seconds").sum(), (pl.col("answered_at").count() / pl.len()).alias("share")
        return self._in_text(of_reps.group_by("rep").agg(*sums), "rep").sort("rep")

    def _top_reps_of_rollup(self) -> pl.LazyFrame:
        return self._longest(self._read("rep_day").filter(self._month))

    def _top_reps_of_scan(self) -> pl.LazyFrame:
        return self._longest(self._read("calls").filter(self._month, pl.col("rep").is_not_null()))

    def _longest(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        talk = self._in_text(frame.group_by("rep").agg(pl.col("talk_seconds").sum()), "rep")
        return talk.sort(["talk_seconds", "rep"], descending=[True, False]).head(TOP)

    def _one_rep_of_rollup(self) -> pl.LazyFrame:
        one = self._read("rep_day").filter(self._on_day, pl.col("rep") == self._asked.rep)
        return one.select("calls", "answered", "talk_seconds")

    def _one_rep_of_scan(self) -> pl.LazyFrame:
        one = self._read("calls").filter(self._on_day, pl.col("rep") == self._asked.rep)
        sums = pl.len().alias("calls"), pl.col("answered_at").count(), pl.col("talk_seconds").sum()
        return one.select(*sums).filter(pl.col("calls") > 0)

    def _queues_of_rollup(self) -> pl.LazyFrame:
        answered, calls = pl.col("answered"), pl.col("calls")
        on_day = self._read("queue_interval").filter(pl.col("clock") == "enqueue", self._between("day", "day_after"))
        sums = calls.sum().alias("offered"), calls.filter(answered).sum().alias("handled")
        within = calls.filter(answered, pl.col("wait") <= WITHIN_S).sum().alias("within")
        return self._served(on_day.group_by("queue", "interval").agg(*sums, within))

    def _queues_of_scan(self) -> pl.LazyFrame:
        answered_at = pl.col("answered_at")
        on_day = self._read("calls").filter(self._on_day, pl.col("queue").is_not_null())
        interval = pl.col("enqueued_at").dt.truncate("15m").alias("interval")
        sums = pl.len().alias("offered"), answered_at.count().alias("handled")
        within = answered_at.filter(pl.col("wait_seconds") <= WITHIN_S).count().alias("within")
        return self._served(on_day.group_by("queue", interval).agg(*sums, within))

    def _served(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        level = (pl.col("within") / pl.col("offered")).alias("level")
        told = self._in_text(frame, "queue").with_columns(pl.col("interval").dt.strftime(_QUARTER), level)
        return told.sort("queue", "interval")

    def _waits_of_rollup(self) -> pl.LazyFrame:
        ended = self._read("queue_interval").filter(pl.col("clock") == "end", self._between("first", "after"))
        waited = ended.group_by("wait").agg(pl.col("calls").sum()).sort("wait")
        up_to, total = pl.col("calls").cum_sum(), pl.col("calls").sum()
        return waited.select(
            pl.col("wait").filter(100 * up_to >= percent * total).min().alias(str(percent)) for percent in (50, 90)
        )

    def _waits_of_scan(self) -> pl.LazyFrame:
        queued = self._read("calls").filter(self._month, pl.col("queue").is_not_null())
        wait = pl.col("wait_seconds")
        return queued.select(
            wait.quantile(share, "equiprobable").cast(pl.Int64).alias(str(share)) for share in (0.5, 0.9)
        )

    def _tactics_of_scan(self) -> pl.LazyFrame:
        told = self._read("calls").filter(self._month).group_by("tactic", "outcome")
        return self._in_text(told.agg(pl.len(), pl.col("talk_seconds").sum()), "tactic", "outcome").sort(
            "tactic", "outcome"
        )

    def _between(self, first: str, after: str) -> pl.Expr:
        bounds = [datetime.fromisoformat(getattr(self._asked, name)) for name in (first, after)]
        return pl.col("interval").is_between(*bounds, closed="left")

    def _in_text(self, frame: pl.LazyFrame, *names: str) -> pl.LazyFrame:
        return frame.with_columns(pl.col(name).cast(pl.String) for name in names)

    def _read(self, table: str) -> pl.LazyFrame:
        return pl.scan_parquet(self._file(table))

    def _file(self, table: str) -> Path:
        return self._folder / f"{table}.parquet"

    def close(self) -> None:
        """Nothing is open."""


if __name__ == "__main__":
    serve(Polars)
