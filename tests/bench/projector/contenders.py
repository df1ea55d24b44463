"""Who competes: how each is started, and where the bench finds how far it is and what it came to."""

import json
import struct
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

from projections.cells import Boards, Value
from services.broker.errors import BrokerError
from services.runtime.cells_reader import CellsReader
from services.runtime.shards import Shards
from services.runtime.topics import TopicSpec, ensure_topics, projector_topics
from tests.bench.projector.contender import CHECKOUT, Contender, Program, Task
from tests.bench.projector.folds import TABLES
from tests.bench.projector.kafka import records_of, settings_for
from tests.bench.projector.peers.kvota import projections
from tests.bench.projector.streams import NoJavaError, Streams
from tests.bench.projector.totals import Totals, add

CALLS = "kvota.calls"
HOME = CHECKOUT / ".kvota"
_PEERS_PYTHON = HOME / "bench" / "bin" / "python"
_PACKAGE = "tests.bench.projector.peers"

Row = tuple[str, Iterable[int]]
"""A key of the totals, and numbers that a place keeps for it."""


async def latest(task: Task, topic: str) -> dict[tuple[int, bytes], bytes]:
    """What a compacted topic comes to: the last value of each key of each partition."""
    rows: dict[tuple[int, bytes], bytes] = {}
    async for record in records_of(task.bootstrap, topic, range(task.partitions)):
        if record.key is not None and record.value is not None:
            rows[record.partition, record.key] = record.value
    return rows


def summed(rows: Iterable[Row]) -> Totals:
    """Add up what the partitions keep."""
    totals: Totals = {}
    for key, numbers in rows:
        add(totals, key, numbers)
    return totals


async def consumed(task: Task, group: str, topic: str, then: Iterable[str] = ()) -> int:
    """How many records of a topic a group has folded: committed, and what it wrote of them to other topics read again.

    A record is some four numbers in those; what is left of them is put down to the last records.
    """
    committed = await task.watch.committed(group)
    read = sum(offset for partition, offset in committed.items() if partition.topic == topic)
    if read == 0:
        return 0
    left = 0
    for other in then:
        ends = await task.watch.ends(other, task.partitions)
        left += sum(max(0, end - committed.get(partition, 0)) for partition, end in ends.items())
    return read - -(-left // 4)


# -- Ours


@dataclass(frozen=True, slots=True)
class Kvota:
    """The projector."""

    name: str = "kvota"
    profile: Path | None = None
    tick_ms: int = 40

    def lacks(self) -> str | None:
        return None

    async def prepare(self, task: Task) -> None:
        await ensure_topics(task.bootstrap, projector_topics(task.number, task.partitions))

    def program(self, task: Task) -> Program:
        watched = [] if self.profile is None else [str(self.profile)]
        environment = {
            "KVOTA_KAFKA_BOOTSTRAP_SERVERS": task.bootstrap,
            "KVOTA_PROJECTOR_VERSION": str(task.number),
            "KVOTA_PROJECTOR_PORT": "0",
            "KVOTA_PROJECTOR_TICK_MS": str(self.tick_ms),
        }
        return Program([sys.executable, "-m", f"{_PACKAGE}.kvota", *watched], environment)

    async def done(self, task: Task) -> int:
        return await consumed(task, f"projector-{task.number}", CALLS)

    async def totals(self, task: Task) -> Totals:
        async with CellsReader(settings_for(task.bootstrap), task.number, projections()) as reader:
            await reader.load(Shards(task.partitions).every)
            return summed(_rows(reader.boards()))


def _rows(boards: Boards) -> Iterable[Row]:
    for (rep, day, _currency), values in boards["rep_day"].items():
        calls = [_whole(value) for value in values]
        if any(calls[8:]):
            message = f"{rep} sold something, which nobody did"
            raise AssertionError(message)
        yield f"rep_day|{rep}|{day}", calls[:8]
    for (queue, interval, *rest), values in boards["queue_interval"].items():
        key = "|".join(map(str, (queue, str(interval)[:16], *rest)))
        yield f"queue_interval|{key}", map(_whole, values)
    for (tactic, day), values in boards["tactic_day"].items():
        yield f"tactic_day|{tactic}|{day}", map(_whole, values)


def _whole(value: Value) -> int:
    return value if isinstance(value, int) else 0


# -- Others in Python


@dataclass(frozen=True, slots=True)
class InPython:
    """A program of `peers`, in a consumer group of its own, whose state is a few compacted topics."""

    name: str
    topics: Callable[[Task], Iterable[str]]
    row: Callable[[str, bytes, bytes], Row | None]
    """Reads a record of a topic: none for what is not a sum."""
    needs: str | None = None
    """A package that is not among ours."""
    makes: tuple[str, ...] = ()
    """What to make before it starts; `{run}` stands for the run."""
    then: tuple[str, ...] = ()
    """Topics by which it keys anew; likewise, and `{topic}` for what it reads."""

    def lacks(self) -> str | None:
        return None if self.needs is None else lacks(self.needs)

    async def prepare(self, task: Task) -> None:
        compacted = {"cleanup.policy": "compact"}
        names = [name.format(run=task.run) for name in self.makes]
        if names:
            await ensure_topics(task.bootstrap, [TopicSpec(name, task.partitions, compacted) for name in names])

    def program(self, task: Task) -> Program:
        return Program([interpreter(self.needs), "-m", f"{_PACKAGE}.{self.name}", *arguments(task)])

    async def done(self, task: Task) -> int:
        then = [name.format(run=task.run, topic=task.topic) for name in self.then]
        return await consumed(task, task.run, task.topic, then)

    async def totals(self, task: Task) -> Totals:
        rows: list[Row] = []
        for topic in self.topics(task):
            kept = await latest(task, topic)
            rows += [row for (_, key), value in kept.items() if (row := self.row(topic, key, value)) is not None]
        return summed(rows)


def _faust_topics(task: Task) -> Iterable[str]:
    return [f"{task.run}-{table}-changelog" for table in TABLES]


def _faust_row(topic: str, key: bytes, value: bytes) -> Row:
    table = next(table for table in TABLES if topic.endswith(f"-{table}-changelog"))
    _partition, _bar, rest = str(json.loads(key)).partition("|")
    return f"{table}|{rest}", json.loads(value)


def _loop_topics(task: Task) -> Iterable[str]:
    return [f"{task.run}-state"]


def _loop_row(_topic: str, key: bytes, value: bytes) -> Row | None:
    return None if key.startswith(b"seen|") else (key.decode(), json.loads(value)[1:])


_QUIX_REPARTITIONED = tuple(f"repartition__{{run}}--{{topic}}--{table}" for table in TABLES)


def _quix_topics(task: Task) -> Iterable[str]:
    return [f"changelog__{task.run}--repartition.{task.topic}.{table}--default" for table in TABLES]


def _quix_row(topic: str, key: bytes, value: bytes) -> Row:
    table = next(table for table in TABLES if topic.endswith(f"{table}--default"))
    cell, _bar, _name = key.decode().rpartition("|")
    return f"{table}|{json.loads(cell)}", json.loads(value)


def _quix_tuned_topics(task: Task) -> Iterable[str]:
    return [f"changelog__{task.run}--{task.topic}--default"]


def _quix_tuned_row(_topic: str, key: bytes, value: bytes) -> Row | None:
    _prefix, _bar, cell = key.partition(b"|")
    return (cell.decode(), json.loads(value)) if b"|" in cell else None


def arguments(task: Task) -> tuple[str, ...]:
    """What every program in Python is told."""
    return task.bootstrap, task.topic, task.run, str(task.partitions), str(task.folder)


def lacks(package: str) -> str | None:
    """What is missing when a package is neither beside ours nor among the peers' own."""
    if find_spec(package) is not None:
        return None
    packages = _PEERS_PYTHON.parents[1] / "lib"
    if any(packages.glob(f"python*/site-packages/{package}")):
        return None
    return f"the package {package} is not installed: run `make bench`"


def versions_of_peers() -> dict[str, str]:
    """What is installed of the packages that are not ours."""
    where = [str(path) for path in _PEERS_PYTHON.parents[1].glob("lib/python*/site-packages")]
    found = [*distributions(name="quixstreams"), *distributions(name="bytewax")]
    found += [*distributions(name="quixstreams", path=where), *distributions(name="bytewax", path=where)]
    return {each.name: each.version for each in found}


def version_of(name: str) -> str:
    """The version of a distribution that is beside ours or among the peers' own."""
    where = [*sys.path, *(str(path) for path in _PEERS_PYTHON.parents[1].glob("lib/python*/site-packages"))]
    return next(each.version for each in distributions(name=name, path=where))


def interpreter(package: str | None) -> str:
    """The Python that has a package."""
    return sys.executable if package is None or find_spec(package) is not None else str(_PEERS_PYTHON)


@dataclass(frozen=True, slots=True)
class Bytewax:
    """Bytewax, which has no consumer group: it says in a file how far it is, and writes the sums to another."""

    name: str

    def lacks(self) -> str | None:
        return lacks("bytewax")

    async def prepare(self, task: Task) -> None:
        """Nothing to make."""

    def program(self, task: Task) -> Program:
        return Program([interpreter("bytewax"), "-m", f"{_PACKAGE}.{self.name}", *arguments(task)])

    async def done(self, task: Task) -> int:
        told = task.folder / "done"
        return int(struct.unpack("<q", told.read_bytes())[0]) if told.exists() else 0

    async def totals(self, task: Task) -> Totals:
        lines = (task.folder / "totals").read_text("utf-8").splitlines()
        return summed((cell, map(int, sums.split(","))) for cell, sums in (line.split("\t") for line in lines))


# -- On the JVM


@dataclass(slots=True)
class KafkaStreams:
    """Kafka Streams; with `shape` dsl, what is keyed anew counts as folded once its second half has read it."""

    name: str
    shape: str
    stores: tuple[str, ...]
    repartitioned: tuple[str, ...] = ()
    installed: list[Streams] = field(default_factory=list[Streams])

    def lacks(self) -> str | None:
        try:
            self.installed.append(Streams.install(HOME))
        except (BrokerError, NoJavaError) as error:
            return f"no JDK: {error}"
        return None

    async def prepare(self, task: Task) -> None:
        """It makes its topics by itself."""

    def program(self, task: Task) -> Program:
        told = self.shape, task.bootstrap, task.topic, task.run, str(task.folder)
        return Program(self.installed[-1].command(*told))

    async def done(self, task: Task) -> int:
        then = [f"{task.run}-{table}-repartition" for table in self.repartitioned]
        return await consumed(task, task.run, task.topic, then)

    async def totals(self, task: Task) -> Totals:
        rows: list[Row] = []
        for store in self.stores:
            prefix = "" if store == "sums" else f"{store}|"
            kept = await latest(task, f"{task.run}-{store}-changelog")
            rows += [(prefix + key.decode(), _longs(value)) for (_, key), value in kept.items()]
        return summed(rows)


def _longs(value: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(value) // 8}q", value)


def contenders() -> dict[str, Contender]:
    """Everybody, by name."""
    everybody: tuple[Contender, ...] = (
        Kvota(),
        KafkaStreams("kafka_streams", "dsl", TABLES, TABLES),
        KafkaStreams("kafka_streams_tuned", "tuned", ("sums",)),
        InPython("aiokafka_loop", _loop_topics, _loop_row, makes=("{run}-state",)),
        InPython("quix", _quix_topics, _quix_row, needs="quixstreams", then=_QUIX_REPARTITIONED),
        InPython("quix_tuned", _quix_tuned_topics, _quix_tuned_row, needs="quixstreams"),
        Bytewax("bytewax"),
        Bytewax("bytewax_tuned"),
        InPython("faust_take", _faust_topics, _faust_row),
        InPython("faust_stock", _faust_topics, _faust_row),
    )
    return {each.name: each for each in everybody}
