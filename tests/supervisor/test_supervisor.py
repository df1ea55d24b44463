"""The supervisor with real processes: order, readiness, restarts, and an end that leaves nothing."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from services.runtime.ports import free_port
from services.supervisor.board import Stack, Standing
from services.supervisor.plan import Ports, stack
from services.supervisor.program import STEADY_S, Program, failures_after, pause_s
from services.supervisor.supervisor import Supervisor
from tests.supervisor.supervise import WORKER
from tests.waiting import eventually


@asynccontextmanager
async def supervising(home: Path, programs: Sequence[Program]) -> AsyncGenerator[Stack]:
    """Supervise some programs for a block."""
    files, stop = Stack(home), asyncio.Event()
    run = asyncio.create_task(Supervisor(files, programs).run(stop))
    try:
        yield files
    finally:
        stop.set()
        await asyncio.wait_for(run, 20)


def standing(files: Stack, name: str) -> Standing:
    """Say how a program stands."""
    said = files.read()
    return said[1][name] if said is not None else Standing("waiting")


async def until(holds: Callable[[], bool]) -> None:
    """Wait, in a thread, until something holds."""
    assert await asyncio.to_thread(eventually, holds)


async def test_a_program_is_ready_once_it_answers_and_those_that_need_it_start_then(tmp_path: Path) -> None:
    port = free_port()
    first = Program("first", WORKER, ("serve", str(port)), url=f"http://127.0.0.1:{port}")
    second = Program("second", WORKER, ("stay",), after=("first",))
    async with supervising(tmp_path, [second, first]) as files:
        await until(lambda: standing(files, "second").state == "ready")
        assert standing(files, "first").state == "ready"
        pids = [standing(files, name).pid for name in ("first", "second")]
    assert not any(psutil.pid_exists(pid) for pid in pids if pid is not None)
    assert files.read() is None


async def test_a_killed_program_is_started_again(tmp_path: Path) -> None:
    async with supervising(tmp_path, [Program("stays", WORKER, ("stay",))]) as files:
        await until(lambda: standing(files, "stays").state == "ready")
        before = standing(files, "stays").pid
        assert before is not None
        psutil.Process(before).kill()
        await until(lambda: standing(files, "stays").state == "ready" and standing(files, "stays").pid != before)
        assert standing(files, "stays").restarts == 1


async def test_a_program_that_fails_is_tried_again_and_what_needs_it_waits(tmp_path: Path) -> None:
    programs = [Program("fails", WORKER, ("fail",), once=True), Program("waits", WORKER, ("stay",), after=("fails",))]
    async with supervising(tmp_path, programs) as files:
        await until(lambda: standing(files, "fails").restarts >= 2)
        assert standing(files, "waits") == Standing("waiting")


async def test_a_program_that_ends_by_itself_is_done_and_not_started_again(tmp_path: Path) -> None:
    programs = [Program("makes", WORKER, ("end",), once=True), Program("uses", WORKER, ("stay",), after=("makes",))]
    async with supervising(tmp_path, programs) as files:
        await until(lambda: standing(files, "uses").state == "ready")
        assert standing(files, "makes").state == "done"
    assert files.log("makes").read_text().count("started") == 1


def test_a_killed_supervisor_leaves_no_program(tmp_path: Path) -> None:
    files = Stack(tmp_path)
    with subprocess.Popen([sys.executable, "-m", "tests.supervisor.supervise", str(tmp_path)]) as supervisor:
        assert eventually(lambda: standing(files, "stays").state == "ready")
        pid = standing(files, "stays").pid
        supervisor.send_signal(signal.SIGKILL)
    assert pid is not None
    assert eventually(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def test_pauses_grow_to_a_limit_and_a_steady_program_starts_anew() -> None:
    assert [pause_s(failures) for failures in range(8)] == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0]
    assert failures_after(5, STEADY_S) == 1
    assert failures_after(5, 1.0) == 6


def test_every_program_of_the_stack_needs_only_what_is_there() -> None:
    programs = stack(Path("home"), Ports())
    names = {program.name for program in programs}
    assert {need for program in programs for need in program.after} <= names
    assert len({program.url for program in programs if program.url}) == len([each for each in programs if each.url])
