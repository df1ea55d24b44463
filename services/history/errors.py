"""What can be wrong with a question to history, each with one clear line for a person."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from events.event import written_instant
from services.runtime.errors import ClearError, WrongField
from services.runtime.shards import Positions, Source


class HistoryError(ClearError):
    """History cannot answer; the text says why and what to do."""

    ru: str | None = None
    """The text in Russian, where whoever asks may be a person."""
    wrong: tuple[WrongField, ...] = ()
    """What is wrong with the question, field by field, where that is known."""


class HistoryBusyError(HistoryError):
    """Another process has the archive open."""

    def __init__(self, path: Path) -> None:
        """Name the file."""
        super().__init__(f"{path} is open in another process: only one may have it at a time")


class NothingLiveError(HistoryError):
    """There is nothing to compare history with."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("nothing is live yet: start a projector, then verify")
        self.ru = "живых чисел ещё нет: запустите проектор, затем сверяйте"


class SeededError(HistoryError):
    """A version that should be seeded has begun already."""

    def __init__(self, version: int) -> None:
        """Say which, and what to do."""
        super().__init__(f"version {version} of the live cells has begun already: only a new one can be seeded")


class HistoryBehindError(HistoryError):
    """Something was asked as of a cut that is not archived yet."""

    def __init__(self, archived: Positions, cut: Positions) -> None:
        """Name each partition that is not archived far enough."""
        missing = [
            f"{topic}/{partition} to {archived.get((topic, partition), 0)} of {before}"
            for (topic, partition), before in sorted(cut.items())
            if archived.get((topic, partition), 0) < before
        ]
        super().__init__(f"not archived far enough: {', '.join(missing)}")
        self.ru = f"в архиве этого ещё нет: {', '.join(missing)}; повторите запрос позже"


class NotClosedError(HistoryError):
    """Something was asked as known at a moment of which not all may be archived yet: its answer could still change."""

    def __init__(self, moment: datetime, until: datetime | None) -> None:
        """Say, in English and in Russian, which moment can be asked for now."""
        asked = written_instant(moment)
        if until is None:
            en, ru = "no moment can be asked for yet", "пока нельзя спросить ни об одном моменте"
        else:
            latest = written_instant(until)
            en, ru = f"the latest that can be asked for now is {latest}", f"самый поздний возможный сейчас: {latest}"
        super().__init__(f"what was known at {asked} is not certain yet, records of it may still come: {en}")
        self.ru = f"что было известно на {asked}, ещё не окончательно: записи могут прийти; {ru}"


class HistoryMismatchError(HistoryError):
    """The log is not the one that was archived, or has lost records that were not archived yet."""

    def __init__(self, source: Source, wanted: int, held: range) -> None:
        """Say which record is wanted and which the log holds."""
        topic, partition = source
        has = f"holds the offsets {held.start} to {held.stop}"
        super().__init__(f"{topic}/{partition} {has}, but the archive goes on from {wanted}: is it another log?")


class ShortLogError(HistoryError):
    """The log ends before what the live cells were made of: it was made anew, or has lost its end."""

    def __init__(self, version: int, cut: Positions, ends: Positions) -> None:
        """Name each partition that ends too soon, and say what to do."""
        short = [
            f"{topic}/{partition} at {ends.get((topic, partition), 0)} and not {before}"
            for (topic, partition), before in sorted(cut.items())
            if ends.get((topic, partition), 0) < before
        ]
        what = f"the log ends before what version {version} of the live cells was made of ({', '.join(short)})"
        remedy = "move history.duckdb away, then make the live cells anew with `kvota projections rebuild`"
        super().__init__(f"{what}: is it another log? If it is to stay, {remedy}")


class UnfoldableHistoryError(HistoryError):
    """A projection cannot be made of what is archived."""

    def __init__(self, projection: str, reason: str) -> None:
        """Name the projection and the kind of error; quote nothing of the record."""
        what = f"{projection} cannot be made of what is archived: {reason}"
        super().__init__(f"{what}; a projection that is new must take every record, another's fault is parked soon")


class UnknownNameError(HistoryError):
    """Somebody named a report, projection, key or measure that there is not."""

    def __init__(self, name: str, *, kind: str, known: Iterable[str]) -> None:
        """List what there is."""
        self.kind = kind
        there = ", ".join(sorted(known))
        super().__init__(f"no {kind} {name!r}; there are: {there or 'none'}")
        told = f"есть: {there}" if there else "других тоже нет"
        self.ru = f"нет {_OF[kind]} {name!r}; {told}" if kind in _OF else None
        if kind in _ASKED_AS:
            field = _ASKED_AS[kind] or name
            self.wrong = (WrongField(field, str(self), self.ru or str(self)),)


class NoSuchRowError(HistoryError):
    """Somebody asked to explain a row that an answer does not have."""

    def __init__(self, report: str, key: Mapping[str, str]) -> None:
        """Name the report and the row, and say what to do."""
        said = ", ".join(f"{name}={value}" for name, value in key.items())
        super().__init__(
            f"{report} has no row with {said or 'any key'}: ask for the report, and for a row as it has it"
        )
        which = f"со значениями {said}" if said else "вообще"
        self.ru = f"в отчёте {report} нет строки {which}: запросите отчёт и назовите строку так, как она в нём стоит"


class BadValueError(HistoryError):
    """Something that a question says has a value that it cannot have."""


class BadParametersError(BadValueError):
    """Parameters of a report that there are not, or that cannot be."""

    def __init__(self, *wrong: WrongField) -> None:
        """Say what is wrong with each: there is at least one."""
        super().__init__("; ".join(f"{each.field}: {each.en}" for each in wrong))
        self.ru = "; ".join(f"{each.field}: {each.ru}" for each in wrong)
        self.wrong = wrong


class TooManyRowsError(HistoryError):
    """An answer has more rows than it may have."""

    def __init__(self, most: int) -> None:
        """Say how many it may have, and what to do."""
        super().__init__(f"the answer has more than {most} rows: ask for less, such as fewer days or one rep")
        what = f"строк в ответе больше, чем можно ({most})"
        self.ru = f"{what}: спросите о меньшем, например о меньшем числе дней или об одном сотруднике"


class CellTooLongError(HistoryError):
    """An answer has a text that is longer than a cell of a spreadsheet may be."""

    def __init__(self, row: int, column: int, characters: int, most: int) -> None:
        """Say where it is, how long it is and may be, and what to do; it is not quoted."""
        where, how_long = f"row {row}, column {column}", f"{characters} characters"
        super().__init__(f"a cell holds {most} characters, and {where} has {how_long}: ask for csv, json or parquet")
        what = f"в ячейку входит {most} знаков, а в строке {row}, столбце {column} их {characters}"
        self.ru = f"{what}: возьмите csv, json или parquet"


class NotDrawnError(HistoryError):
    """The picture of an answer could not be drawn."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("the picture could not be drawn: ask again, or for json, csv or xlsx, which have none")
        self.ru = "рисунок не получился: повторите запрос или возьмите json, csv или xlsx, где рисунка нет"


class TooLongToPrintError(HistoryError):
    """An answer has more rows than are printed."""

    def __init__(self, most: int) -> None:
        """Say how many are printed, and what to do."""
        super().__init__(f"more than {most} rows are not printed: ask for xlsx or csv, or for less, such as fewer days")
        what = f"больше {most} строк не печатается"
        self.ru = f"{what}: возьмите xlsx или csv или спросите о меньшем, например о меньшем числе дней"


class TookTooLongError(HistoryError):
    """A statement was interrupted: it took longer than it may."""

    def __init__(self, seconds: float) -> None:
        """Say how long it may take, and what to do."""
        super().__init__(
            f"the answer took more than {seconds:g} s: ask for less, such as fewer days, or ask again later"
        )
        self.ru = f"ответ занял больше {seconds:g} с: спросите о меньшем, например о меньшем числе дней, или позже"


class TookTooMuchMemoryError(HistoryError):
    """A statement needs more memory than DuckDB may use, and cannot go on on the disk."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "the answer took more memory than it may: ask for less, such as fewer days, or give history more "
            "(KVOTA_HISTORY_MEMORY_MB)"
        )
        what = "ответу не хватило памяти: спросите о меньшем, например о меньшем числе дней"
        self.ru = f"{what}, или дайте истории больше (KVOTA_HISTORY_MEMORY_MB)"


class TooBusyError(HistoryError):
    """As many answers are being made as may be at once."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("history makes as many answers at once as it may: ask again in a moment")
        self.ru = "история уже готовит столько ответов сразу, сколько может: повторите запрос чуть позже"


_OF = {"report": "отчёта", "projection": "проекции", "key": "ключа", "measure": "показателя"}
_ASKED_AS = {"key": None, "measure": "only"}
"""By what field of an explanation each is asked for; None: by itself."""
