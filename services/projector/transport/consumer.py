"""Faust's aiokafka driver, changed where it costs per message and where it decides about positions.

Two rules carry the safety. A partition is read only between `Progress.open` and `Progress.close`; open happens after
this assignment's seek, close as the first thing of a revocation. And a fetch and a seek exclude each other, so no
record can come from a position that was left.
"""
# ruff: noqa: SLF001  a driver made for another driver's insides; the exact version of Faust is pinned for it

import asyncio
from collections.abc import Collection, Iterator, Sequence
from operator import attrgetter
from typing import Any, ClassVar, cast

from aiokafka.errors import IllegalStateError
from faust.exceptions import ImproperlyConfigured
from faust.transport import base
from faust.transport.consumer import ensure_TP
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, AppT, ChannelT, ConsumerMessage, EventT, Message
from faust.types.transports import ConsumerT, TPorTopicSet
from faust.types.tuples import ack_lock
from mode import Service
from mode.types import ServiceT
from mode.utils.futures import notify
from yarl import URL

from services.projector.transport.batch import Committed, Fetching, Owner, Record, RecordBatch
from services.projector.transport.progress import Progress, require_kept, starting_points
from services.projector.transport.thread import BatchConsumerThread

_FETCH_TIMEOUT_S = 0.2  # a seek waits for the fetch before it, so this bounds what a rebalance waits for us
_NOTHING_TO_READ_S = 0.1

_value_size = attrgetter("serialized_value_size")


class TablesRefusedError(ImproperlyConfigured):
    """The app has Faust tables: their recovery would read before there are positions, so it would wait for ever."""


class BatchConsumer(driver.Consumer):
    """Reads, hands over and commits for one worker."""

    transport: "Transport"

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  Faust's signature
        """Hold no partition yet."""
        self._progress = Progress()
        self._held: frozenset[TP] = frozenset()  # what the owner was asked about
        self._assigned = False
        self._positioning: asyncio.Future[None] | None = None
        self._reading = asyncio.Lock()
        self._room = asyncio.Event()
        self._room.set()
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> BatchConsumerThread:
        same_kind = type(self.loop)()  # mode would take a plain one, also under uvloop
        return BatchConsumerThread(
            self, fetching=self.transport.fetching, loop=self.loop, thread_loop=same_kind, beacon=self.beacon
        )

    async def on_start(self) -> None:
        """Refuse what cannot work."""
        if len(self.app.tables):
            raise TablesRefusedError
        await super().on_start()

    # -- Assignment

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Hand over nothing more, then let Faust empty its queues, then give up the partitions."""
        self._assigned = False
        self._progress.close()
        await super().on_partitions_revoked(revoked)
        if not self.app.should_stop:
            await self.release()

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Let Faust wire the topics; its recovery then calls `perform_seek`."""
        self._assigned = True
        await super().on_partitions_assigned(assigned, generation_id)

    async def perform_seek(self) -> None:
        """Start to find out where to read on, which may take longer than Faust would wait.

        The flow stays off until Faust turns it on right after this: turning it on empties the queues.
        """
        if not self._assigned:
            raise IllegalStateError  # the partitions are on their way: Faust's recovery waits for the next assignment
        self.stop_flow()
        self.app.flow_control.suspend()
        await self._abandon_positioning()
        self._forget()
        assigned = frozenset(self.assignment())
        self._held = frozenset(tp for tp in assigned if _is_batched(self._channels(tp)))
        self._positioning = self.add_future(self._position(self._progress, assigned))

    async def _position(self, progress: Progress, assigned: frozenset[TP]) -> None:
        wanted = await self.transport.owner.resume(self._held)
        async with self._reading:
            if progress is not self._progress:
                return  # an owner that would not be cancelled
            committed = {ensure_TP(tp): offset for tp, offset in (await self.seek_to_committed()).items()}
            beginnings = {ensure_TP(tp): at for tp, at in (await self.earliest_offsets(*assigned)).items()}
            ends = {ensure_TP(tp): at for tp, at in (await self.highwaters(*assigned)).items()}
            starts = starting_points(wanted, committed, beginnings, ends)
            await self.seek_wait(starts)
            for tp, start in starts.items():
                self._committed_offset[tp] = start if committed.get(tp) == start else None  # None: commit ours
            progress.open(starts)

    async def release(self) -> None:
        """Give up all partitions: commit what came back, tell the owner, commit again, forget."""
        self._progress.close()
        await self._abandon_positioning()
        held, self._held = self._held, frozenset()
        if held:
            answered = await self._commit_settled()
            await self._tell_owner(held)
            if answered:
                await self._commit_settled()
        self._forget()

    async def _tell_owner(self, held: frozenset[TP]) -> None:
        try:
            async with self._bounded():
                await self.transport.owner.revoked(held)
        except TimeoutError:
            self.log.warning("The owner was not done with %d partitions in time; they go regardless.", len(held))
        except Exception as error:  # noqa: BLE001  aiokafka would only log it: this ends the worker
            await self.crash(error)

    async def _commit_settled(self) -> bool:
        """Commit what came back; False if the broker does not answer, which must not keep us: commits show the lag."""
        try:
            async with self._bounded():
                if under_way := self._commit_fut:  # it began before the last acknowledgements
                    await asyncio.wait({under_way})
                await self.commit()
        except TimeoutError:
            self.log.warning("The last acknowledgements could not be committed in time.")
            return False
        return True

    def _bounded(self) -> asyncio.Timeout:
        return asyncio.timeout(self.transport.fetching.release_timeout_s)

    async def on_stop(self) -> None:
        """Commit nothing, as Faust would: `release` has, and a crash must not."""

    async def _abandon_positioning(self) -> None:
        if self._positioning is not None:
            self._positioning.cancel()
            await asyncio.wait({self._positioning}, timeout=self.transport.fetching.release_timeout_s)
            self._positioning = None

    def _forget(self) -> None:
        self._progress = Progress()
        self._room.set()

    # -- Reading

    async def _drain_messages(self, fetcher: ServiceT) -> None:
        """Fetch and hand over until the fetcher stops."""
        try:
            while not (self.should_stop or cast(Service, fetcher).should_stop):
                await self._until_wanted()
                async with self._reading:
                    await self._read_once()
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise

    async def _until_wanted(self) -> None:
        if not self.flow_active:
            await self.can_resume_flow.wait()
        await self.app.flow_control.acquire()
        await self._room.wait()

    async def _read_once(self) -> None:
        wanted = self._get_active_partitions() & self._progress.reading
        if not wanted:
            await self.sleep(_NOTHING_TO_READ_S)
            return
        fetched = await self._getmany(active_partitions=wanted, timeout=_FETCH_TIMEOUT_S)
        await self.app.flow_control.acquire()
        for topic_partition, records in fetched.items():
            tp = ensure_TP(topic_partition)
            await self._require_kept(tp, records)
            position = self._progress.position(tp)
            if position is not None:  # or it was taken away while we fetched
                await self._hand_over(tp, self._progress.take(tp, records), position)

    async def _require_kept(self, tp: TP, records: Sequence[Record]) -> None:
        """A gap is what a transaction leaves behind, unless it was deleted: aiokafka would go on after it, silently."""
        position = self._progress.position(tp)
        if position is not None and records and records[0].offset > position:
            beginnings = {ensure_TP(tp): at for tp, at in (await self.earliest_offsets(tp)).items()}
            require_kept(tp, position, beginnings[tp], records[0].offset)

    async def _hand_over(self, tp: TP, records: Sequence[Record], position: int) -> None:
        channels = self._channels(tp)
        if not _is_batched(channels):
            await self._hand_over_singly(tp, records)
        elif records:
            self._hand_over_batch(RecordBatch.of(tp, records, position), channels)

    def _hand_over_batch(self, batch: RecordBatch, channels: Collection[ChannelT[Any]]) -> None:
        """Put it on every queue at once: nothing can intervene, so nothing can be half delivered."""
        size = sum(map(_value_size, batch.records))
        message = self._to_batch_message(batch, size)
        message.incref(len(channels))
        event = self.app.create_event(None, batch, None, message)
        self._progress.hand_over(batch.tp, message, size)
        if self._progress.unacked_bytes >= self.transport.fetching.unacked_bytes:
            self._room.clear()
        for channel in channels:
            channel.queue.force_put_nowait(event)

    def _to_batch_message(self, batch: RecordBatch, size: int) -> ConsumerMessage:
        newest = batch.records[-1]
        return ConsumerMessage(
            topic=batch.tp.topic,
            partition=batch.tp.partition,
            offset=batch.last,
            timestamp=newest.timestamp / 1000.0,
            timestamp_type=newest.timestamp_type,
            headers=None,
            key=None,
            value=None,
            checksum=None,
            serialized_value_size=size,
            tp=batch.tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def _hand_over_singly(self, tp: TP, records: Sequence[Record]) -> None:
        """Faust's own path, for topics that are not read in batches."""
        acks = self.app.topics.acks_enabled_for(tp.topic)
        for record in records:
            if tp not in self._progress.reading:
                return
            message = self._to_message(tp, record)
            if acks:
                self._progress.hand_over(tp, message, 0)
            await self.callback(message)

    def _channels(self, tp: TP) -> Collection[ChannelT[Any]]:
        channels: Collection[ChannelT[Any]] = self.app.topics._tp_index[tp]  # type: ignore[attr-defined]  # the conductor has no public way to ask who subscribes
        return channels

    # -- Acknowledgements

    def owns(self, message: Message) -> bool:
        """Tell whether a message may still be worked on: its partition was not taken away since."""
        return message.generation_id == self.app.consumer_generation_id and message.tp in self._progress.reading

    def end(self, tp: TP) -> int | None:
        """The offset that the next record of a partition will have, as of the last fetch.

        A fetch that brings nothing tells it too. None unless the partition is read, and before its first fetch.
        """
        return self._thread.highwater(tp) if tp in self._progress.reading else None

    def ack(self, message: Message) -> bool:
        """Take a message back; Faust calls this when the last stream has acknowledged it."""
        with ack_lock:
            if message.acked:
                return False
            message.acked = True
            self._unacked_messages.discard(message)
            self._progress.settle(message.tp)
            if self._progress.unacked_bytes < self.transport.fetching.unacked_bytes:
                self._room.set()
            notify(self._waiting_for_ack)
            return True

    def _filter_tps_with_pending_acks(self, topics: TPorTopicSet | None = None) -> Iterator[TP]:
        held = tuple(self._progress.partitions)
        return (tp for tp in held if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: TP) -> int | None:
        """Return what to commit; Faust skips it when it is committed already."""
        self._acked.pop(tp, None)  # streams that acknowledge by themselves write here, past `ack`
        self._acked_index.pop(tp, None)
        return self._progress.done(tp)


class BatchFetcher(base.Fetcher):
    """The task that reads, and the last one to know that the worker stops while its agents still run."""

    @Service.task
    async def _fetcher(self) -> None:
        await self._consumer._drain_messages(self)

    async def on_stop(self) -> None:
        """Give up the partitions, as in a rebalance; a crashed worker leaves them as they are."""
        if not self.app.crashed:
            await self._consumer.release()

    @property
    def _consumer(self) -> BatchConsumer:
        return cast(BatchConsumer, self.app.consumer)


class Transport(driver.Transport):
    """The plug-in; give it to an app with `app.transport = Transport(...)` before the app starts."""

    Consumer: ClassVar[type[ConsumerT]] = BatchConsumer
    Fetcher: ClassVar[type[ServiceT]] = BatchFetcher

    def __init__(
        self,
        url: list[URL],
        app: AppT,
        loop: asyncio.AbstractEventLoop | None = None,
        *,
        owner: Owner | None = None,
        fetching: Fetching | None = None,
    ) -> None:
        """Serve one app; Faust itself, choosing by URL scheme, passes the first three."""
        super().__init__(url, app, loop)
        self.owner: Owner = owner or Committed()
        self.fetching = fetching or Fetching()


def is_current(batch: object) -> bool:
    """Tell whether what an agent has in hand may still be worked on: its partition was not taken away since."""
    event = cast(EventT[Any], batch)
    return cast(BatchConsumer, event.app.consumer).owns(event.message)


def end_of(app: AppT, tp: TP) -> int | None:
    """The offset that the next record of a partition will have, while the app reads it: for what it lags behind."""
    return cast(BatchConsumer, app.consumer).end(tp)


def _is_batched(channels: Collection[ChannelT[Any]]) -> bool:
    return bool(channels) and all(channel.value_type is RecordBatch for channel in channels)
