"""A screen for tests: listens to the board's stream over a real socket."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Message:
    """One server-sent event."""

    event: str
    id: str | None
    data: str

    @property
    def json(self) -> Any:  # noqa: ANN401  # JSON of any shape
        """The data, which is JSON."""
        return json.loads(self.data)


class Screen:
    """An open stream."""

    def __init__(self, response: httpx.Response) -> None:
        self.headers = response.headers
        self._messages = _messages(response)

    async def next(self, event: str | None = None) -> Message:
        """Wait for the next message, or for the next of one kind."""
        async with asyncio.timeout(10):
            async for message in self._messages:
                if event in (None, message.event):
                    return message
        raise EOFError

    async def rest(self) -> list[Message]:
        """Everything until the other side ends the stream."""
        async with asyncio.timeout(10):
            return [message async for message in self._messages]


async def _messages(response: httpx.Response) -> AsyncIterator[Message]:
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            yield Message(fields.get("event", "message"), fields.get("id"), fields["data"])
            fields = {}


@asynccontextmanager
async def listening(url: str, last: str | None = None) -> AsyncGenerator[Screen]:
    """Listen for a block; `last` is the id of the last board that was seen."""
    headers = {} if last is None else {"Last-Event-ID": last}
    async with (
        httpx.AsyncClient(timeout=10) as client,
        client.stream("GET", f"{url}/v1/board/stream", headers=headers) as response,
    ):
        response.raise_for_status()
        yield Screen(response)
