"""Two desks and one log, and whatever they may be asked: what the machine of every noun rests on.

A desk reads the log only where the real handler makes it, so it mostly decides by what is long past; others append
while an append of its own is on the way; and it may be cut off, so that what it appended arrives at any time later.
"""

import asyncio
import re
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from events.codec import Decoded
from events.event import Event
from services.desk.deciding import Command, Rejected
from services.desk.fold import Fold, Recorded
from tests.desk.fake_log import Records, Replica, asked, decide, handler, identity, log_of
from tests.desk.machines.truth import Counting, Truth

SETTINGS = settings(max_examples=60, stateful_step_count=40)
BOTH = st.integers(0, 1)
ANY = st.integers(0, 1_000)


class CutOffError(Exception):
    """The desk that decided is gone, and what it appended is on its way."""


@dataclass
class Desk(Replica):
    """A desk that may be cut off from the log."""

    late: Records = field(default_factory=Records)
    """What was appended and has not arrived."""
    cut_off: bool = False

    async def append(self, record: Decoded) -> None:
        """Append as others do, or leave it on its way."""
        if self.cut_off:
            self.late.append(record.json)
            raise CutOffError
        await super().append(record)


class Racing(RuleBasedStateMachine):
    """What may happen at two desks; a noun says what may be asked, and what always holds."""

    commands: ClassVar[st.SearchStrategy[Command]]
    beginning: ClassVar[tuple[tuple[Event, str], ...]] = ()
    """What stands in the log at first, with its streams."""

    def __init__(self) -> None:
        """Begin with what happened before."""
        super().__init__()
        self.records = log_of(*self.beginning)
        self.late: Records = []
        self.desks = [Desk(self.records, late=self.late) for _ in range(2)]
        self.asked: list[tuple[Command, str]] = []
        self.by_key: dict[UUID, Command] = {}
        self.acknowledged: dict[UUID, Recorded] = {}
        self.void: set[bytes] = set()
        """What is on its way from commands that were refused since."""
        self.truth, self.fold = Truth(self.records, len(self.records)), Fold()
        self.runner = asyncio.Runner()

    def teardown(self) -> None:
        """Whoever has read the log, be it afresh, knows the same."""
        with self.runner:
            self.what_counts_was_allowed_just_then()
            for desk in (*self.desks, Desk(self.records)):
                self.runner.run(desk.catch_up())
                assert desk.fold == self.fold
                assert desk.fold.ledger.heads == self.truth.heads

    @rule(data=st.data(), desk=BOTH)
    def one_asks(self, data: st.DataObject, desk: int) -> None:
        """Something is asked for."""
        self._ask(desk, *self._command(data))

    @rule(data=st.data(), desk=BOTH)
    def two_ask_at_once(self, data: st.DataObject, desk: int) -> None:
        """While an append of one desk is on the way, the other one decides."""
        self.race(desk, data.draw(self.commands), data.draw(self.commands))

    @rule(data=st.data(), desk=BOTH)
    def one_asks_and_is_cut_off(self, data: st.DataObject, desk: int) -> None:
        """What is asked for is decided, and on its way."""
        self.desks[desk].cut_off = True
        self._ask(desk, *self._command(data))
        self.desks[desk].cut_off = False

    @precondition(lambda self: self.asked)
    @rule(which=ANY, desk=BOTH)
    def one_asks_again(self, which: int, desk: int) -> None:
        """Somebody who is not sure of an answer asks once more."""
        self._ask(desk, *self.asked[which % len(self.asked)])

    @precondition(lambda self: self.late)
    @rule(which=ANY)
    def what_was_on_its_way_arrives(self, which: int) -> None:
        """An append arrives that was decided long ago."""
        self.records.append(self.late.pop(which % len(self.late)))

    @rule(desk=BOTH)
    def a_desk_reads(self, desk: int) -> None:
        """A desk knows all there is."""
        self.runner.run(self.desks[desk].catch_up())

    @invariant()
    def what_counts_was_allowed_just_then(self) -> None:
        """Nothing counts that a desk would refuse that has read all that came before; nothing that was refused."""
        for counting in self.truth.news():
            if counting is not None:
                self._was_allowed(counting)
            self.fold.take(self.fold.position, self.records[self.fold.position])

    @invariant()
    def what_is_acknowledged_counts_once(self) -> None:
        """No acknowledged command is lost, and none is doubled, be it acknowledged or not."""
        counted = self.truth.by_command()
        assert all(len(places) == 1 for places in counted.values())
        for key, recorded in self.acknowledged.items():
            assert counted[key] == [(recorded.stream, recorded.version, recorded.offset)]

    def race(self, desk: int, first: Command, second: Command) -> None:
        """Let one desk decide while an append of the other one is on the way."""
        mine, theirs = self._known(first), self._known(second)
        self.desks[desk].meanwhile.append(partial(self._answer, 1 - desk, *theirs))
        self._ask(desk, *mine)
        self.desks[desk].meanwhile.clear()

    def named(self, command: Command, key: str) -> Command:
        """A command as it is asked for under a key: what it makes may be named by that."""
        del key
        return command

    def _was_allowed(self, counting: Counting) -> None:
        """Make sure that a desk decides the same that knows just what came before."""
        assert self.records[counting.offset] not in self.void
        if counting.command is None:
            return
        decision = decide(self.by_key[counting.command], self.fold.company)
        assert decision.stream == counting.stream
        assert decision.event == counting.event

    def _command(self, data: st.DataObject) -> tuple[Command, str]:
        return self._known(data.draw(self.commands))

    def _known(self, asked: Command) -> tuple[Command, str]:
        key = f"c{len(self.asked)}"
        command = self.named(asked, key)
        self.asked.append((command, key))
        self.by_key[identity(command, key).key] = command
        return command, key

    def _ask(self, desk: int, command: Command, key: str) -> None:
        self.runner.run(self._answer(desk, command, key))

    async def _answer(self, desk: int, command: Command, key: str) -> None:
        try:
            recorded = await handler(self.desks[desk]).handle(asked(command, key))
        except Rejected as refusal:
            assert_said(refusal)
            written = str(identity(command, key)).encode()
            self.void |= {record for record in self.late if written in record}
        except CutOffError:
            pass
        else:
            self.acknowledged[identity(command, key).key] = recorded


def assert_said(refusal: Rejected) -> None:
    """A refusal has a word for programs, and a sentence in each language."""
    assert re.fullmatch("[a-z]+(-[a-z]+)*", refusal.kind)
    assert re.search("[a-z]", refusal.en)
    assert not re.search("[А-Яа-яЁё]", refusal.en)
    assert re.search("[а-яё]", refusal.ru)
