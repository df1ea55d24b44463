"""The process that owns a broker's JVM, so that no JVM is ever left behind: `python -m services.broker.guard`.

It says on standard output, in one line of JSON, that the broker is ready or why it is not. Then it waits for SIGTERM,
for the end of its standard input when it is owned, or for the JVM's own end. The JVM dies with it even by SIGKILL.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Coroutine
from contextlib import suppress

from services.broker.errors import BrokerError
from services.broker.folder import BrokerAddress, Folder, Owner
from services.broker.jvm import ENVIRONMENT, Jvm
from services.broker.launch import Launch, parse
from services.broker.log import failure
from services.broker.properties import HOST, Listeners, server_properties
from services.broker.readiness import answers
from services.broker.storage import format_once
from services.runtime.child import dies_with_parent
from services.runtime.errors import ClearError
from services.runtime.lock import own
from services.runtime.ports import free_port, require_free

_READY_WITHIN_S = 60.0


def main() -> int:
    """Guard one broker until it ends; the exit code is 0 when it was stopped and 1 when it failed."""
    launch = parse(sys.argv[1:])
    if not launch.owned and os.fork():
        return 0  # the child has no parent to wait for it, and none to be told of its end
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # "not reachable yet" is what is being waited for
    try:
        asyncio.run(_guard(launch, _own(launch.folder)))
    except ClearError as error:
        _report(failed=str(error))
        return 1
    return 0


def _own(folder: Folder) -> int:
    try:
        return own(folder.lock)
    except BlockingIOError as error:
        message = f"Another broker runs on {folder.root}: stop it, or choose another data directory."
        raise BrokerError(message) from error


async def _guard(launch: Launch, lock: int) -> None:
    end = _end_asked(watch_input=launch.owned)
    launch.folder.write_owner(Owner(os.getpid()))
    try:
        await _serve(launch, lock, end)
    finally:
        launch.folder.forget_owner()


async def _serve(launch: Launch, lock: int, end: asyncio.Event) -> None:
    clients = require_free(launch.port) if launch.port else free_port()
    listeners = Listeners(clients, controller=free_port(clients))
    written = launch.folder.log.stat().st_size
    process = await _start(launch, listeners, lock)
    try:
        address = BrokerAddress(f"{HOST}:{listeners.clients}")
        if await _first(answers(address), process.wait(), end.wait(), within_s=_READY_WITHIN_S) == 0:
            launch.folder.write_owner(Owner(os.getpid(), address))
            _report(ready=address)
            await _first(process.wait(), end.wait())
        if not end.is_set():
            raise _died(launch, process, written)
    finally:
        await _shut_down(process, launch.stop_within_s)


def _end_asked(*, watch_input: bool) -> asyncio.Event:
    """Return the event of being asked to end: by a signal, or by the owner's end."""
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, end.set)
    if watch_input:
        loop.add_reader(sys.stdin.fileno(), _input_ended, loop, end)
    return end


def _input_ended(loop: asyncio.AbstractEventLoop, end: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 1):
        loop.remove_reader(sys.stdin.fileno())
        end.set()


async def _start(launch: Launch, listeners: Listeners, lock: int) -> Process:
    folder, log = launch.folder, sys.stderr.fileno()
    jvm = Jvm(
        class_path=launch.installation.class_path,
        archive=launch.installation.use(launch.record),
        temporary=folder.temporary,
        heap_mb=launch.heap_mb,
    )
    format_once(folder, jvm, listeners, log)
    folder.properties.write_text(server_properties(folder.kafka, listeners), encoding="ascii")
    return await asyncio.create_subprocess_exec(
        *jvm.command("kafka.Kafka", str(folder.properties)),
        env=ENVIRONMENT,
        stdin=DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=(lock,),
        preexec_fn=dies_with_parent(),
    )


async def _first(*waits: Coroutine[object, object, object], within_s: float | None = None) -> int | None:
    """Return the place of the wait that was over first, after giving up the others; None when time was."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    done, pending = await asyncio.wait(tasks, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()
    return next((place for place, task in enumerate(tasks) if task in done), None)


def _died(launch: Launch, process: Process, written: int) -> BrokerError:
    silent = process.returncode is None
    how = "did not answer in time" if silent else f"ended with exit code {process.returncode}"
    return BrokerError(failure(f"The broker {how}", launch.folder.log, written))


async def _shut_down(process: Process, within_s: float) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(within_s):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _report(**outcome: str) -> None:
    """Tell the one who waits, once; then let go of its pipe."""
    with suppress(BrokenPipeError):  # nobody waits any more: the broker is there all the same
        sys.stdout.write(json.dumps(outcome) + "\n")
        sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
