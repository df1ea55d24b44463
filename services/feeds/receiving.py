"""The body of a request at the door: within bounds, and within what the door may have in memory."""

from http import HTTPStatus
from typing import NoReturn

from fastapi import Request

from services.feeds.budget import Part
from services.runtime.problems import Problem

LIMIT = 10_000_000
"""The greatest body, in bytes."""
COPIES = 4
"""How often what came lies in memory at the most: the body, its items, a batch for Kafka, and that on its way there."""


async def body_of(request: Request, part: Part) -> bytes:
    """Read the body; raises Problem for one that is too large, or for which the door has no room now."""
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said) > LIMIT:
        _too_large()
    body = bytearray()
    async for chunk in request.stream():
        part.take(len(chunk) * COPIES)
        body += chunk
        if len(body) > LIMIT:
            _too_large()
    return bytes(body)


def _too_large() -> NoReturn:
    en = f"a request has at most {LIMIT} bytes: send several"
    ru = f"в запросе не больше {LIMIT} байт: отправьте несколько"
    raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", en, ru)
