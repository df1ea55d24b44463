"""Faust as its guide shows it: an agent, an event at a time, and tables.

Ignores repetitions by a table of ids; that and three tables of sums are in memory, each change a record of a changelog
topic. It keeps every id for ever. A key holds the partition: one worker keeps a key of two partitions in one place, and
would restore one of them. Offsets are committed every second, at least once.
"""

import sys
from typing import Any

import faust

from tests.bench.projector.folds import TABLES, contributions, decode


def application(bootstrap: str, name: str, partitions: int, folder: str) -> faust.App:
    """Make the app, with what both contenders in Faust have alike."""
    return faust.App(
        name,
        broker=f"kafka://{bootstrap}",
        datadir=folder,
        topic_partitions=partitions,
        topic_disable_leader=True,
        broker_commit_interval=1.0,
        broker_max_poll_records=8_000,
        producer_acks=-1,
        producer_linger=0.005,
        web_enabled=False,
        stream_wait_empty=False,
        table_standby_replicas=0,
    )


def tables(app: faust.App, partitions: int) -> tuple[Any, dict[str, Any]]:
    """Make the table of ids, and the tables of sums by name."""
    sums = {name: app.Table(name, partitions=partitions, key_type=str) for name in TABLES}
    return app.Table("seen", partitions=partitions, key_type=str), sums


def worker(app: faust.App) -> None:
    """Run the app as `faust worker` does, until SIGTERM."""
    sys.argv[1:] = ["worker", "--without-web", "--loglevel", "warn"]
    app.main()


def main(bootstrap: str, topic: str, name: str, partitions: int, folder: str) -> None:
    """Fold an event at a time."""
    app = application(bootstrap, name, partitions, folder)
    seen, sums = tables(app, partitions)

    @app.agent(app.topic(topic, key_type=bytes, value_type=bytes, value_serializer="raw"))
    async def fold(stream: Any) -> None:
        async for event in stream.events():
            told = decode(event.value)
            if told.id in seen:
                continue
            seen[told.id] = 1
            for table, key, numbers in contributions(told):
                cell = f"{event.message.partition}|{key}"
                known = sums[table].get(cell)
                sums[table][cell] = list(numbers) if known is None else list(map(int.__add__, known, numbers))

    worker(app)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
