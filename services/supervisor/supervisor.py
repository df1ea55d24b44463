"""The supervisor's loop: every program in a task of its own, started when what it needs is ready."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import httpx
import structlog

from services.runtime.child import dies_with_parent
from services.runtime.ports import HOST
from services.supervisor.board import Stack, Standing, State
from services.supervisor.program import Program, failures_after, pause_s

_LOOK_EVERY_S = 0.1
_STOP_WITHIN_S = 15.0
log = structlog.get_logger()


class Supervisor:
    """Runs programs until it is told to stop; then ends them, those first that others do not need."""

    def __init__(self, stack: Stack, programs: Sequence[Program]) -> None:
        """Start nothing yet."""
        self._stack, self._programs = stack, programs
        self._standings = {each.name: Standing("waiting", url=each.url) for each in programs}
        self._ready = {each.name: asyncio.Event() for each in programs}
        self._running: dict[str, Process] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the programs running until `stop` is set."""
        self._stack.folder.mkdir(parents=True, exist_ok=True)
        self._say()
        try:
            async with asyncio.TaskGroup() as group:
                keeping = [group.create_task(self._keep(program)) for program in self._programs]
                await stop.wait()
                for task in keeping:
                    task.cancel()
        finally:
            await self._end_all()
            self._stack.forget()

    @property
    def standings(self) -> Mapping[str, Standing]:
        """How the programs stand."""
        return self._standings

    async def _keep(self, program: Program) -> None:
        failures = 0
        while True:
            await self._needs(program)
            await asyncio.sleep(pause_s(failures))
            began = _now()
            code = await self._run_once(program)
            if program.once and code == 0:
                self._stand(program, "done", pid=None)
                self._ready[program.name].set()
                await asyncio.Event().wait()
            failures = failures_after(failures, _now() - began)
            restarts = self._standings[program.name].restarts + 1
            self._stand(program, "failed", pid=None, restarts=restarts)
            log.warning("program_ended", program=program.name, code=code, failures=failures)

    async def _needs(self, program: Program) -> None:
        for name in program.after:
            await self._ready[name].wait()

    async def _run_once(self, program: Program) -> int:
        path = self._stack.log(program.name)
        with path.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                program.module,
                *program.arguments,
                env={**os.environ, **program.environment},
                stdin=DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,  # a Ctrl-C is for the supervisor, which ends them in their order
                preexec_fn=dies_with_parent(),
            )
        self._running[program.name] = process
        self._stand(program, "starting", pid=process.pid, log=str(path))
        try:
            await _either(process.wait(), self._becomes_ready(program))
            return await process.wait()
        finally:
            self._ready[program.name].clear()
            if process.returncode is not None:
                self._running.pop(program.name, None)

    async def _becomes_ready(self, program: Program) -> None:
        if program.once:
            return
        if program.url is not None:
            await _answers(f"{program.url}/readyz")
        if program.port is not None:
            await _listens(program.port)
        self._stand(program, "ready")
        self._ready[program.name].set()

    async def _end_all(self) -> None:
        """End the programs, the last started first: a reader before what it reads from."""
        for program in reversed(self._programs):
            process = self._running.get(program.name)
            if process is not None:
                await _end(process)

    def _stand(self, program: Program, state: State, **changes: object) -> None:
        self._standings[program.name] = replace(self._standings[program.name], state=state, **changes)  # type: ignore[arg-type]  # fields of Standing, by name
        self._say()

    def _say(self) -> None:
        self._stack.write(os.getpid(), self._standings)


async def _answers(url: str) -> None:
    """Return once a URL answers 200."""
    async with httpx.AsyncClient(timeout=2.0) as client:
        while True:
            with suppress(httpx.TransportError):
                if (await client.get(url)).status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(_LOOK_EVERY_S)


async def _listens(port: int) -> None:
    """Return once somebody takes connections at a port of this machine."""
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(HOST, port)
            writer.close()
            return
        await asyncio.sleep(_LOOK_EVERY_S)


async def _either(*waits: Coroutine[object, object, object]) -> None:
    """Wait until one of these is over, and give up the others."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_STOP_WITHIN_S):
            await process.wait()
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _now() -> float:
    return asyncio.get_running_loop().time()
