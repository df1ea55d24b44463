"""Somebody at the door for CloudEvents, and what to bring there."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from events.codec import encode
from services.feeds.appender import Appender
from services.feeds.door import door
from services.runtime.settings import KafkaSettings
from tests.callers import bearer, watch
from tests.events.examples import EXAMPLES

NOWHERE = KafkaSettings(bootstrap_servers="127.0.0.1:1")
ENDED = encode(EXAMPLES["call.ended"].envelope)
BEAT = encode(EXAMPLES["feed.beat"].envelope)


@asynccontextmanager
async def client(kafka: KafkaSettings = NOWHERE) -> AsyncGenerator[httpx.AsyncClient]:
    """A feed at a door."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        async with Appender(kafka, attempts=1, patience_s=10) as appender:
            app = door(appender, lambda: kafka is not NOWHERE, watch(home))
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
