"""The topics that contenders read, and the account of what lies in each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from events.codec import encode
from services.feeds.appender import ROUND, Appender, Record, key_of
from services.runtime.topics import FOR_EVER, TopicSpec, ensure_topics, source_topics
from tests.bench.projector.contenders import CALLS
from tests.bench.projector.kafka import settings_for
from tests.bench.projector.totals import Totals, count
from tests.bench.projector.workload import Told


@dataclass(slots=True)
class Calls:
    """A topic of calls and the sums that they come to."""

    topic: str
    records: int = 0
    bytes: int = 0
    repeated: int = 0
    totals: Totals = field(default_factory=Totals)

    def take(self, told: Told) -> Record:
        """Count one record, and make what is appended."""
        value = encode(told.envelope)
        self.records += 1
        self.bytes += len(value)
        if told.again:
            self.repeated += 1
        else:
            count(self.totals, told.event)
        return Record(self.topic, key_of(told.envelope.subject), value)


async def append(bootstrap: str, partitions: int, told: Iterable[Told], topic: str) -> Calls:
    """Make a topic and append what is told; for the topic that Kvota reads, also those that it reads beside it."""
    beside = source_topics(partitions) if topic == CALLS else ()
    own = TopicSpec(topic, partitions, FOR_EVER)
    await ensure_topics(bootstrap, beside or (own,))
    calls = Calls(topic)
    async with Appender(settings_for(bootstrap)) as appender:
        for round_ in _rounds(calls.take(each) for each in told):
            await appender.append(round_)
    return calls


def _rounds(records: Iterator[Record]) -> Iterator[list[Record]]:
    while round_ := list(islice(records, ROUND)):
        yield round_
