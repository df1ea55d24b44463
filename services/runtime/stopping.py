"""Stopping a service: what signals mean to a process that works until it is told, and how it ends in any case."""

import asyncio
import os
import signal
import sys
import threading
from asyncio import Task
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

import structlog

Done = TypeVar("Done")


def stop_when_told() -> asyncio.Event:
    """An event that SIGTERM, SIGINT and a closed terminal (SIGHUP) set; for the loop that runs."""
    stop = asyncio.Event()
    for told in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(told, stop.set)
    return stop


async def unless(
    stop: asyncio.Event, work: Coroutine[object, object, Done], beside: Task[None] | None = None
) -> Done | None:
    """Work until it is done or `stop` is set, which gives None; what fails, here or beside it, fails."""
    stopping, working = asyncio.create_task(stop.wait()), asyncio.create_task(work)
    ends: set[Task[Any]] = {stopping, working} | ({beside} if beside is not None else set())
    try:
        done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        working.cancel()
        await asyncio.gather(stopping, working, return_exceptions=True)
    for task in done - {stopping}:
        task.result()
    return working.result() if working in done else None


def begin_afresh() -> NoReturn:
    """Run this process's program anew, in its place."""
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606  # what was started is started again


def leave_within(seconds: float) -> None:
    """End this process with exit code 1 unless it has ended by then: what still waits, waits for nothing."""
    timer = threading.Timer(seconds, _leave)
    timer.daemon = True
    timer.start()


def _leave() -> None:
    structlog.get_logger().critical("left_unfinished")
    os._exit(1)
