"""Around every decision, for all nouns: look up what is known, decide, append under the law, see what came of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import uuid5
from weakref import WeakValueDictionary

import structlog

from events.catalogue import entry_of
from events.codec import Decoded, encode, event_data, event_schema
from events.envelope import Envelope, write_expects
from services.desk.commandid import CommandId
from services.desk.company import Company, Whose, stream_of
from services.desk.deciding import Decision, Rejected
from services.desk.fold import Fold, Recorded

SOURCE = "/desk"

_log = structlog.get_logger()


class Log(Protocol):
    """What the handler needs of the log."""

    @property
    def fold(self) -> Fold:
        """All that has been read so far."""

    async def catch_up(self) -> None:
        """Wait until everything has been folded that is in the log now."""

    async def append(self, record: Decoded) -> None:
        """Append a decision, and return once it is in the fold."""


class KeyReusedError(Exception):
    """The command's key was used to ask for something else."""


class StaleError(Exception):
    """What the command is about is not, or no longer, at the version that the caller has seen."""

    def __init__(self, version: int) -> None:
        """Say at which version it is."""
        super().__init__(f"it is at version {version}")
        self.version = version


class UndecidedError(Exception):
    """Time ran out."""

    def __init__(self, *, appended: bool) -> None:
        """Tell whether something was appended whose outcome is unknown: then the answer may be yes."""
        super().__init__("time ran out")
        self.appended = appended


class BeforehandError(Exception):
    """What has to hold before an event may be in the log does not, or cannot be made to."""


Beforehand = Callable[[], Awaitable[None]]


async def nothing() -> None:
    """Do nothing beforehand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One command, and all that the handler has to know about it."""

    command: CommandId
    caller: str
    """Who asks, as the record says it."""
    decide: Callable[[Company], Decision]
    """The noun's own decider, for this command; raises Rejected."""
    in_turn: str
    """Commands with the same word here are taken one after the other inside this process: they would only overtake one
    another in the log."""
    permit: Callable[[Company], None] = lambda _company: None
    """Makes sure that the caller may ask for this, by what is known; raises Rejected."""
    about: Whose | None = None
    """The stream that the caller has seen."""
    seen: Callable[[int], bool] = lambda _version: True
    """Whether a version of it is one that the caller has seen."""
    beforehand: Beforehand = nothing
    """What has to hold before the event may be in the log; done once, unless refused. Raises BeforehandError."""
    again: Beforehand = nothing
    """What tells whether a command that is recorded already is the same, where its digest cannot; raises if not."""
    take_back: Beforehand = nothing
    """Takes back what was done beforehand for a command that lost a race and is refused."""


class Handler:
    """Takes commands; any number of them at a time, in any number of processes."""

    def __init__(self, log: Log, now: Callable[[], datetime], patience_s: float) -> None:
        """Give each command `patience_s` seconds; `now` says when something is written down."""
        self._log, self._now, self._patience_s = log, now, patience_s
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def handle(self, asked: Asked) -> Recorded:
        """Make what is asked for true; the record that says so, be it an earlier one of this very command.

        Raises Rejected, BeforehandError, KeyReusedError or StaleError when nothing was recorded and nothing will be,
        and UndecidedError.
        """
        attempt = _Attempt(asked, self._log, self._now)
        try:
            async with asyncio.timeout(self._patience_s), self._turn(asked.in_turn):
                recorded = await attempt.finish()
        except TimeoutError:
            _log.warning("command_undecided", commandid=str(asked.command), tries=attempt.tries)
            raise UndecidedError(appended=attempt.in_doubt) from None
        except Rejected as refusal:
            _log.info("command_refused", commandid=str(asked.command), kind=refusal.kind)
            raise
        where = {"stream": recorded.stream, "version": recorded.version, "offset": recorded.offset}
        _log.info("command_recorded", commandid=str(asked.command), tries=attempt.tries, **where)
        return recorded

    def _turn(self, word: str) -> asyncio.Lock:
        return self._turns.setdefault(word, asyncio.Lock())


class _Attempt:
    """A command on its way."""

    def __init__(self, asked: Asked, log: Log, now: Callable[[], datetime]) -> None:
        self.tries = 0
        self.in_doubt = False
        """Whether something is appended of which it is not known what came of it."""
        self._asked, self._log, self._now = asked, log, now
        self._prepared = False

    async def finish(self) -> Recorded:
        """Decide and append until the command is recorded or refused.

        A refusal holds only by everything that was in the log when it was asked for, and not by what this process
        happened to have read of it: before the first one is believed, the rest is read.
        """
        caught_up = False
        while True:
            try:
                recorded = await self._once()
            except (Rejected, StaleError, BeforehandError):
                if caught_up:
                    if self._prepared:
                        await self._asked.take_back()
                    raise
                await self._log.catch_up()
                caught_up = True
            else:
                if recorded is not None:
                    return recorded

    async def _once(self) -> Recorded | None:
        """Decide by what is known and append; None when another decision came first, so that it is to be done again."""
        fold = self._log.fold
        if known := self._known(fold):
            if not self._prepared:
                await self._asked.again()
            return known
        decision = self._decide(fold)
        heads = {stream: fold.head(stream) for stream in (*decision.relies_on, decision.stream)}
        await self._prepare()
        self.tries += 1
        self.in_doubt = True
        await self._log.append(self._record(decision, heads))
        self.in_doubt = False
        if known := self._known(fold):
            await self._make_sure()
        return known

    async def _make_sure(self) -> None:
        """Do once more what was done beforehand, where another try, which is refused, may be taking it back."""
        if self._asked.take_back is not nothing:
            with suppress(BeforehandError):  # it is recorded, whatever holds by now
                await self._asked.beforehand()

    async def _prepare(self) -> None:
        if not self._prepared:
            await self._asked.beforehand()
            self._prepared = True

    def _known(self, fold: Fold) -> Recorded | None:
        """What was recorded of this very command, by whichever process."""
        known = fold.commands.get(self._asked.command.key)
        if known is not None and known.digest != self._asked.command.digest:
            raise KeyReusedError
        return known

    def _decide(self, fold: Fold) -> Decision:
        self._asked.permit(fold.company)
        about = self._asked.about
        version = 0 if about is None else fold.head(stream_of(about, fold.company))
        if version and not self._asked.seen(version):
            raise StaleError(version)
        return self._asked.decide(fold.company)

    def _record(self, decision: Decision, heads: Mapping[str, int]) -> Decoded:
        envelope = self._envelope(decision, heads)
        return Decoded(envelope, decision.event, encode(envelope))

    def _envelope(self, decision: Decision, heads: Mapping[str, int]) -> Envelope:
        event, stream, command = decision.event, decision.stream, self._asked.command
        version = heads[stream] + 1
        return Envelope(
            specversion="1.0",
            id=uuid5(command.key, f"{stream}@{version}"),
            source=SOURCE,
            type=entry_of(event).name,
            time=event.occurred_at,
            day=event.day,
            data=event_data(event),
            dataschema=event_schema(event),
            subject=stream,
            recordedtime=self._now(),
            stream=stream,
            streamversion=version,
            expects=write_expects({other: heads[other] for other in decision.relies_on}),
            commandid=str(command),
            authid=self._asked.caller,
        )
