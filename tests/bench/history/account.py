"""Plain Python's own account of the answers, kept while the calls are made: it holds sums, and no calls."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from events.calls import CallEnded
from tests.bench.history.questions import TOP, WITHIN_S, Answer, Asked, Way

_PERCENTS = (50, 90)


def _zeros() -> list[int]:
    return [0, 0, 0]


@dataclass(slots=True)
class Account:
    """What has been told so far, each call once."""

    asked: Asked
    calls: int = 0
    of_reps: Counter[str] = field(default_factory=Counter[str])
    """Calls of each rep, of all days."""
    _reps: dict[str, list[int]] = field(default_factory=lambda: defaultdict(_zeros))
    _one_rep: list[int] = field(default_factory=_zeros)
    _queues: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(_zeros))
    _tactics: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(_zeros))
    _waits: Counter[int] = field(default_factory=Counter[int])

    def add(self, call: CallEnded) -> None:
        """Take in a call that is told for the first time."""
        self.calls += 1
        if call.rep is not None:
            self.of_reps[call.rep] += 1
        if self.asked.first <= str(call.day) < self.asked.after:
            self._add_to_month(call)
        if str(call.day) == self.asked.day:
            self._add_to_day(call)

    def _add_to_month(self, call: CallEnded) -> None:
        _add(self._tactics[str(call.tactic), call.outcome], 1, call.talk_seconds)
        if call.rep is not None:
            _add(self._reps[call.rep], 1, call.talk_seconds, int(call.answered_at is not None))
        if call.queue is not None:
            self._waits[call.wait_seconds] += 1

    def _add_to_day(self, call: CallEnded) -> None:
        answered = call.answered_at is not None
        if call.rep == self.asked.rep:
            _add(self._one_rep, 1, int(answered), call.talk_seconds)
        if call.queue is not None and call.enqueued_at is not None:
            within = answered and call.wait_seconds <= WITHIN_S
            _add(self._queues[call.queue, _quarter(call.enqueued_at)], 1, int(answered), int(within))

    def answers(self, path: Way) -> dict[str, Answer]:
        """What is to be answered to each question."""
        reps = sorted(self._reps.items())
        longest = sorted(reps, key=lambda item: (-item[1][1], item[0]))[:TOP]
        answers: dict[str, Answer] = {
            "reps": [[rep, calls, talk, answered / calls] for rep, (calls, talk, answered) in reps],
            "top_reps": [[rep, talk] for rep, (_calls, talk, _answered) in longest],
            "one_rep": [[*self._one_rep]] if self._one_rep[0] else [],
            "queues": [
                [queue, quarter, *counts, counts[2] / counts[0]]
                for (queue, quarter), counts in sorted(self._queues.items())
            ],
            "waits": [[*self._percentiles(path)]],
        }
        if path == "scan":
            told = sorted(self._tactics.items())
            answers["tactics"] = [[tactic, outcome, calls, talk] for (tactic, outcome), (calls, talk, _) in told]
        return answers

    def _percentiles(self, path: Way) -> list[int | None]:
        waits = Counter[int]()
        for wait, calls in self._waits.items():
            waits[_edge(wait) if path == "rollup" else wait] += calls
        return [_percentile(waits, percent) for percent in _PERCENTS]


def _add(sums: list[int], *numbers: int) -> None:
    for place, number in enumerate(numbers):
        sums[place] += number


def _percentile(counts: Counter[int], percent: int) -> int | None:
    """The least value that so many percent do not exceed."""
    up_to = 0
    for value, count in sorted(counts.items()):
        up_to += count
        if 100 * up_to >= percent * counts.total():
            return value
    return None


def _quarter(at: datetime) -> str:
    return at.replace(minute=at.minute // 15 * 15).strftime("%Y-%m-%dT%H:%M:00Z")


def _edge(seconds: int) -> int:
    width = 1 if seconds <= 60 else 5 if seconds <= 300 else 60
    return -(-seconds // width) * width
