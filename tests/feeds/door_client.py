"""Somebody at the door for CloudEvents, and what to bring there."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from events.codec import encode
from services.feeds.appender import Appender, Record
from services.feeds.budget import Budget
from services.feeds.door import door
from services.feeds.facts import Company
from services.feeds.metrics import DoorMetrics
from services.feeds.quotas import Quota, Quotas
from services.feeds.registry import WEBHOOKS
from services.feeds.webhooks.door import WebhookDoor
from services.runtime.settings import KafkaSettings
from tests.callers import bearer, watch
from tests.events.examples import EXAMPLES

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
NOWHERE = KafkaSettings(bootstrap_servers="127.0.0.1:1")
ENDED = encode(EXAMPLES["call.ended"].envelope)
BEAT = encode(EXAMPLES["feed.beat"].envelope)


PLENTY = Quota(events=1_000_000, seconds=10)


def webhooks(
    appender: Appender, memory: int = 100_000_000, url: str | None = None, quota: Quota = PLENTY
) -> WebhookDoor:
    """The door for those who call us; each proves itself by "old" or "new"."""
    return WebhookDoor(
        sources=WEBHOOKS,
        secrets_of=lambda _source: ("new", "old"),
        company=Company(UTC),
        appender=appender,
        budget=Budget(memory),
        quotas=Quotas(quota, lambda: 0.0),
        metrics=DoorMetrics(),
        now=lambda: NOW,
        public_url=url,
    )


class Taken(Appender):
    """Takes records in, and nothing further."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__(NOWHERE)
        self.records = list[Record]()

    async def append(self, records: Sequence[Record]) -> None:
        """Take records in."""
        self.records += records


@asynccontextmanager
async def client(kafka: KafkaSettings = NOWHERE) -> AsyncGenerator[httpx.AsyncClient]:
    """A feed at a door."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        async with Appender(kafka, attempts=1, patience_s=10) as appender:
            app = door(appender, lambda: kafka is not NOWHERE, watch(home), webhooks(appender))
            transport, headers = httpx.ASGITransport(app), bearer(home, "feed")
            async with httpx.AsyncClient(transport=transport, base_url="http://door", headers=headers) as http:
                yield http


def changed(name: str = "call.ended", /, **attributes: object) -> bytes:
    """Give an example with other attributes; None leaves one out."""
    record = json.loads(encode(EXAMPLES[name].envelope)) | attributes
    return json.dumps({attribute: value for attribute, value in record.items() if value is not None}).encode()


def problem(answer: httpx.Response, status: int) -> Mapping[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    return dict(answer.json())


async def counters(http: httpx.AsyncClient) -> set[str]:
    """What the door has counted, asked by a monitor."""
    lines = (await http.get("/metrics")).text.splitlines()
    return {line for line in lines if line.startswith("kvota_feeds_") and "_total" in line}
