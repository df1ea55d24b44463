"""Kafka's topics: which there are, how each is kept, and making them before any worker starts."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError, NodeNotReadyError, NoError, TopicAlreadyExistsError, for_code

from services.runtime.errors import ClearError, NoBrokerError

DEVELOPMENT_PARTITIONS = 4

APPEND_TIME: Mapping[str, str] = {"message.timestamp.type": "LogAppendTime"}
FOR_EVER: Mapping[str, str] = {
    **APPEND_TIME,
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
}
"""The log is the truth: nothing in it expires or is compacted away."""

INTAKE = "kvota.intake"
"""What cloud telephony was seen to do, before it is put together into facts; no truth of its own, and no numbers."""
_INTAKE_KEPT: Mapping[str, str] = {
    **APPEND_TIME,
    "cleanup.policy": "delete",
    "retention.ms": str(int(timedelta(days=8).total_seconds() * 1000)),
}

# A reader needs the ticks since the last mark, some seconds; older ones are kept for whoever looks into what happened.
TICKS_RETENTION = timedelta(days=36)
TICK_BYTES = 4 * 1024 * 1024
"""The greatest tick: one record holds all that a busy tick adds to every projection."""

# Kafka never compacts the segment that it writes to, and whoever takes a shard over reads all of it.
CELLS_SEGMENT_BYTES = 32 * 1024 * 1024
CELLS_COMPACTED_WITHIN = timedelta(minutes=10)

_POLL_S = 0.05


class TopicError(ClearError):
    """A topic cannot be made, or exists and is not what it has to be; the text is one clear line for a person."""


class TopicExistsError(TopicError):
    """A topic that was to be new is there already."""


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic as it has to be; the number of its partitions never changes."""

    name: str
    partitions: int
    config: Mapping[str, str]
    """What it must be like."""
    advice: Mapping[str, str] = field(default_factory=dict[str, str])
    """What it is made with besides, and whoever runs the broker may change."""


def intake_topics(partitions: int = DEVELOPMENT_PARTITIONS) -> tuple[TopicSpec, ...]:
    """Return what the door of the feeds makes for itself."""
    return (TopicSpec(INTAKE, partitions, _INTAKE_KEPT),)


def source_topics(partitions: int = DEVELOPMENT_PARTITIONS) -> tuple[TopicSpec, ...]:
    """Return the topics that hold the truth; each topic of facts has `partitions`, everything else one order."""
    return (
        TopicSpec("kvota.decisions", 1, FOR_EVER),
        TopicSpec("kvota.calls", partitions, FOR_EVER),
        TopicSpec("kvota.agents", partitions, FOR_EVER),
        TopicSpec("kvota.touches", partitions, FOR_EVER),
        TopicSpec("kvota.feeds", partitions, FOR_EVER),
        TopicSpec("kvota.records", 1, FOR_EVER),
        TopicSpec("kvota.parked", 1, FOR_EVER),
        TopicSpec("kvota.versions", 1, FOR_EVER),
    )


def projector_topics(version: int, partitions: int = DEVELOPMENT_PARTITIONS) -> tuple[TopicSpec, ...]:
    """Return the topics of one version of the projector.

    Each has a partition for every partition of the facts, and a last one for the decisions.
    """
    ticks = {
        **APPEND_TIME,
        "cleanup.policy": "delete",
        "retention.ms": str(TICKS_RETENTION // timedelta(milliseconds=1)),
        "retention.bytes": "-1",
        "max.message.bytes": str(TICK_BYTES),
    }
    cells = {**APPEND_TIME, "cleanup.policy": "compact"}
    small = {
        "segment.bytes": str(CELLS_SEGMENT_BYTES),
        "max.compaction.lag.ms": str(CELLS_COMPACTED_WITHIN // timedelta(milliseconds=1)),
    }
    return (
        TopicSpec(f"kvota.projector-{version}.ticks", partitions + 1, ticks),
        TopicSpec(f"kvota.projector-{version}.cells", partitions + 1, cells, small),
    )


async def ensure_topics(
    bootstrap: str,
    specs: Sequence[TopicSpec],
    *,
    replication: int = 1,
    within_s: float = 30.0,
) -> None:
    """Make the topics that are missing, and return once every partition has a leader.

    Raises `TopicError` when one exists with other partitions or settings, or cannot be made, `NoBrokerError` when no
    broker answers, and `TimeoutError` when a leader is missing after `within_s` seconds.
    """
    async with _admin(bootstrap) as admin:
        existed = await _create(admin, specs, replication)
        async with asyncio.timeout(within_s):
            partitions = await _led(admin, specs)
        _require_partitions(specs, partitions)
        await _require_settings(admin, [spec for spec in specs if spec.name in existed])


async def make_new_topics(bootstrap: str, specs: Sequence[TopicSpec], *, within_s: float = 30.0) -> None:
    """Make topics; raises `TopicExistsError` when one of them exists, so that of several who ask one gets them."""
    async with _admin(bootstrap) as admin:
        if existed := await _create(admin, specs, replication=1):
            message = f"Topic {min(existed)} exists already: somebody else has made it."
            raise TopicExistsError(message)
        async with asyncio.timeout(within_s):
            await _led(admin, specs)


async def delete_topics(bootstrap: str, names: Sequence[str]) -> None:
    """Delete topics; those that do not exist are left out."""
    if not names:
        return
    existing = await partition_counts(bootstrap, names)
    async with _admin(bootstrap) as admin:
        await admin.delete_topics([name for name in names if name in existing])


async def group_size(bootstrap: str, group: str) -> int:
    """How many members a consumer group has."""
    async with _admin(bootstrap) as admin:
        described = await admin.describe_consumer_groups([group])
    return sum(len(each["members"]) for answer in described for each in answer.to_object()["groups"])


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncGenerator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id="kvota-topics")
    try:
        await admin.start()
        yield admin
    except (KafkaConnectionError, NodeNotReadyError):
        raise NoBrokerError(bootstrap) from None
    finally:
        await admin.close()


async def partition_counts(bootstrap: str, topics: Sequence[str]) -> dict[str, int]:
    """Return how many partitions each topic has; topics that do not exist are left out."""
    async with _admin(bootstrap) as admin:
        described = await admin.describe_topics(list(topics))
    return {topic["topic"]: len(topic["partitions"]) for topic in described if not topic["error_code"]}


async def partition_count(bootstrap: str, topic: str) -> int:
    """Return how many partitions a topic has; raises `TopicError` when there is no such topic."""
    counts = await partition_counts(bootstrap, [topic])
    if topic not in counts:
        message = f"There is no topic {topic}: make the topics with `kvota topics create`."
        raise TopicError(message)
    return counts[topic]


async def _create(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec], replication: int) -> Collection[str]:
    """Ask for every topic and return the names of those that were there."""
    answer = await admin.create_topics(
        [
            NewTopic(spec.name, spec.partitions, replication, topic_configs={**spec.advice, **spec.config})
            for spec in specs
        ],
    )
    existed = set[str]()
    for outcome in answer.to_object()["topic_errors"]:
        error = for_code(outcome["error_code"])
        if error is TopicAlreadyExistsError:
            existed.add(outcome["topic"])
        elif error is not NoError:
            message = f"Topic {outcome['topic']} could not be made: {outcome['error_message'] or error.__name__}"
            raise TopicError(message)
    return existed


async def _led(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> Mapping[str, int]:
    """Wait until every partition has a leader; return how many partitions each topic has."""
    names = [spec.name for spec in specs]
    while True:
        topics = await admin.describe_topics(names)
        if all(not topic["error_code"] and _has_leaders(topic["partitions"]) for topic in topics):
            return {topic["topic"]: len(topic["partitions"]) for topic in topics}
        await asyncio.sleep(_POLL_S)


def _has_leaders(partitions: Sequence[Mapping[str, int]]) -> bool:
    return all(partition["leader"] >= 0 for partition in partitions)


def _require_partitions(specs: Sequence[TopicSpec], partitions: Mapping[str, int]) -> None:
    for spec in specs:
        if partitions[spec.name] != spec.partitions:
            message = (
                f"Topic {spec.name} has {partitions[spec.name]} partitions and not {spec.partitions}: "
                "the number of partitions never changes."
            )
            raise TopicError(message)


async def _require_settings(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> None:
    for spec in specs:
        found = await _settings(admin, spec)
        wrong = [
            f"{name}={found.get(name)} and not {value}"
            for name, value in spec.config.items()
            if found.get(name) != value
        ]
        if wrong:
            message = f"Topic {spec.name} has {', '.join(wrong)}: set it right with Kafka's own tools."
            raise TopicError(message)


async def _settings(admin: AIOKafkaAdminClient, spec: TopicSpec) -> Mapping[str, str]:
    resource = ConfigResource(ConfigResourceType.TOPIC, spec.name, dict(spec.config))
    [answer] = await admin.describe_configs([resource])
    [described] = answer.to_object()["resources"]
    return {entry["config_names"]: entry["config_value"] for entry in described["config_entries"]}
