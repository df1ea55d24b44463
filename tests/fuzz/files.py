"""Harnesses of the readers of files: whatever is in one, it is read, or it is said to be unreadable."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError

from events.codec import decode, encode
from events.envelope import Envelope
from events.feeds import FeedCaughtUp
from events.parked import RecordParked
from services.feeds.asterisk.ami import AmiReader
from services.feeds.asterisk.cdr import CdrReader
from services.feeds.asterisk.cel import CelReader
from services.feeds.asterisk.queue_log import QueueLogReader
from services.feeds.facts import Company, Micros, Teller, UnreadableItemError
from services.feeds.freeswitch.esl import EslReader
from services.feeds.freeswitch.framing import blocks
from services.feeds.kamailio.reader import KamailioReader
from services.feeds.reading import Cut, Reader, Reading
from services.feeds.registry import read_files
from services.runtime.errors import ClearError
from tests.feeds.samples import AGENTS, MOSCOW

COMPANY = Company(MOSCOW, AGENTS)
_LIMITS = frozenset({"2147483647", "1048576"})
"""Numbers of five digits or more that a reason may have: they are ours."""
_NUMBER = re.compile(r"[0-9]{5,}")


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

    reader: Callable[[], Reader]
    cut: Cut | None = None

    def read(self, *chunks: bytes) -> list[Envelope]:
        """Read a file that comes in these chunks."""
        return list(Reading(Strict(self.reader()), "file", self.cut).read(chunks))


KINDS: Mapping[str, FileKind] = {
    "queue_log": FileKind(lambda: QueueLogReader(Teller("/asterisk/pbx1", COMPANY))),
    "ami": FileKind(lambda: AmiReader(Teller("/asterisk/pbx1", COMPANY))),
    "cel": FileKind(lambda: CelReader(Teller("/asterisk/pbx1", COMPANY))),
    "cdr_csv": FileKind(lambda: CdrReader(Teller("/asterisk/pbx1", COMPANY), MOSCOW)),
    "cdr_json": FileKind(lambda: CdrReader(Teller("/asterisk/pbx1", COMPANY), MOSCOW)),
    "kamailio": FileKind(lambda: KamailioReader(Teller("/kamailio/edge", COMPANY))),
    "freeswitch": FileKind(lambda: EslReader(Teller("/freeswitch/sw1", COMPANY)), blocks),
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
