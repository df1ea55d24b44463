"""The queue_log: one line for each thing that happens in a queue, `epoch|call id|queue|agent|verb|data...`."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Literal

from events.calls import Outcome
from events.envelope import Envelope
from services.feeds.agent_states import LOGGED, Agents
from services.feeds.asterisk.fields import call_id, name
from services.feeds.facts import Micros, Teller, UnreadableItemError
from services.feeds.fields import extension, moment, number
from services.feeds.queue_calls import Answer, Ending, QueueCalls

_COLUMNS = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One line, its columns not looked at before somebody needs them."""

    at: Micros
    columns: list[bytes]

    @property
    def call(self) -> str:
        """The call that it is about."""
        identity = call_id(self.columns[1])
        if identity is None:
            message = "the call id is missing"
            raise UnreadableItemError(message)
        return identity

    @property
    def queue(self) -> str:
        """The queue."""
        return name(self.columns[2], "the queue")

    @property
    def agent(self) -> str:
        """The agent."""
        return name(self.columns[3], "the agent")

    def data(self, index: int) -> bytes | None:
        """Give a column of the verb's own; None when there are not so many."""
        place = _COLUMNS + index
        return self.columns[place] if place < len(self.columns) else None

    def number(self, index: int, what: str) -> int:
        """Read a duration or a position among them."""
        return number(self.data(index), what)


_Verb = Callable[[Line], Iterable[Envelope]]


class QueueLogReader:
    """Reads the lines of a queue_log, in order, over as many files as it was rotated into.

    Verbs that say nothing of what Kvota counts pass by: PAUSEALL beside the PAUSE of each queue, RINGNOANSWER, PENALTY,
    CONFIGRELOAD, and whatever a later Asterisk brings.
    """

    name = "queue_log"
    separator = b"\n"

    def __init__(self, teller: Teller, calls: QueueCalls | None = None, agents: Agents | None = None) -> None:
        """Begin before the first line; with the calls and agents of a reader that this one stands in for, if any."""
        self.teller = teller
        self.now: Micros | None = None
        self._calls = calls or QueueCalls(teller)
        self._agents = agents or Agents(teller, LOGGED)
        self._verbs: dict[bytes, _Verb] = {
            b"QUEUESTART": self._restart,
            b"ENTERQUEUE": self._enter,
            b"CONNECT": self._connect,
            b"COMPLETECALLER": self._complete_by_caller,
            b"COMPLETEAGENT": self._complete_by_agent,
            b"BLINDTRANSFER": self._transfer_blind,
            b"ATTENDEDTRANSFER": self._transfer_attended,
            b"ABANDON": self._leaves("abandoned", waited=2),
            b"EXITWITHTIMEOUT": self._leaves("timed_out", waited=2),
            b"EXITEMPTY": self._leaves("leave_empty", waited=2),
            b"EXITWITHKEY": self._leaves("key_exit", waited=3),
            b"JOINEMPTY": self._refuses("join_empty"),
            b"JOINUNAVAIL": self._refuses("join_empty"),
            b"FULL": self._refuses("full"),
            b"ADDMEMBER": self._add,
            b"REMOVEMEMBER": self._remove,
            b"PAUSE": self._pause,
            b"UNPAUSE": self._unpause,
        }

    def read(self, item: bytes, *, whole: bool) -> Iterator[Envelope]:
        """Say what follows from a line; the last one of a file is only a line when its end was written."""
        line = _line(item, whole=whole)
        verb = self._verbs.get(line.columns[4])
        facts = verb(line) if verb else ()  # What the line says is read here; what it changes waits for the clock.
        self.now = line.at
        yield from self._agents.clock(line.at)
        yield from facts

    def rest(self) -> Iterable[Envelope]:
        """Nothing is held back."""
        return ()

    def _restart(self, _line: Line) -> Iterable[Envelope]:
        self._agents.restart()
        return ()

    def _enter(self, line: Line) -> Iterable[Envelope]:
        call, number = line.call, line.data(1)
        joined = self._calls.joined(line.at, call, line.queue, line.number(2, "the position"))
        self.teller.caller(call, number)  # not before all of the line was read
        return joined

    def _connect(self, line: Line) -> Iterable[Envelope]:
        call, queue, agent = line.call, line.queue, line.agent
        wait, ring = line.number(0, "the hold time"), line.number(2, "the ring time")
        return chain(
            self._calls.answered(line.at, call, queue, Answer(agent, wait, ring)),
            self._agents.talking(line.at, agent, call, queue),
        )

    def _complete_by_caller(self, line: Line) -> Iterable[Envelope]:
        return self._completed(line, Ending("answered", *_held_talked(line, 0), by="customer"))

    def _complete_by_agent(self, line: Line) -> Iterable[Envelope]:
        return self._completed(line, Ending("answered", *_held_talked(line, 0), by="rep"))

    def _transfer_blind(self, line: Line) -> Iterable[Envelope]:
        return self._completed(line, Ending("transferred_blind", *_held_talked(line, 2), to=extension(line.data(0))))

    def _transfer_attended(self, line: Line) -> Iterable[Envelope]:
        """Read an attended transfer: its method takes two columns or three, the figures are the last three."""
        first = len(line.columns) - _COLUMNS - 3
        return self._completed(line, Ending("transferred_attended", *_held_talked(line, max(first, 1))))

    def _completed(self, line: Line, end: Ending) -> Iterable[Envelope]:
        call, queue, agent = line.call, line.queue, line.agent
        return chain(
            self._calls.ended(line.at, call, queue, replace(end, agent=agent)),
            self._agents.talked(line.at, agent, call, queue),
        )

    def _leaves(self, outcome: Outcome, *, waited: int) -> _Verb:
        def leave(line: Line) -> Iterable[Envelope]:
            by: Literal["customer"] | None = "customer" if outcome == "abandoned" else None
            end = Ending(outcome, line.number(waited, "the wait time"), by=by)
            return self._calls.ended(line.at, line.call, line.queue, end)

        return leave

    def _refuses(self, outcome: Outcome) -> _Verb:
        return lambda line: self._calls.refused(line.at, line.call, line.queue, outcome)

    def _add(self, line: Line) -> Iterable[Envelope]:
        return self._agents.signed_in(line.at, line.agent, line.queue, paused=line.data(0) == b"PAUSED")

    def _remove(self, line: Line) -> Iterable[Envelope]:
        return self._agents.signed_out(line.at, line.agent, line.queue)

    def _pause(self, line: Line) -> Iterable[Envelope]:
        reason = name(line.data(0), "the reason") if line.data(0) else None
        return self._agents.paused(line.at, line.agent, line.queue, reason)

    def _unpause(self, line: Line) -> Iterable[Envelope]:
        return self._agents.resumed(line.at, line.agent, line.queue)


def _line(item: bytes, *, whole: bool) -> Line:
    columns = item.rstrip(b"\r").split(b"|")
    if not whole:
        message = "the line is torn: its end is missing"
        raise UnreadableItemError(message)
    if len(columns) < _COLUMNS:
        message = f"the line has {len(columns)} columns, and must have {_COLUMNS}"
        raise UnreadableItemError(message)
    return Line(moment(columns[0], "the time"), columns)


def _held_talked(line: Line, index: int) -> tuple[int, str | None, int]:
    """Read the figures of a completed call, as fields of an `Ending`: wait, agent (filled in later) and talk."""
    return line.number(index, "the hold time"), None, line.number(index + 1, "the talk time")
