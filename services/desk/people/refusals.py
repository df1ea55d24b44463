"""Why the business says no to what is asked about units and reps. Pure."""

from datetime import date

from events.ids import PostId, RepId, UnitId
from services.desk.deciding import Rejected, Unknown


class UnitUnknown(Rejected):
    """A command names a unit that does not exist on its day."""

    kind = "unit-unknown"

    def __init__(self, unit: UnitId, day: date) -> None:
        """Name the unit and the day."""
        super().__init__(
            en=f"there is no unit {unit} on {day}: form it first",
            ru=f"подразделения {unit} на {day} нет: сначала создайте его",
        )


class NoSuchUnit(Unknown):
    """A command is about a unit that was never formed."""

    kind = "no-such-unit"
    said = ("there is no unit {}", "подразделения {} нет")


class UnitInCircle(Rejected):
    """A unit would be part of itself."""

    kind = "unit-in-circle"

    def __init__(self, unit: UnitId, parent: UnitId, day: date) -> None:
        """Say by which unit, and on which day."""
        super().__init__(
            en=f"{parent} is part of {unit} on {day}: choose a unit that is not",
            ru=f"{parent} на {day} входит в {unit}: выберите подразделение, которое в него не входит",
        )


class UnitKindFixed(Rejected):
    """A unit stays of its kind: what is below it, and what is asked of it, rests on that."""

    kind = "unit-kind-fixed"

    def __init__(self, unit: UnitId, kind: str) -> None:
        """Say of which, and what to do."""
        super().__init__(
            en=f"{unit} is a {kind} and stays one: form another unit",
            ru=f"{unit} — подразделение вида {kind} и таким остаётся: создайте другое",
        )


class UnitRanksAbove(Rejected):
    """A department cannot be part of a team, nor the company of anything."""

    kind = "unit-ranks-above"

    def __init__(self, kind: str, parent_kind: str) -> None:
        """Say what cannot be part of what."""
        super().__init__(
            en=f"a {kind} cannot be part of a {parent_kind}",
            ru=f"подразделение вида {kind} не может входить в подразделение вида {parent_kind}",
        )


class RepNotHired(Rejected):
    """A command names a rep who does not work here on its day."""

    kind = "rep-not-hired"

    def __init__(self, rep: RepId, day: date) -> None:
        """Name the rep and the day."""
        super().__init__(en=f"no rep {rep} works here on {day}", ru=f"сотрудник {rep} на {day} в компании не работает")


class NoSuchRep(Unknown):
    """A command is about a rep who was never hired."""

    kind = "no-such-rep"
    said = ("there is no rep {}", "сотрудника {} нет")


class RepHiredAlready(Rejected):
    """Nobody is hired twice."""

    kind = "rep-hired-already"

    def __init__(self, rep: RepId) -> None:
        """Name the rep."""
        super().__init__(en=f"the rep {rep} is hired already", ru=f"сотрудник {rep} уже принят")


class RepHasLeft(Rejected):
    """Nobody leaves twice."""

    kind = "rep-has-left"

    def __init__(self, rep: RepId, day: date) -> None:
        """Say since when."""
        super().__init__(
            en=f"the rep {rep} has left: {day} is the first day without",
            ru=f"сотрудник {rep} ушёл: не работает с {day}",
        )


class PlacementUnchanged(Rejected):
    """The rep works there, and so, already."""

    kind = "placement-unchanged"

    def __init__(self, rep: RepId, day: date) -> None:
        """Name the rep and the day."""
        super().__init__(
            en=f"this changes nothing of where the rep {rep} works on {day}",
            ru=f"это ничего не меняет в том, где работает сотрудник {rep} на {day}",
        )


class PostUnchanged(Rejected):
    """A promotion is to another post."""

    kind = "post-unchanged"

    def __init__(self, rep: RepId, post: PostId) -> None:
        """Name the rep and the post."""
        super().__init__(
            en=f"the rep {rep} has the post {post} already: to change the unit, assign",
            ru=f"сотрудник {rep} уже в должности {post}: для перехода в другое подразделение есть перевод",
        )


class AbsenceOverlaps(Rejected):
    """Nobody is away twice for the same reason at the same time."""

    kind = "absence-overlaps"

    def __init__(self, rep: RepId, start: date, end: date) -> None:
        """Say which days are taken."""
        super().__init__(
            en=f"the rep {rep} has an absence of this kind from {start} to before {end}",
            ru=f"у сотрудника {rep} уже есть отсутствие этого вида с {start} и до {end}",
        )


class HolderKindMismatch(Rejected):
    """A team is not a department."""

    kind = "holder-kind-mismatch"

    def __init__(self, holder: UnitId, kind: str) -> None:
        """Say what the holder is."""
        super().__init__(en=f"{holder} is a {kind}", ru=f"{holder} — это подразделение вида {kind}")
