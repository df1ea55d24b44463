"""`python -m tests.bench.feeds`: what `kvota bench append --feeds` runs.

The door in a process of its own is sent what an Asterisk tells, a hundred events a request, by some clients at once,
against a real log and with its acknowledgement; then the longest events there are. Beside it, the appender alone puts
what the Asterisk tells there. Then the door is sent contact records of an Amazon Connect, without a vault and with one
that is asked who each caller is, while it makes facts of them. What was accepted is counted in the log. And the
captured AMI connection is read, over and over, in this process.
"""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import uvloop
from aiokafka import TopicPartition

from events.codec import decode
from services.feeds.appender import Appender, Record, record_of
from services.feeds.asterisk.ami import AmiReader
from services.feeds.cloud_events import LINES
from services.feeds.company import read_company
from services.feeds.facts import Teller
from services.feeds.reading import Reading
from services.runtime.errors import ClearError
from services.runtime.log import consumer, read_to_end
from services.runtime.logging import configure_logging
from services.runtime.settings import KafkaSettings
from services.runtime.shards import FACT_TOPICS
from services.supervisor.plan import Ports
from tests.bench.feeds.contacts import SEEN_OF_CONTACT, contacts, in_intake, through_the_webhooks
from tests.bench.feeds.door import Door, served
from tests.bench.feeds.sending import BATCH, CLIENTS, cpu, sent
from tests.bench.feeds.told import full, heard
from tests.bench.projector.bench import machine
from tests.captures.asterisk import AMI

_FEWER = 5
"""So many times fewer contact records are sent: each is as much work as several events."""


class OtherLogError(ClearError):
    """The figures would say nothing: what was accepted is not what is in the log."""


async def through_the_door(door: Door, records: Sequence[bytes]) -> Mapping[str, float]:
    """Send them all; how many a second were accepted, and what each cost the door's process."""
    return await sent(door, "/v1/events", {"Content-Type": LINES, **door.credentials}, records)


async def appended(bootstrap: str, records: Sequence[bytes]) -> Mapping[str, float]:
    """Append the same by the appender alone, in as large lots; what it costs this process."""
    process = psutil.Process()
    made = [record_of(decode(value).envelope, value) for value in records]
    async with Appender(KafkaSettings(bootstrap_servers=bootstrap)) as appender:
        await appender.append(made[:1])
        before, begun = cpu(process), time.perf_counter()
        lots = iter([made[start : start + BATCH] for start in range(1, len(made), BATCH)])
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(_lots(appender.append, lots))
        took, spent = time.perf_counter() - begun, cpu(process) - before
    return {"events_s": round(len(made) / took), "us_cpu_per_event": round(spent / len(made) * 1e6, 2)}


async def _lots(append: Callable[[Sequence[Record]], Awaitable[None]], lots: Any) -> None:  # noqa: ANN401  # as above
    for lot in lots:
        await append(lot)


def parsed(times: int) -> Mapping[str, float]:
    """Read the captured AMI connection so often: messages a second of processor time, and what one costs."""
    capture, company = AMI.read_bytes(), read_company("Europe/Moscow")
    messages = capture.count(b"\r\nEvent: ")
    begun = time.process_time()
    for _ in range(times):
        facts = list(Reading(AmiReader(Teller("/asterisk/pbx1", company)), "ami").read([capture]))
        assert facts
    took = (time.process_time() - begun) / times
    return {
        "messages": messages,
        "messages_s": round(messages / took),
        "us_cpu_per_message": round(took / messages * 1e6, 2),
    }


async def bench(home: Path, events: int, times: int) -> dict[str, Any]:
    """Measure; raises OtherLogError when the log does not hold what was accepted."""
    with tempfile.TemporaryDirectory(prefix="kvota-bench-") as folder:
        async with served(home, Path(folder), Ports.free()) as door:
            await through_the_door(door, heard(events // 10))
            found = {
                "door": await through_the_door(door, heard(events)),
                "full": await through_the_door(door, full(events)),
                "appender": await appended(door.bootstrap, heard(events)),
            }
            _require_all(events // 10 + 3 * events, await _in_log(door.bootstrap))
    for name, vault in (("webhooks", False), ("callers", True)):
        found[name] = await _webhooks(home, events // _FEWER, vault=vault)
    return {"machine": machine(), "batch": BATCH, "events": events, **found, "ami": parsed(times)}


async def _webhooks(home: Path, number: int, *, vault: bool) -> Mapping[str, float]:
    with tempfile.TemporaryDirectory(prefix="kvota-bench-") as folder:
        async with served(home, Path(folder), Ports.free(), vault=vault) as door:
            await through_the_webhooks(door, warm := contacts(number // 10))
            figures = await through_the_webhooks(door, contacts(number, len(warm)))
            _require_all(SEEN_OF_CONTACT * (len(warm) + number), await in_intake(door.bootstrap))
            return figures


def _require_all(accepted: int, there: int) -> None:
    if there != accepted:
        message = f"{accepted} records were accepted, and {there} are in the log"
        raise OtherLogError(message)


async def _in_log(bootstrap: str) -> int:
    async with consumer(KafkaSettings(bootstrap_servers=bootstrap)) as reader:
        return sum([1 for topic in FACT_TOPICS async for _ in read_to_end(reader, TopicPartition(topic, 0))])


def main(arguments: Sequence[str]) -> int:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(prog="kvota bench append --feeds")
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args(arguments)
    configure_logging(logging.WARNING)
    try:
        found = uvloop.run(bench(Path(".kvota").resolve(), told.events, told.times))
    except ClearError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(found) + "\n" if told.json else table(found))
    return 0


def table(found: Mapping[str, Any]) -> str:
    """The figures, for people."""
    lines = [f"{'':<12}{'a second':>10}{'us CPU each':>13}"]
    lines += [
        f"{name:<12}{found[name]['events_s']:>10}{found[name]['us_cpu_per_event']:>13}"
        for name in ("door", "full", "appender", "webhooks", "callers")
    ]
    ami = found["ami"]
    return "\n".join([*lines, f"{'AMI, parsed':<12}{ami['messages_s']:>10}{ami['us_cpu_per_message']:>13}", ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
