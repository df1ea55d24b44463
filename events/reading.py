"""The next records of a partition, read and judged many at once, as every reader of the log does. Pure."""

from collections.abc import Callable, Collection, Iterator, Sequence

from events.codec import UnreadableError
from events.law import Judgeable, Ledger, Verdict
from events.plain import PlainRecord, Read, read_all

Found = tuple[Read, Verdict]
"""What a record is, and what the law says of it."""


def read_and_judge(
    ledger: Ledger,
    raws: Sequence[bytes],
    appended: Callable[[], Sequence[int]] | None = None,
    aside: Collection[int] = (),
) -> list[Found]:
    """Say of each record what it is and whether it counts; the ledger moves on with them.

    `appended` says when the log took each, in epoch milliseconds, if that is known; it is asked only where that makes a
    difference. `aside` holds the places among these records of those that are set aside: such a fact was never told,
    such a decision keeps its version, and neither brings the log to another day.
    """
    read = read_all(raws)
    told = [judgeable(each) for each in read]
    if aside:
        told = [_unless_a_fact(place in aside, each) for place, each in enumerate(told)]

    def times() -> list[int | None]:
        return [
            None if place in aside else appended_ms
            for place, (each, appended_ms) in enumerate(zip(told, appended() if appended else (), strict=True))
            if each is not None
        ]

    judged = [each for each in told if each is not None]
    verdicts = iter(ledger.judge_all(judged, times if appended else None))
    found = [(each, _verdict(each, known, verdicts)) for each, known in zip(read, told, strict=True)]
    return [_aside(place in aside, *each) for place, each in enumerate(found)] if aside else found


def judgeable(read: Read) -> Judgeable | None:
    """What the law wants to know of a record; None where it could not be read."""
    if isinstance(read, UnreadableError):
        return None
    return read if isinstance(read, PlainRecord) else read.envelope  # pyright: ignore[reportReturnType]  # None of a class, too


def _unless_a_fact(aside: bool, told: Judgeable | None) -> Judgeable | None:  # noqa: FBT001  # what is asked of each
    return None if aside and told is not None and told.stream is None else told


def _verdict(read: Read, told: Judgeable | None, verdicts: Iterator[Verdict]) -> Verdict:
    if told is not None:
        return next(verdicts)
    return Verdict.UNREADABLE if isinstance(read, UnreadableError) else Verdict.PARKED


def _aside(aside: bool, read: Read, verdict: Verdict) -> Found:  # noqa: FBT001  # what is asked of each
    """The same; what is set aside and would count does not."""
    return read, Verdict.PARKED if aside and verdict is Verdict.COUNTS else verdict
