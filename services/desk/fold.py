"""The desk's own fold of the decisions: heads by the law, the company as it is, and the commands that were recorded."""

from dataclasses import dataclass, field
from uuid import UUID

import structlog

from events.codec import Decoded, UnreadableError, decode
from events.law import Ledger, Verdict
from services.desk.commandid import read_commandid
from services.desk.company import Company
from services.runtime.errors import ClearError
from services.runtime.shards import DECISIONS

_log = structlog.get_logger()


class LogMovedError(ClearError):
    """The log is not the one that the desk has read so far."""

    def __init__(self, wanted: int, found: int) -> None:
        """Say which record is missing."""
        super().__init__(f"{DECISIONS}/0 goes on with offset {found} and not {wanted}: is it another log?")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a command made true, and where it stands."""

    stream: str
    version: int
    offset: int
    event_id: UUID
    digest: str
    """What was asked for, in short: the same command never asks for anything else."""


@dataclass(slots=True)
class Fold:
    """All that is known of the decisions up to `position`, the offset of the next record."""

    position: int = 0
    ledger: Ledger = field(default_factory=Ledger)
    company: Company = field(default_factory=Company)
    commands: dict[UUID, Recorded] = field(default_factory=dict[UUID, Recorded])
    """By the key of the command."""
    last: bytes | None = None
    """The last record, by which the log is known again."""

    def take(self, offset: int, raw: bytes | None) -> None:
        """Fold the next record of the log; raises LogMovedError for any other."""
        try:
            decoded = decode(raw or b"")
        except UnreadableError as error:
            self._goes_on(offset, raw)
            _log.warning("record_unreadable", offset=offset, reason=str(error))
        else:
            self.take_decoded(offset, raw, decoded)

    def take_decoded(self, offset: int, raw: bytes | None, decoded: Decoded) -> None:
        """Fold the next record of the log, of which it is known what it says; raises LogMovedError for any other."""
        self._goes_on(offset, raw)
        if self.ledger.judge(decoded.envelope) is Verdict.COUNTS:
            self._counts(offset, decoded)

    def _goes_on(self, offset: int, raw: bytes | None) -> None:
        if offset != self.position:
            raise LogMovedError(self.position, offset)
        self.position, self.last = offset + 1, raw

    def _counts(self, offset: int, decoded: Decoded) -> None:
        envelope = decoded.envelope
        if decoded.event is not None:
            self.company.take(decoded.event, envelope.id)
        command = read_commandid(envelope.commandid)
        if command is not None and envelope.stream is not None and envelope.streamversion is not None:
            recorded = Recorded(envelope.stream, envelope.streamversion, offset, envelope.id, command.digest)
            self.commands.setdefault(command.key, recorded)

    def head(self, stream: str) -> int:
        """The version of a stream; 0 for one that has not begun."""
        return self.ledger.heads.get(stream, 0)
