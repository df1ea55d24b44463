"""Stopping a service: what SIGTERM and SIGINT mean to a process that works until it is told."""

import asyncio
import os
import signal
import threading


def stop_when_told() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set; for the loop that runs."""
    stop = asyncio.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(told, stop.set)
    return stop


def leave_within(seconds: float) -> None:
    """End this process with exit code 1 unless it has ended by then: what still waits, waits for nothing."""
    timer = threading.Timer(seconds, os._exit, (1,))
    timer.daemon = True
    timer.start()
