"""The door to Kafka, without Kafka: where a record goes, and what is done when nobody knows whether it arrived."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from aiokafka.errors import KafkaError, KafkaTimeoutError
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from events.codec import encode
from events.envelope import CONTENT_TYPE
from services.feeds import appender
from services.feeds.appender import ATTEMPTS, AppendError, append, key_of, partition_of
from services.runtime.settings import KafkaSettings
from tests.feeds.samples import ami_capture, lines, read_ami, read_log

Sent = tuple[str, int, bytes, bytes]
KAFKA = KafkaSettings(bootstrap_servers="nowhere:1")
BATCH = 50
PARTITIONS = 4


@dataclass
class Batch:
    """A batch that is full after some records."""

    records: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])

    def append(
        self, *, timestamp: int | None, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
    ) -> object | None:
        assert timestamp is None
        assert list(headers) == [("content-type", CONTENT_TYPE.encode())]
        if len(self.records) == BATCH:
            return None
        self.records.append((key or b"", value or b""))
        return self


@dataclass
class Broker:
    """A log, and the errors that its next acknowledgements bring."""

    log: list[Sent] = field(default_factory=list[Sent])
    errors: list[KafkaError] = field(default_factory=list[KafkaError])
    arrives_nevertheless: bool = True
    connected: int = 0
    closed: int = 0

    def connect(self, kafka: KafkaSettings) -> "Producer":
        assert kafka is KAFKA
        return Producer(self)


@dataclass
class Producer:
    """A producer of that broker."""

    broker: Broker

    async def start(self) -> None:
        self.broker.connected += 1

    async def stop(self) -> None:
        self.broker.closed += 1

    async def partitions_for(self, topic: str) -> set[int]:
        return {0} if topic == "kvota.parked" else set(range(PARTITIONS))

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: appender.Batch, topic: str, *, partition: int) -> asyncio.Future[object]:
        assert isinstance(batch, Batch)
        answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        error = self.broker.errors.pop(0) if self.broker.errors else None
        if error is None or self.broker.arrives_nevertheless:
            self.broker.log += [(topic, partition, key, value) for key, value in batch.records]
        if error is None:
            answer.set_result(None)
        else:
            answer.set_exception(error)
        return answer


async def no_pause(_seconds: float) -> None:
    """Go on at once."""


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_a_key_hashes_as_in_kafkas_own_tests(key: bytes, expected: int) -> None:
    assert partition_of(key, 7) == (expected & 0x7FFFFFFF) % 7


@given(st.binary(max_size=100), st.integers(min_value=1, max_value=100))
def test_a_key_goes_where_aiokafka_puts_it(key: bytes, partitions: int) -> None:
    everywhere = list(range(partitions))
    assert partition_of(key, partitions) == DefaultPartitioner()(key, everywhere, everywhere)


def test_the_key_is_what_the_source_calls_the_thing() -> None:
    told = read_log(lines("+0|pbx1-1.7|sales|NONE|ENTERQUEUE||x|1", "+1|NONE|sales|Ива/нов|PAUSE|"))
    assert [key_of(record.subject).decode() for record in told] == ["pbx1-1.7", "Ива/нов", "asterisk/pbx1/queue_log"]


async def test_every_record_goes_to_its_topic_and_to_the_partition_of_its_key() -> None:
    broker, records = Broker(), read_ami(b"junk\r\n\r\n" + ami_capture())
    told = await append(KAFKA, records, connect=broker.connect, pause=no_pause)
    assert told.by_topic == {"kvota.calls": 158, "kvota.agents": 332, "kvota.feeds": 1, "kvota.parked": 1}
    assert sorted(value for *_place, value in broker.log) == sorted(map(encode, records))
    for topic, partition, key, _value in broker.log:
        assert partition == (0 if topic == "kvota.parked" else partition_of(key, PARTITIONS))
    assert broker.connected == broker.closed == 1


async def test_the_records_of_a_partition_keep_their_order() -> None:
    broker, records = Broker(), read_ami(ami_capture())
    await append(KAFKA, records, connect=broker.connect, pause=no_pause)
    order = {encode(record): number for number, record in enumerate(records)}
    for place in {sent[:2] for sent in broker.log}:
        numbers = [order[value] for *where, _key, value in broker.log if tuple(where) == place]
        assert numbers == sorted(numbers)


@pytest.mark.parametrize("arrives", [True, False])
async def test_records_whose_outcome_is_unknown_are_appended_again_by_a_new_producer(arrives: bool) -> None:  # noqa: FBT001
    broker = Broker(errors=[KafkaTimeoutError(), KafkaTimeoutError()], arrives_nevertheless=arrives)
    records = read_ami(ami_capture())
    told = await append(KAFKA, records, connect=broker.connect, pause=no_pause)
    assert {value for *_place, value in broker.log} == set(map(encode, records))
    assert sum(told.by_topic.values()) == len(records)
    assert broker.connected == broker.closed > 1


async def test_a_broker_that_never_acknowledges_is_given_up_with_a_clear_word() -> None:
    broker = Broker(errors=[KafkaTimeoutError() for _ in range(100)])
    records = read_log(lines("+0|pbx1-1.7|sales|NONE|ENTERQUEUE||x|1"))
    with pytest.raises(AppendError, match=r"^Records may not be in the log of Kafka at nowhere:1: KafkaTimeoutError"):
        await append(KAFKA, records, connect=broker.connect, pause=no_pause)
    assert broker.connected == broker.closed == ATTEMPTS


async def test_nothing_to_append_needs_no_kafka() -> None:
    broker = Broker()
    assert (await append(KAFKA, [], connect=broker.connect)).by_topic == {}
    assert broker.connected == 0
