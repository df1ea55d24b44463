"""Looking, from inside an event loop, at what others do: at a log as it grows, and until something holds."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from events.codec import decode
from events.envelope import Envelope
from services.runtime.topics import source_topics

PLACES = [TopicPartition(spec.name, number) for spec in source_topics() for number in range(spec.partitions)]


async def soon(holds: Callable[[], bool], within_s: float = 30.0) -> bool:
    """Look until `holds`; tell whether it did before `within_s` seconds were over."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + within_s
    while not holds():
        if clock() > deadline:
            return False
        await asyncio.sleep(0.01)
    return True


def heard_until(folder: Path) -> int:
    """Say where the spool in a folder ends: how many bytes of a phone system were ever heard; 0 with none."""
    files = sorted(folder.glob("*.spool"))
    with suppress(FileNotFoundError):  # what all lies on the log by now is gone
        return int(files[-1].stem) + files[-1].stat().st_size if files else 0
    return 0


@dataclass
class Watched:
    """What was appended to the log since it was first looked at."""

    bootstrap: str
    starts: dict[TopicPartition, int] = field(default_factory=dict[TopicPartition, int])
    raw: list[bytes] = field(default_factory=list[bytes])
    all: list[Envelope] = field(default_factory=list[Envelope])

    @property
    def counted(self) -> list[Envelope]:
        """What counts of it: the first record with an id."""
        return list({record.id: record for record in reversed(self.all)}.values())

    async def look(self) -> None:
        """Read what is new."""
        async with AIOKafkaConsumer(bootstrap_servers=self.bootstrap, enable_auto_commit=False) as reader:
            reader.assign(PLACES)
            ends = await reader.end_offsets(PLACES)
            if not self.starts:
                self.starts = dict(ends)
            for place in PLACES:
                reader.seek(place, self.starts[place])
            while any(self.starts[place] < ends[place] for place in PLACES):
                for place, records in (await reader.getmany(timeout_ms=200)).items():
                    new = [record.value or b"" for record in records]
                    self.raw += new
                    self.all += [decode(value).envelope for value in new]
                    self.starts[place] = records[-1].offset + 1

    async def holds(self, enough: Callable[[list[Envelope]], bool], within_s: float = 60.0) -> bool:
        """Look until what counts is enough; tell whether it was before `within_s` seconds were over."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + within_s
        while not enough(self.counted):
            if clock() > deadline:
                return False
            await self.look()
        return True


async def watch(bootstrap: str) -> Watched:
    """Begin to watch a log from where it ends now."""
    watched = Watched(bootstrap)
    await watched.look()
    return watched
