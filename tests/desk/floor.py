"""A company that is decided about by several who do not always read before they decide; the law says what counts."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from events.codec import decode, encode
from events.event import Event
from events.law import Ledger, Verdict
from services.desk.deciding import Command, Decision, Rejected
from services.desk.fold import Fold
from tests.events.examples.record import decision


@dataclass
class Floor:
    """The log, and two who decide: one who has read all of it, and one who has stopped reading for a while."""

    records: list[bytes] = field(default_factory=list[bytes])
    fold: Fold = field(default_factory=Fold)
    behind: Fold = field(default_factory=Fold)
    refused: list[Rejected] = field(default_factory=list[Rejected])

    def happened(self, event: Event, stream: str) -> None:
        """Something that was decided without being asked about."""
        self._append(Decision(stream, event), self.fold)

    def asked(self, command: Command, *, behind: bool = False) -> Event | None:
        """Decide a command by what one of them knows, and append it; None if it is refused or does not count."""
        known = self.behind if behind else self.fold
        decide: Any = import_module(f"{type(command).__module__.rpartition('.')[0]}.decider").decide
        try:
            decided: Decision = decide(command, known.company)
        except Rejected as refusal:
            self.refused.append(refusal)
            return None
        return decided.event if self._append(decided, known) else None

    def read(self) -> None:
        """Let the one who has stopped reading see everything."""
        self.behind = deepcopy(self.fold)

    def _append(self, decided: Decision, known: Fold) -> bool:
        heads = {stream: known.head(stream) for stream in decided.relies_on}
        version = known.head(decided.stream) + 1
        envelope = decision(decided.event, decided.stream, version, by="rep-1", expects=heads).envelope
        before = self.fold.head(decided.stream)
        self.records.append(encode(envelope))
        self.fold.take(self.fold.position, self.records[-1])
        return self.fold.head(decided.stream) > before

    def counting(self) -> Iterator[Event]:
        """The events that count, by the law alone."""
        ledger = Ledger()
        for record in self.records:
            decoded = decode(record)
            if ledger.judge(decoded.envelope) is Verdict.COUNTS and decoded.event is not None:
                yield decoded.event
