"""A broker from outside: its processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil

from services.broker.folder import Folder

CHECKOUT = Path(__file__).resolve().parents[2]


def processes_on(data_dir: Path) -> list[psutil.Process]:
    """Return the guards and JVMs that were started on a data directory and are alive."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if str(data_dir) in " ".join(process.info["cmdline"] or []) and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


def jvms_on(data_dir: Path) -> list[psutil.Process]:
    """Return the JVMs among the processes on a data directory."""
    return [process for process in processes_on(data_dir) if process.name() == "java"]


@contextmanager
def python(program: str, *arguments: Path) -> Generator[subprocess.Popen[str], None, None]:
    """Run a small program in an interpreter of its own, which is killed at the end."""
    with subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    """Return the first line that a process prints; nothing when it prints none."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


@contextmanager
def paused(data_dir: Path) -> Generator[None]:
    """Let a broker take connections for a block, and answer nothing."""
    jvms = jvms_on(data_dir)
    for jvm in jvms:
        jvm.suspend()
    try:
        yield
    finally:
        for jvm in jvms:
            jvm.resume()


def kill(data_dir: Path) -> None:
    """End a broker without a word to those who read from it."""
    guard = Folder(data_dir).owner()
    assert guard is not None
    os.kill(guard.pid, signal.SIGKILL)
