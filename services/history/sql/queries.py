"""A query from its text to its answer: no record, no query; no record of its end, no answer."""

from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec

from events.accesses import SQL_CHARACTERS, Outcome
from services.history.errors import BadParametersError, HistoryError
from services.history.mart.versions import current
from services.history.sql.recording import recording
from services.history.sql.sandbox import Bounds, Column, Said, run
from services.runtime.auth.callers import Caller
from services.runtime.errors import WrongField
from services.runtime.settings import KafkaSettings


class NoMartError(HistoryError):
    """There is no mart that could be asked."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("there is no mart to ask yet: make one with `kvota mart`, or POST /v1/mart")
        self.ru = "витрины, которую можно спросить, ещё нет: создайте её командой `kvota mart` или POST /v1/mart"


class NoAnswerError(HistoryError):
    """A query gave no rows; the text says why, and what to do."""

    def __init__(self, said: Said, bounds: Bounds) -> None:
        """Say what came of it."""
        en, ru = _why(said, bounds)
        super().__init__(en)
        self.outcome: Outcome = said.outcome
        self.ru = ru


class Answer(msgspec.Struct, frozen=True):
    """The rows of a query, and what they are made of."""

    query: str
    """By which id the log knows it."""
    mart: str
    as_of: Mapping[str, int]
    columns: tuple[Column, ...]
    rows: msgspec.Raw


class Queries:
    """Answers queries from the current mart of a folder, and tells the log of each."""

    def __init__(self, kafka: KafkaSettings, marts: Path, zone: ZoneInfo, bounds: Bounds) -> None:
        """Answer within bounds; days are those of a zone."""
        self._kafka, self._marts, self._zone, self._bounds = kafka, marts, zone, bounds

    async def answer(self, caller: Caller, sql: str) -> Answer:
        """Answer a query; raises ClearError, which says why there is no answer."""
        _check(sql)
        mart = current(self._marts)
        if mart is None:
            raise NoMartError
        query = str(uuid4())
        async with recording(self._kafka, query, self._zone) as record:
            asked = await record.asked(caller, mart.name, sql)
            said = await run(mart, sql, self._bounds)
            await record.ended(asked, said)
        if said.outcome != "answered":
            raise NoAnswerError(said, self._bounds)
        return Answer(query, mart.name, said.as_of, said.columns, said.rows)


def _check(sql: str) -> None:
    """Make sure that the log can hold a query, so that it is refused before anything is told; raises HistoryError."""
    if not sql.strip() or len(sql) > SQL_CHARACTERS:
        en, ru = f"write 1 to {SQL_CHARACTERS} characters", f"нужно от 1 до {SQL_CHARACTERS} символов"
        raise BadParametersError(WrongField("sql", en, ru))
    if "\0" in sql:
        raise BadParametersError(WrongField("sql", "it holds a NUL character", "в тексте есть символ NUL"))


def _why(said: Said, bounds: Bounds) -> tuple[str, str]:
    """What came of a query that gave no rows, in English and in Russian."""
    size_mb = bounds.size_bytes // 1_000_000
    less = "ask for less, or for sums", "спросите о меньшем или о суммах"
    told: Mapping[Outcome, tuple[str, str]] = {
        "refused": (said.reason, f"DuckDB отвечает: {said.reason}"),
        "too_many_rows": (f"the answer has more than {bounds.rows} rows", f"строк в ответе больше {bounds.rows}"),
        "too_large": (f"the answer is larger than {size_mb} MB", f"ответ больше {size_mb} МБ"),
        "out_of_memory": (
            f"the query needs more than {bounds.memory_mb} MB of memory",
            f"запросу нужно больше {bounds.memory_mb} МБ памяти",
        ),
        "out_of_time": (
            f"the query took more than {bounds.seconds:g} s",
            f"запрос занял больше {bounds.seconds:g} с",
        ),
        "died": (
            "the process of the query died: it wanted more than it may have",
            "процесс запроса погиб: ему понадобилось больше, чем можно",
        ),
    }
    en, ru = told[said.outcome]
    return (en, ru) if said.outcome == "refused" else (f"{en}: {less[0]}", f"{ru}: {less[1]}")
