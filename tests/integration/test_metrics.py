"""What a real worker answers on its private port, with and without lag."""

import asyncio
from collections.abc import Callable, Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.runtime.ports import free_port
from tests.projector.workers import append_to, make_topics, working
from tests.telling import answered, raw, unfoldable
from tests.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

CALLS = ("kvota.calls", 0)
MANY = 40_000
"""Records for several ticks, as a worker finds them that was away."""


class Port:
    """The private port of one worker."""

    def __init__(self) -> None:
        self.number = free_port()
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{self.number}", trust_env=False)

    def close(self) -> None:
        self._client.close()

    def answer(self, path: str) -> tuple[int, str]:
        """Give the status that it answers, and the word; 0 while nobody listens."""
        try:
            answer = self._client.get(path)
        except httpx.TransportError:
            return 0, ""
        return answer.status_code, str(answer.json()["status"])

    def figures(self) -> dict[str, float]:
        """Give every metric, added up over its labels."""
        figures: dict[str, float] = {}
        for family in text_string_to_metric_families(self._client.get("/metrics").text):
            for sample in family.samples:
                figures[sample.name] = figures.get(sample.name, 0.0) + sample.value
        return figures

    def lag(self) -> tuple[float, float]:
        """Give the lag of all partitions together, in events and in seconds."""
        figures = self.figures()
        return figures["kvota_projector_lag_events"], figures["kvota_projector_lag_seconds"]

    def is_behind(self) -> bool:
        """Tell whether it says how far it is behind, which it does not know before its first tick, and is not ready."""
        figures = self.figures()
        events, seconds = (figures.get(f"kvota_projector_lag_{unit}", 0.0) for unit in ("events", "seconds"))
        return 0 < events < MANY and 0.2 < seconds < 30 and self.answer("/readyz") == (503, "behind")


@pytest.fixture
def port() -> Iterator[Port]:
    opened = Port()
    yield opened
    opened.close()


async def _see(holds: Callable[[], bool]) -> None:
    assert await asyncio.to_thread(eventually, holds, 30.0)


async def test_a_worker_that_keeps_up_says_what_it_did_and_that_it_is_ready(fresh_bootstrap: str, port: Port) -> None:
    await make_topics(fresh_bootstrap)
    async with working(fresh_bootstrap, PORT=str(port.number)) as worker:
        await _see(lambda: port.answer("/readyz") == (200, "ready"))
        assert port.lag() == (0, 0)
        good = [(CALLS, raw(answered(), number)) for number in (1, 2, 3, 3)]
        await append_to(fresh_bootstrap, [*good, (CALLS, raw(unfoldable(), 1)), (CALLS, b"no event")])
        await _see(lambda: port.figures()["kvota_projector_records_total"] == 6)
        figures = port.figures()
        assert port.lag() == (0, 0)
        assert figures["kvota_projector_parked_records_total"] == 2
        assert figures["kvota_projector_kept_ids"] == 3
        assert figures["kvota_projector_live_cells"] > 3
        assert figures["kvota_projector_ticks_total"] >= 1
        for cost in ("fold_seconds", "fold_cpu_seconds", "tick_seconds"):
            assert figures[f"kvota_projector_{cost}_sum"] > 0
        assert figures["process_cpu_seconds_total"] > 0
        assert await worker.stop() == 0


async def test_a_worker_that_is_behind_says_how_far_and_is_not_ready(fresh_bootstrap: str, port: Port) -> None:
    await make_topics(fresh_bootstrap)
    await append_to(fresh_bootstrap, [(CALLS, raw(answered(), number)) for number in range(MANY)])
    async with working(fresh_bootstrap, READY_LAG_S="0.2", PORT=str(port.number)) as worker:
        await _see(lambda: port.answer("/healthz") == (200, "alive"))
        await _see(port.is_behind)
        await _see(lambda: port.answer("/readyz") == (200, "ready"))
        assert port.lag() == (0, 0)
        assert port.figures()["kvota_projector_records_total"] == MANY
        assert await worker.stop() == 0
