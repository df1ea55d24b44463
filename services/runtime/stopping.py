"""Stopping a service: what SIGTERM and SIGINT mean to a process that works until it is told."""

import asyncio
import signal


def stop_when_told() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set; for the loop that runs."""
    stop = asyncio.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(told, stop.set)
    return stop
