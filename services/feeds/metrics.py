"""What the door says of itself to Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from services.feeds.facts import SECOND, Micros


class DoorMetrics:
    """The figures of one door."""

    def __init__(self) -> None:
        """Count from nothing."""
        self.registry = registry = CollectorRegistry()
        self._accepted = Counter("kvota_feeds_accepted", "What was seen, on the log.", ["source"], registry=registry)
        self._refused = Counter(
            "kvota_feeds_refused",
            "Deliveries of which nothing was appended.",
            ["source", "kind"],
            registry=self.registry,
        )

        self._ahead = Gauge(
            "kvota_feeds_clock_ahead_seconds",
            "By how much the clock of a feed's source was ahead of ours when it was last heard, at the least.",
            ["feed"],
            registry=self.registry,
        )

    def accepted(self, source: str, count: int) -> None:
        """Count what a source said and is on the log."""
        self._accepted.labels(source).inc(count)

    def refused(self, source: str, kind: str) -> None:
        """Count a delivery that was refused."""
        self._refused.labels(source, kind).inc()

    def heard(self, feed: str, told: Micros, now: Micros) -> None:
        """Compare the clock of a feed's source with ours: what it told now, and what time it is here."""
        self._ahead.labels(feed).set((told - now) / SECOND)
