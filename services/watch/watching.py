"""Looking: read what was said, ask each rule's question, and say what follows. Any number of watches may do it."""

import asyncio
import time
from collections.abc import Callable, Sequence
from uuid import uuid5

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from events.catalogue import entry_of
from events.codec import UnreadableError, decode, encode, event_data, event_schema
from events.envelope import Envelope
from events.ids import KVOTA
from events.law import Verdict
from services.runtime.decision_writer import Writer
from services.runtime.log import read_to_end
from services.runtime.shards import DECISIONS
from services.watch.history import History, HistoryAwayError
from services.watch.noticing import Moment, Notice, Question, Row, Rule, Said

SOURCE = AUTHOR = "watch"
_LATE_S = 60.0
_log = structlog.get_logger()


class Watch:
    """A watch over the log of decisions. For use inside one event loop."""

    def __init__(  # noqa: PLR0913, PLR0917  # each is another thing that it works with
        self,
        reader: AIOKafkaConsumer,
        writer: Writer,
        history: History,
        rules: Sequence[Rule],
        now: Callable[[], Moment],
        every_s: float,
    ) -> None:
        """Know nothing yet."""
        self.said = Said()
        self.position = 0
        """Where the log goes on after what was read of it."""
        self._looked_at: float | None = None
        self._reader, self._writer, self._history = reader, writer, history
        self._rules, self._now, self._every_s = rules, now, every_s

    @property
    def looks(self) -> bool:
        """Whether it has looked of late: not where history is away, or an append finds no end."""
        return self._looked_at is not None and time.monotonic() - self._looked_at < _LATE_S + self._every_s

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                await self.look()
            except HistoryAwayError as error:
                _log.warning("history_away", reason=str(error))
            await asyncio.sleep(self._every_s)

    async def look(self) -> int:
        """Say what follows from how things are now, by history and by the day; how much was said.

        Raises HistoryAwayError.
        """
        await self._catch_up()
        moment, told = self._now(), 0
        rows = await self._answers(moment)
        for rule in self._rules:
            for notice in rule.notices(rows[rule.question(moment.day)], moment, self.said):
                await self._writer.append(notice.stream, encode(record_of(notice, moment)))
                _log.info("noticed", stream=notice.stream, version=notice.version)
                told += 1
        self._looked_at = time.monotonic()
        return told

    async def _answers(self, moment: Moment) -> dict[Question, Sequence[Row]]:
        """What history says to all that the rules ask, each question once."""
        questions = {rule.question(moment.day) for rule in self._rules}
        return {each: await self._history.rows(*each, self.position) for each in questions}

    async def _catch_up(self) -> None:
        async for record in read_to_end(self._reader, TopicPartition(DECISIONS, 0), self.position):
            self.position = record.offset + 1
            self._take(record.value or b"")

    def _take(self, raw: bytes) -> None:
        try:
            decoded = decode(raw)
        except UnreadableError:
            return
        if self.said.ledger.judge(decoded.envelope) is Verdict.COUNTS and decoded.event is not None:
            self.said.take(decoded.envelope.stream, decoded.event)


def record_of(notice: Notice, moment: Moment) -> Envelope:
    """The record of a notice: the same notice has the same id, whoever says it."""
    event = notice.event
    return Envelope(
        specversion="1.0",
        id=uuid5(KVOTA, f"{notice.stream}@{notice.version}"),
        source=f"/{SOURCE}",
        type=entry_of(event).name,
        time=event.occurred_at,
        day=event.day,
        data=event_data(event),
        dataschema=event_schema(event),
        subject=notice.stream,
        recordedtime=moment.at,
        stream=notice.stream,
        streamversion=notice.version,
        authid=AUTHOR,
    )
