"""CPU time."""

import time


class Clock:
    """CPU seconds of all threads, since it was asked last."""

    def __init__(self) -> None:
        """Begin now."""
        self._last = time.process_time()

    def __call__(self) -> float:
        """Those since then."""
        before, self._last = self._last, time.process_time()
        return self._last - before
