"""Sending an answer while it is made, a part after the other."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import AsyncExitStack

from anyio import CancelScope
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.history.limits import Turns


class InParts(StreamingResponse):
    """An answer in parts. What it needs is let go of when all is sent, or nobody takes it any more.

    Making a part takes a turn; while the client takes its time, others have it.
    """

    def __init__(
        self, parts: Iterator[bytes], turns: Turns, held: AsyncExitStack, headers: Mapping[str, str], media_type: str
    ) -> None:
        super().__init__(_made(parts, turns), headers=headers, media_type=media_type)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        async with self._held:
            await super().__call__(scope, receive, send)


async def _made(parts: Iterator[bytes], turns: Turns) -> AsyncGenerator[bytes]:
    while (part := await _next(parts, turns)) is not None:
        yield part


async def _next(parts: Iterator[bytes], turns: Turns) -> bytes | None:
    """The next part, None after the last. It is made to its end even if nobody waits for it: what it reads is held."""
    async with turns.turn(patient=True):
        making = asyncio.ensure_future(asyncio.to_thread(next, parts, None))
        try:
            return await asyncio.shield(making)
        finally:
            with CancelScope(shield=True):
                await asyncio.wait([making])
