"""Harnesses of the readers of files: whatever is in one, it is read, or it is said to be unreadable."""

import re
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from events.codec import decode, encode
from events.envelope import Envelope
from events.feeds import FeedCaughtUp
from events.parked import RecordParked
from services.feeds.asterisk.ami import AmiReader
from services.feeds.asterisk.cdr import CdrReader
from services.feeds.asterisk.cel import CelReader
from services.feeds.asterisk.queue_log import QueueLogReader
from services.feeds.callers.heard import Callers
from services.feeds.facts import Company, Micros, Teller, UnreadableItemError
from services.feeds.freeswitch.esl import EslReader
from services.feeds.freeswitch.framing import blocks
from services.feeds.kamailio.reader import KamailioReader
from services.feeds.reading import Cut, Reader, Reading
from services.feeds.registry import WEBHOOKS, read_files
from services.feeds.three_cx.fields import ORDER
from services.feeds.three_cx.reader import ThreeCxReader
from services.feeds.webhooks.files import DeliveriesReader
from services.runtime.errors import ClearError
from tests.feeds.samples import AGENTS, MOSCOW

Done = TypeVar("Done")
_LIMITS = frozenset({"2147483647", "1048576"})
"""Numbers of five digits or more that a reason may have: they are ours."""
_NUMBER = re.compile(r"[0-9]{5,}")


def finished(work: Coroutine[Any, Any, Done]) -> Done:
    """What comes of work that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        return cast("Done", done.value)
    message = "it waits"
    raise WrongError(message)


async def everybody_is_known(numbers: Mapping[str, str]) -> Mapping[str, str]:
    """A vault that knows whom every number means."""
    return dict.fromkeys(numbers, "c-1")


class WrongError(AssertionError):
    """A parser did what it may not; no parser takes it for one of its own errors."""


class Strict:
    """A reader that may refuse an item by the two errors that quote nothing of it, and by no other."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.name, self.separator, self.teller = reader.name, reader.separator, reader.teller
        self.now: Micros | None = reader.now

    def read(self, item: bytes, *, whole: bool) -> Iterator[Envelope]:
        self._reader.now = self.now
        try:
            yield from self._reader.read(item, whole=whole)
        except (UnreadableItemError, ValidationError):
            raise
        except ValueError as error:
            message = f"an item was refused by {type(error).__name__}"
            raise WrongError(message) from error
        finally:
            self.now = self._reader.now

    def rest(self) -> Iterable[Envelope]:
        return self._reader.rest()


@dataclass(frozen=True, slots=True)
class FileKind:
    """How one kind of file is read."""

    reader: Callable[[Company], Reader]
    separator: bytes
    cut: Cut | None = None

    def read(self, *chunks: bytes) -> list[Envelope]:
        """Read a file that comes in these chunks, with the people who are on the line."""
        callers = Callers(everybody_is_known)
        reader = Strict(self.reader(Company(MOSCOW, AGENTS, callers=callers)))
        return finished(callers.identify(list(Reading(reader, "file", self.cut).read(chunks))))


def _deliveries(source: str) -> FileKind:
    return FileKind(lambda company: DeliveriesReader(source, WEBHOOKS[source], company, company.zone), b"\n")


KINDS: Mapping[str, FileKind] = {
    "queue_log": FileKind(lambda company: QueueLogReader(Teller("/asterisk/pbx1", company)), b"\n"),
    "ami": FileKind(lambda company: AmiReader(Teller("/asterisk/pbx1", company)), b"\r\n\r\n"),
    "cel": FileKind(lambda company: CelReader(Teller("/asterisk/pbx1", company)), b"\n"),
    "cdr_csv": FileKind(lambda company: CdrReader(Teller("/asterisk/pbx1", company), MOSCOW), b"\n"),
    "cdr_json": FileKind(lambda company: CdrReader(Teller("/asterisk/pbx1", company), MOSCOW), b"\n"),
    "kamailio": FileKind(lambda company: KamailioReader(Teller("/kamailio/edge", company)), b"\n"),
    "freeswitch": FileKind(lambda company: EslReader(Teller("/freeswitch/sw1", company)), b"\n\n", blocks),
    "3cx": FileKind(lambda company: ThreeCxReader(Teller("/3cx/office", company), ORDER, UTC), b"\n"),
    **{f"deliveries_{source}": _deliveries(source) for source in WEBHOOKS},
}


def check(told: Iterable[Envelope]) -> None:
    """Every record can be read by whoever reads the log; what was parked is counted, and its reason quotes nothing."""
    kinds = list[str]()
    for record in told:
        kinds.append(record.type)
        match decode(encode(record)).event:
            case None:
                message = f"nobody can read a {record.type}"
                raise WrongError(message)
            case RecordParked(reason=reason) if not reason.isascii() or set(_NUMBER.findall(reason)) - _LIMITS:
                raise WrongError(reason)
            case FeedCaughtUp(parked=parked, appended=appended):
                if (parked, appended) != (kinds.count("record.parked"), len(kinds) - kinds.count("record.parked") - 1):
                    message = "the account is not of what was told"
                    raise WrongError(message)
            case _:
                pass


def of_kind(kind: FileKind) -> Callable[[bytes], None]:
    """The harness of a reader."""
    return lambda data: check(kind.read(data))


def of_source(source: str) -> Callable[[bytes], None]:
    """The harness of all that reads a source's files, from finding out what they are."""

    def harness(data: bytes) -> None:
        with TemporaryDirectory(prefix="kvota-fuzz-") as folder:
            file = Path(folder) / "file"
            file.write_bytes(data)
            try:
                told = read_files(source, [file], zone=MOSCOW, roster=AGENTS)
            except ClearError:
                return
            for _ in told:
                pass

    return harness
