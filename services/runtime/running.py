"""Running a service: from its start to SIGTERM or SIGINT, and what it says when it cannot go on."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
import uvloop

from services.runtime.errors import clear_cause
from services.runtime.logging import configure_logging
from services.runtime.stopping import stop_when_told


def run_service(name: str, work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> int:
    """Work until told to stop; gives the exit code. What a person can mend is one line of the log, and 1."""
    configure_logging()
    try:
        uvloop.run(_until_told(work))
    except Exception as error:
        if (clear := clear_cause(error)) is None:
            raise
        structlog.get_logger().critical(f"{name}_stopped", reason=str(clear))
        return 1
    return 0


async def _until_told(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    await work(stop_when_told())
