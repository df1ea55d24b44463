"""Sending an answer while it is made, a part after the other."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import AsyncExitStack
from functools import partial

import structlog
from anyio import CancelScope
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

TAKEN_WITHIN_S = 60.0
"""How long a client may take for a slice of a part; then it is cut off."""

_SLICE_BYTES = 16 * 1024

log = structlog.get_logger()


class _NotTakenError(Exception):
    """The client took nothing for too long."""


class InParts(StreamingResponse):
    """An answer in parts. What it needs is let go of when all is sent, or nobody takes it any more.

    Whoever takes nothing for too long is cut off, and sees that the end is missing. Making a part has to wait only for
    other parts, never for a client or a whole answer.
    """

    def __init__(
        self,
        parts: Iterator[bytes],
        making: asyncio.Semaphore,
        held: AsyncExitStack,
        headers: Mapping[str, str],
        media_type: str,
    ) -> None:
        super().__init__(_made(parts, making), headers=headers, media_type=media_type)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        async with self._held:
            try:
                await super().__call__(scope, receive, partial(_within_time, send))
            except _NotTakenError:
                log.warning("answer_not_taken", path=scope["path"], within_s=TAKEN_WITHIN_S)


async def _within_time(send: Send, message: Message) -> None:
    try:
        async with asyncio.timeout(TAKEN_WITHIN_S):
            await send(message)
    except TimeoutError:
        raise _NotTakenError from None


async def _made(parts: Iterator[bytes], making: asyncio.Semaphore) -> AsyncGenerator[bytes]:
    """The parts in slices, so small that a slow client still takes one in time."""
    while (part := await _next(parts, making)) is not None:
        for begin in range(0, len(part), _SLICE_BYTES):
            yield part[begin : begin + _SLICE_BYTES]


async def _next(parts: Iterator[bytes], making: asyncio.Semaphore) -> bytes | None:
    """The next part, None after the last. It is made to its end even if nobody waits for it: what it reads is held."""
    async with making:
        made = asyncio.ensure_future(asyncio.to_thread(next, parts, None))
        try:
            return await asyncio.shield(made)
        finally:
            with CancelScope(shield=True):
                await asyncio.wait([made])
