"""How much of what is sent to the door may be in memory at a time."""

from collections.abc import Generator
from contextlib import contextmanager
from http import HTTPStatus

from services.runtime.problems import Problem

_AGAIN_S = 1
_FULL = (
    "too-much-at-once",
    "the door has as much in hand as it can hold: send again in a second",
    "приём занят, больше в памяти не поместится: повторите через секунду",
)
_NEVER = (
    "too-large",
    "a request takes no more memory than the door has: send several",
    "запрос не может занять больше памяти, чем есть у приёма: отправьте несколько",
)


class Budget:
    """Bytes of requests that are being received or appended, all together."""

    def __init__(self, most: int) -> None:
        """Allow so many bytes at a time."""
        self._most = self._left = most

    @contextmanager
    def part(self) -> Generator["Part"]:
        """A request's part of it, which it gives back at its end."""
        part = Part(self)
        try:
            yield part
        finally:
            self._left += part.taken

    def take(self, size: int, taken: int) -> None:
        """Take so many bytes beside those taken; raises Problem where there are not as many left, or never will be."""
        if taken + size > self._most:
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, *_NEVER)
        if size > self._left:
            problem = Problem(HTTPStatus.TOO_MANY_REQUESTS, *_FULL)
            problem.headers["Retry-After"] = str(_AGAIN_S)
            raise problem
        self._left -= size


class Part:
    """What one request has taken."""

    def __init__(self, budget: Budget) -> None:
        """Begin with nothing."""
        self._budget = budget
        self.taken = 0

    def take(self, size: int) -> None:
        """Take so many bytes more; raises Problem where the door has no room for them."""
        self._budget.take(size, self.taken)
        self.taken += size
