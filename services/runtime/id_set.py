"""An exact set of ids that costs 16 bytes an id and little more, in memory or on disk.

The ids lie in sorted runs, each a few times as large as the one after it, so that adding rewrites each id only now and
then and asking looks into few runs. Ids are random, so the first half of one finds its place; the second decides.
"""

from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

SIZE = 16
"""The bytes of an id."""

_GROWTH = 4
"""A run is at least so many times as large as the one after it."""

Halves = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Order = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Run:
    """Ids in two columns, in the order of the first."""

    high: Halves
    low: Halves

    def holds(self, other: "_Run") -> Mask:
        """Which of another run's ids it has; asked in their order, neighbours lie near each other."""
        place = np.searchsorted(self.high, other.high)
        place[place == len(self.high)] = 0
        alike: Mask = self.high[place] == other.high
        held: Mask = alike & (self.low[place] == other.low)
        for index in np.flatnonzero(alike & ~held):
            end = np.searchsorted(self.high, other.high[index], side="right")
            held[index] = other.low[index] in self.low[place[index] : end]
        return held

    def only(self, wanted: Mask) -> "_Run":
        """Some of its ids."""
        return _Run(self.high[wanted], self.low[wanted])

    def __len__(self) -> int:
        return len(self.high)

    def read(self) -> "_Run":
        """Itself: it is in memory."""
        return self


@dataclass(frozen=True, slots=True)
class _Settled:
    """A run in a file, which is open only while it is asked: nobody has files for all the days of a year."""

    file: Path
    count: int

    @classmethod
    def of(cls, run: _Run, file: Path) -> Self:
        """Write a run down; the file is the old one until it is the new one."""
        partial = file.with_suffix(".partial")
        with partial.open("wb") as opened:
            run.high.tofile(opened)
            run.low.tofile(opened)
        partial.replace(file)
        return cls(file, len(run))

    def __len__(self) -> int:
        return self.count

    def read(self) -> _Run:
        """The run, as the file holds it."""
        high, low = np.memmap(self.file, dtype=np.uint64, mode="r", shape=(2, self.count))
        return _Run(high, low)


class IdSet:
    """A set of ids, each given as 16 bytes. For use by one thread at a time."""

    def __init__(self) -> None:
        """Hold none."""
        self._runs: list[_Run | _Settled] = []

    def __len__(self) -> int:
        """How many it holds."""
        return sum(map(len, self._runs))

    def __eq__(self, other: object) -> bool:
        """Whether the other holds the same ids."""
        return isinstance(other, IdSet) and sorted(self._ids()) == sorted(other._ids())

    __hash__ = None  # type: ignore[assignment]  # it changes

    def _ids(self) -> list[tuple[int, int]]:
        runs = [run.read() for run in self._runs]
        return [ids for run in runs for ids in zip(run.high.tolist(), run.low.tolist(), strict=True)]

    def absent(self, ids: bytes) -> list[bool]:
        """Which of these ids, joined, it does not hold; of one that comes twice, only the first can be absent."""
        run, order = _read(ids)
        absent = np.empty(len(order), dtype=np.bool_)
        absent[order] = self._absent(run)
        found: list[bool] = absent.tolist()
        return found

    def add(self, ids: bytes) -> None:
        """Take in ids, joined; those that it holds already make no difference."""
        run, _ = _read(ids)
        new = self._absent(run)
        if new.any():
            self._take_in(run.only(new))

    def settle(self, file: Path) -> None:
        """Move the ids to a file, always the same one; more can still be added.

        What came in since stays in memory until it is a good part of the whole: the file is not rewritten for a few.
        """
        if self._runs and isinstance(self._runs[0], _Run):
            self._runs = [_Settled.of(reduce(_merged, (run.read() for run in self._runs)), file)]

    def discard(self) -> None:
        """Hold none any more, nor a file."""
        for run in self._runs:
            if isinstance(run, _Settled):
                run.file.unlink(missing_ok=True)
        self._runs.clear()

    def _absent(self, asked: _Run) -> Mask:
        absent = _first_ones(asked)
        for run in self._runs:
            absent &= ~run.read().holds(asked)
        return absent

    def _take_in(self, run: _Run) -> None:
        self._runs.append(run)
        while len(self._runs) > 1 and len(self._runs[-2]) < _GROWTH * len(self._runs[-1]):
            last = self._runs.pop()
            self._runs[-1] = _merged(self._runs[-1].read(), last.read())


def _read(ids: bytes) -> tuple[_Run, Order]:
    """The ids as a run, and where each of them was before; the like keep their order."""
    pairs = np.frombuffer(ids, dtype=np.uint64).reshape(-1, 2)
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return _Run(pairs[order, 0], pairs[order, 1]), order


def _first_ones(run: _Run) -> Mask:
    """Which ids of a run that was just read are not the like of the one before."""
    first = np.ones(len(run.high), dtype=np.bool_)
    first[1:] = (run.high[1:] != run.high[:-1]) | (run.low[1:] != run.low[:-1])
    return first


def _merged(one: _Run, other: _Run) -> _Run:
    high, low = np.concatenate((one.high, other.high)), np.concatenate((one.low, other.low))
    order = np.argsort(high, kind="stable")
    return _Run(high[order], low[order])
