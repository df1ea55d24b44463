"""A Faust transport that hands over one event per partition and fetch, instead of one per record.

Faust keeps what it is good at: membership, assignment, flow control, commits, the worker. What changes for an
application:

* A topic declared with `value_type=RecordBatch` is read in batches; every other topic takes Faust's own path.
* Where to read from is asked of the `Owner`, after every rebalance, and never of the committed offsets, unless the
  owner leaves a partition out. Committed offsets follow acknowledgements and are there for lag monitoring.
* Nothing of a partition is handed over before the owner said where to resume, nor after the partition is being taken
  away. The owner is told of that, and its last acknowledgements are still committed.
* Batches of one partition may be acknowledged in any order; the commit is the end of the acknowledged prefix.
* Handing over pauses while more than `Fetching.unacked_bytes` are out, so an agent gathers by time, not only by count.

An agent reads through `gather` and acknowledges what it has made durable::

    async def project(batches: AsyncIterable[Batch]) -> None:
        async for gathered in gather(batches, Pace()):
            ...                                  # fold the values, append, read back; empty when idle
            for batch in gathered:
                batch.ack()

    app = batch_app(Group(name="projector-7"), bootstrap_servers, owner=ledger)
    app.read("kvota.calls", "kvota.decisions", agent=project)
    await run_worker(app, stop)                  # returns when `stop` is set, raises what crashed

An agent that raises, or returns, ends the worker: `run_worker` stops everything and raises `WorkerCrashedError` from
it. `gather` leaves out what was taken away while it gathered; an agent that takes its time asks `is_current` again.

A partition that was taken away and comes back is a new assignment: batches gathered before are never valid again, and
acknowledging them changes nothing.
"""

from services.projector.transport.batch import Committed, Fetching, Owner, Record, RecordBatch
from services.projector.transport.consumer import Transport, end_of, is_current
from services.projector.transport.gathering import Batch, Pace, gather
from services.projector.transport.progress import PositionLostError
from services.projector.transport.worker import (
    Agent,
    AgentEndedError,
    BatchApp,
    Group,
    WorkerCrashedError,
    batch_app,
    run_worker,
)

__all__ = [
    "Agent",
    "AgentEndedError",
    "Batch",
    "BatchApp",
    "Committed",
    "Fetching",
    "Group",
    "Owner",
    "Pace",
    "PositionLostError",
    "Record",
    "RecordBatch",
    "Transport",
    "WorkerCrashedError",
    "batch_app",
    "end_of",
    "gather",
    "is_current",
    "run_worker",
]
