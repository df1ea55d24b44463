"""The body of a request at the door: within bounds, and within what the door may have in memory."""

import asyncio
from http import HTTPStatus
from typing import NoReturn

from fastapi import Request
from starlette.requests import ClientDisconnect

from services.feeds.budget import Part
from services.runtime.problems import Problem

LIMIT = 10_000_000
"""The greatest body, in bytes."""
COPIES = 4
"""How often what came lies in memory at the most: the body, its items, a batch for Kafka, and that on its way there."""
PATIENCE_S = 30.0
"""How long a body may take to come: it has its part of the memory meanwhile, whoever sends it."""


async def body_of(request: Request, part: Part) -> bytes:
    """Read the body; raises Problem for one that is too large, or not whole in time, or for which there is no room."""
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said) > LIMIT:
        _too_large()
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await _received(request, part)
    except TimeoutError:
        en = f"a request comes whole within {PATIENCE_S:.0f} s: send it again, or several smaller ones"
        ru = f"запрос должен прийти целиком за {PATIENCE_S:.0f} с: повторите его или отправьте несколько поменьше"
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, "too-slow", en, ru) from None
    except ClientDisconnect:
        en, ru = "whoever sent it went away before its end", "отправитель отключился, не дослав запрос"
        raise Problem(HTTPStatus.BAD_REQUEST, "not-whole", en, ru) from None


async def _received(request: Request, part: Part) -> bytes:
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
