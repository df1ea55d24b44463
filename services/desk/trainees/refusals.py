"""Why the business says no to what is asked about how a rep learns. Pure."""

from collections.abc import Iterable
from datetime import date

from events.ids import ProgrammeId, RepId
from services.desk.deciding import Rejected


class ProgrammeNotFollowed(Rejected):
    """A programme has not begun on a day, or is over."""

    kind = "programme-not-followed"

    def __init__(self, programme: ProgrammeId, day: date) -> None:
        """Name the programme and the day."""
        super().__init__(
            en=f"no version of the programme {programme} is followed on {day}",
            ru=f"на {day} программа {programme} не действует",
        )


class TrainingAssignedAlready(Rejected):
    """A rep is following this very version, and is not certified yet."""

    kind = "training-assigned-already"

    def __init__(self, rep: RepId, programme: ProgrammeId, version: int) -> None:
        """Name them."""
        super().__init__(
            en=f"{rep} follows version {version} of the programme {programme} already",
            ru=f"{rep} уже проходит версию {version} программы {programme}",
        )


class TrainingNotAssigned(Rejected):
    """A rep was not told to follow a programme, or is through with it."""

    kind = "training-not-assigned"

    def __init__(self, rep: RepId, programme: ProgrammeId) -> None:
        """Name them."""
        super().__init__(
            en=f"{rep} does not follow the programme {programme}: assign it first",
            ru=f"{rep} не проходит программу {programme}: сначала назначьте её",
        )


class ModuleUnknown(Rejected):
    """The version that the rep follows has no such module."""

    kind = "module-unknown"

    def __init__(self, module: str, modules: Iterable[str]) -> None:
        """Name those that there are."""
        there = ", ".join(modules)
        super().__init__(
            en=f"the programme has no module {module}: it has {there}",
            ru=f"модуля {module} в программе нет, есть {there}",
        )


class ModulePassedAlready(Rejected):
    """Whoever has passed is not tested again."""

    kind = "module-passed-already"

    def __init__(self, rep: RepId, module: str) -> None:
        """Name them."""
        super().__init__(en=f"{rep} has passed {module} already", ru=f"{rep} уже сдал(а) модуль {module}")


class ModulesMissing(Rejected):
    """Nobody is certified who has not passed every module."""

    kind = "modules-missing"

    def __init__(self, rep: RepId, modules: Iterable[str]) -> None:
        """Name what is missing."""
        missing = ", ".join(modules)
        super().__init__(
            en=f"{rep} has not passed {missing} yet",
            ru=f"{rep}: ещё не сданы модули {missing}",
        )


class TrainingBeforeItsTime(Rejected):
    """Nobody is tested before being told to learn, nor certified before the tests."""

    kind = "training-before-its-time"

    def __init__(self, rep: RepId, day: date) -> None:
        """Name the rep and the day."""
        super().__init__(
            en=f"at is earlier than {day}, the day of what {rep} did last in this programme",
            ru=f"at раньше, чем {day} — последний день, когда {rep} проходил(а) эту программу",
        )
