"""The thread that talks to Kafka: Faust's, with the settings that Faust does not have."""
# ruff: noqa: SLF001  made for the insides of one version of Faust and aiokafka, which are pinned

from contextlib import suppress
from time import monotonic
from typing import Any

from aiokafka import AIOKafkaConsumer
from faust.transport.drivers import aiokafka as driver
from mode.threads import ServiceThread, WorkerThread

from services.projector.transport.batch import Fetching

_STOPS_WITHIN_S = 5.0  # then it is left to die with the process: its broker does not answer


class _DaemonThread(WorkerThread):
    """Does not keep a crashed process alive."""

    def __init__(self, service: ServiceThread, **kwargs: Any) -> None:  # noqa: ANN401  mode's signature
        super().__init__(service, **kwargs)
        self.daemon = True


class BatchConsumerThread(driver.AIOKafkaConsumerThread):
    """Runs aiokafka's consumer in a loop of its own."""

    Worker = _DaemonThread
    shutdown_timeout = _STOPS_WITHIN_S

    def __init__(self, consumer: driver.Consumer, *, fetching: Fetching, **kwargs: Any) -> None:  # noqa: ANN401  Faust's signature
        self._fetching = fetching
        super().__init__(consumer, **kwargs)

    async def stop(self) -> None:
        """Stop, and give back the event loop, which mode leaves to whoever made it."""
        await super().stop()
        self.thread_loop.close()

    async def _wakeup_timer_in_thread(self) -> None:
        """Wake the parent's loop as mode does, without the coroutine that a loop which ends first never awaits."""
        self.last_wakeup_at = monotonic()
        with suppress(RuntimeError):  # that loop is closed: this thread waits for a broker that does not answer
            self.parent_loop.call_soon_threadsafe(_be_awake)

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        """Set what Faust has no setting for.

        Faust 0.15 takes aiokafka's round robin when there are no tables; only its own assignor gives a partition
        number of all equally partitioned topics to one worker.
        """
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_min_bytes = self._fetching.min_bytes
        consumer._fetch_max_wait_ms = self._fetching.max_wait_ms
        consumer._partition_assignment_strategy = [self.app.assignor]
        self._assignor = self.app.assignor
        return consumer


def _be_awake() -> None:
    """Do nothing: a loop that was woken for it has looked at what else there is to do."""
