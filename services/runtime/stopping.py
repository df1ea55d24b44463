"""Stopping a service: what signals mean to a process that works until it is told, and how it ends in any case."""

import asyncio
import os
import signal
import threading

import structlog


def stop_when_told() -> asyncio.Event:
    """An event that SIGTERM, SIGINT and a closed terminal (SIGHUP) set; for the loop that runs."""
    stop = asyncio.Event()
    for told in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(told, stop.set)
    return stop


def leave_within(seconds: float) -> None:
    """End this process with exit code 1 unless it has ended by then: what still waits, waits for nothing."""
    timer = threading.Timer(seconds, _leave)
    timer.daemon = True
    timer.start()


def _leave() -> None:
    structlog.get_logger().critical("left_unfinished")
    os._exit(1)
