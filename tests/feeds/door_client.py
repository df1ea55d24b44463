"""Somebody at the door for CloudEvents, and what to bring there."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from events.codec import encode
from services.feeds.appender import Appender
from services.feeds.door import door
from services.runtime.settings import KafkaSettings
from tests.events.examples import EXAMPLES

NOWHERE = KafkaSettings(bootstrap_servers="127.0.0.1:1")
ENDED = encode(EXAMPLES["call.ended"].envelope)
BEAT = encode(EXAMPLES["feed.beat"].envelope)


@asynccontextmanager
async def client(kafka: KafkaSettings = NOWHERE) -> AsyncGenerator[httpx.AsyncClient]:
    async with Appender(kafka, attempts=1, patience_s=10) as appender:
        app = door(appender, lambda: kafka is not NOWHERE)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as http:
            yield http


def changed(name: str = "call.ended", /, **attributes: object) -> bytes:
    """Give an example with other attributes; None leaves one out."""
    record = json.loads(encode(EXAMPLES[name].envelope)) | attributes
    return json.dumps({attribute: value for attribute, value in record.items() if value is not None}).encode()


def problem(answer: httpx.Response, status: int) -> Mapping[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    return dict(answer.json())
