"""A Faust worker inside a process of ours: no command line, no web server, no signal handlers, nothing at import."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import faust
from mode.supervisors import CrashingSupervisor

from services.projector.transport.batch import Fetching, Owner, RecordBatch
from services.projector.transport.consumer import Transport
from services.projector.transport.gathering import Batch

Agent = Callable[[AsyncIterable[Batch]], Awaitable[None]]

_STOP_WITHIN_S = 8.0


class WorkerCrashedError(RuntimeError):
    """Something in the worker failed; the cause is attached, and all of the worker is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """How a worker is a member of its consumer group."""

    name: str
    instance: str | None = None
    """Its own name, the same after a restart: then a quick restart moves no partition. None: leaves at every stop."""
    session_timeout_s: float = 6.0
    """How long a dead worker keeps its partitions."""
    commit_interval_s: float = 1.0
    max_poll_records: int = 8_000
    max_fetch_bytes: int = 4 << 20
    """Per partition; and what is read ahead of need."""


class AgentEndedError(RuntimeError):
    """An agent returned while the worker runs: Faust would keep its partitions and read them to nobody."""


class BatchApp(faust.App):
    """A Faust app without tables."""

    def read(self, *topics: str, agent: Agent) -> None:
        """Have an agent read topics in batches, for as long as the worker runs."""

        async def read(stream: Any) -> None:  # noqa: ANN401  StreamT lacks what every stream has
            await agent(stream.noack().events())
            if not self.should_stop:
                raise AgentEndedError

        batches = self.topic(*topics, value_type=RecordBatch)  # type: ignore[arg-type]  # never decoded: our mark
        self.agent(batches, name=f"{self.conf.id}-agent-of-{topics[0]}")(read)

    async def on_first_start(self) -> None:
        """Make no data directory: Faust would make one where the process was started."""


def batch_app(
    group: Group,
    bootstrap_servers: str,
    *,
    owner: Owner | None = None,
    fetching: Fetching | None = None,
    **settings: Any,  # noqa: ANN401  Faust's settings
) -> BatchApp:
    """Make an app that reads in batches; to be called in the loop that will run it."""
    app = BatchApp(
        group.name,
        broker=f"kafka://{bootstrap_servers}",
        consumer_group_instance_id=group.instance,
        broker_session_timeout=group.session_timeout_s,
        broker_heartbeat_interval=group.session_timeout_s / 3,
        broker_commit_interval=group.commit_interval_s,
        broker_max_poll_records=group.max_poll_records,
        consumer_max_fetch_size=group.max_fetch_bytes,
        agent_supervisor=CrashingSupervisor,
        stream_wait_empty=False,
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        **settings,
    )
    app.transport = Transport(app.conf.broker_consumer, app, owner=owner, fetching=fetching)
    return app


async def run_worker(app: faust.App, stop: asyncio.Event, *, stop_within_s: float = _STOP_WITHIN_S) -> None:
    """Run until told to stop. Raises `WorkerCrashedError` if it failed, `TimeoutError` if stopping takes too long.

    After an exception the process must end: whatever of the worker is left dies with it.
    """
    running = asyncio.create_task(_run(app))
    told = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({running, told}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        told.cancel()
        await _stop(app, running, stop_within_s)
    if failure := running.exception() or app.crash_reason:
        raise WorkerCrashedError(repr(failure)) from failure


async def _stop(app: faust.App, running: asyncio.Task[None], within_s: float) -> None:
    """Stop, or give up on it without a cancellation: Faust swallows those."""
    stopped = asyncio.gather(app.stop(), running, return_exceptions=True)
    await asyncio.wait({stopped}, timeout=within_s)
    if not stopped.done():
        raise TimeoutError


async def _run(app: faust.App) -> None:
    await app.start()
    await app.wait_until_stopped()
