"""How many events each sender may bring in any window of time, and what it is told of that.

The headers are those of draft-ietf-httpapi-ratelimit-headers-11: `RateLimit-Policy` says what is allowed, `RateLimit`
what is left.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from itertools import takewhile
from math import ceil

from services.runtime.problems import Problem

NAME = "events"
"""What the policy is called in the headers."""
PARTS = 100
"""Into so many parts a window is cut; what comes within one of them leaves the window together, at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """At most so many events in any so many seconds."""

    events: int
    seconds: int


@dataclass(slots=True)
class _Part:
    """What came in a part of a window."""

    first: float
    last: float
    events: int


class _Window:
    """What one sender brought in the window that ends now."""

    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._parts = deque[_Part]()
        self.left = quota.events

    def move(self, now: float) -> bool:
        """Let go of what has left the window; whether anything is in it."""
        while self._parts and self._leaves(self._parts[0]) <= now:
            self.left += self._parts.popleft().events
        return bool(self._parts)

    def add(self, events: int, now: float) -> None:
        """Count what came now."""
        self.left -= events
        if self._parts and now - self._parts[-1].first < self._quota.seconds / PARTS:
            self._parts[-1].last = now
            self._parts[-1].events += events
        else:
            self._parts.append(_Part(now, now, events))

    def room_at(self, events: int, now: float) -> float:
        """When there will be room for so many events."""
        left, at = self.left, now
        for part in self._parts:
            if left >= events:
                break
            left, at = left + part.events, self._leaves(part)
        return at

    def more_at(self, now: float) -> float:
        """When there will be more left than is now."""
        return self._leaves(self._parts[0]) if self._parts else now + self._quota.seconds

    def _leaves(self, part: _Part) -> float:
        return part.last + self._quota.seconds


class Quotas:
    """What each sender has left. One that has brought nothing for a window is forgotten."""

    def __init__(self, quota: Quota, now: Callable[[], float]) -> None:
        """Allow each sender this much; `now` gives seconds of a clock that never goes back."""
        self._quota, self._now = quota, now
        self._windows: dict[str, _Window] = {}
        self._policy = f'"{NAME}";q={quota.events};w={quota.seconds}'

    def __len__(self) -> int:
        """How many senders are remembered."""
        return len(self._windows)

    def take(self, sender: str, events: int) -> Mapping[str, str]:
        """Count what a sender brings, and give the headers that say what is left; a request costs one event at least.

        Raises Problem, and counts nothing, where it is more than is left.
        """
        cost, now = max(events, 1), self._now()
        window = self._window(sender, now)
        if cost > self._quota.events:
            raise self._never()
        if cost > window.left:
            raise self._later(window, cost, now)
        window.add(cost, now)
        return self._told(window, now)

    def _window(self, sender: str, now: float) -> _Window:
        """The window of a sender; of those who have been quiet longest, any whose window is empty are forgotten."""
        window = self._windows.pop(sender, None) or _Window(self._quota)
        window.move(now)
        for other in list(takewhile(lambda each: not self._windows[each].move(now), self._windows)):
            del self._windows[other]
        self._windows[sender] = window
        return window

    def _told(self, window: _Window, now: float) -> dict[str, str]:
        soon = ceil(window.more_at(now) - now)
        return {"RateLimit-Policy": self._policy, "RateLimit": f'"{NAME}";r={window.left};t={soon}'}

    def _later(self, window: _Window, cost: int, now: float) -> Problem:
        after = ceil(window.room_at(cost, now) - now)
        en = f"{self._quota.events} events in {self._quota.seconds} s are allowed: send again in {after} s"
        ru = f"допускается событий: {self._quota.events} за {self._quota.seconds} с; повторите через {after} с"
        more = {"violated-policies": [NAME]}
        problem = Problem(HTTPStatus.TOO_MANY_REQUESTS, "quota-exceeded", en, ru, **more)
        problem.headers |= {**self._told(window, now), "Retry-After": str(after)}
        return problem

    def _never(self) -> Problem:
        en = f"a request has at most {self._quota.events} events, all that is allowed in a while: send several"
        ru = f"в запросе не больше {self._quota.events} событий, больше за раз не допускается: отправьте несколько"
        return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-many-events", en, ru)
