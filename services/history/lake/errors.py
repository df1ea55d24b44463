"""What can be wrong with the lake, each with one clear line for a person."""

from collections.abc import Iterable
from importlib.util import find_spec

from services.history.errors import HistoryError
from services.history.segments.manifest import Segment
from services.runtime.shards import Positions


class NoLakeSoftwareError(HistoryError):
    """What the lake is made with is not installed."""

    def __init__(self) -> None:
        """Say what to install."""
        super().__init__("the lake needs what Kvota's extra `lake` installs: pip install '.[lake]' in its checkout")
        self.ru = "для озера нужно то, что устанавливает дополнение `lake`: pip install '.[lake]' в папке с Kvota"


class LakeAwayError(HistoryError):
    """The catalogue does not answer, or refuses. It quotes nothing: what a driver says may hold a password."""

    def __init__(self) -> None:
        """Say what to look at."""
        super().__init__(
            "the lake's catalogue does not answer, or refuses: is its PostgreSQL up, and is KVOTA_LAKE_CATALOGUE right?"
        )
        self.ru = (
            "каталог озера не отвечает или отказывает: "
            "работает ли его PostgreSQL и верно ли задан KVOTA_LAKE_CATALOGUE?"
        )


class EmptyLakeError(HistoryError):
    """Nothing lies in the lake."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("the lake is empty: `kvota lake push` brings to it what is sealed")
        self.ru = "озеро пусто: `kvota lake push` перенесёт в него запечатанное"


class UnknownSnapshotError(HistoryError):
    """There is no such snapshot."""

    def __init__(self, snapshot: int) -> None:
        """Name it, and say how those that there are can be listed."""
        super().__init__(f"the lake has no snapshot {snapshot}: `kvota lake snapshots` lists them")
        self.ru = f"в озере нет снимка {snapshot}: их перечисляет `kvota lake snapshots`"


class DamagedLakeError(HistoryError):
    """The lake is not what was pushed to it."""

    def __init__(self, problems: Iterable[str]) -> None:
        """Say what is wrong."""
        found = "; ".join(problems)
        super().__init__(f"the lake is damaged: {found}; `kvota lake push --anew` mends it from the archive")
        self.ru = f"озеро повреждено: {found}; `kvota lake push --anew` исправит его по архиву"


class LakeAheadError(HistoryError):
    """The lake has records that the archive has not."""

    def __init__(self, lake: Positions, archive: Positions) -> None:
        """Name each partition of which it has more."""
        more = [
            f"{topic}/{partition} to {before} and not {archive.get((topic, partition), 0)}"
            for (topic, partition), before in sorted(lake.items())
            if before > archive.get((topic, partition), 0)
        ]
        told = ", ".join(more)
        super().__init__(f"the lake has more than the archive ({told}): is it another log's, or an older copy?")
        self.ru = f"в озере больше, чем в архиве ({told}): это архив другого журнала или старая копия?"


class OtherRecordsError(HistoryError):
    """The archive holds other records than the lake at the same places."""

    def __init__(self, place: str) -> None:
        """Name the first place."""
        super().__init__(f"the archive and the lake hold different records at {place}: are they of one log?")
        self.ru = f"в архиве и в озере разные записи на месте {place}: это один и тот же журнал?"


class NotInLakeError(HistoryError):
    """A segment that the archive let go of is not in the lake, or not as it was sealed."""

    def __init__(self, segment: Segment) -> None:
        """Name it, and say where it lay and what to do."""
        en = f"{segment.path} is not in this lake as it was sealed, and the archive let go of it"
        put_back = f"put the file back at {segment.path} of the archive and run `kvota lake push --anew`"
        ask = f"is KVOTA_LAKE_WAREHOUSE the same as then? If so, {put_back}"
        super().__init__(f"{en}: it lay in {segment.file}; {ask}")
        ru = f"{segment.path} нет в этом озере таким, каким он запечатан, а архив его отпустил"
        put_back_ru = f"верните файл в архив под именем {segment.path} и выполните `kvota lake push --anew`"
        ask_ru = f"тот же ли KVOTA_LAKE_WAREHOUSE, что тогда? Если да, {put_back_ru}"
        self.ru = f"{ru}: он лежал в {segment.file}; {ask_ru}"


def require_software() -> None:
    """Make sure that pyiceberg and what its catalogue needs are installed; raises NoLakeSoftwareError."""
    if find_spec("pyiceberg") is None or find_spec("sqlalchemy") is None:
        raise NoLakeSoftwareError
