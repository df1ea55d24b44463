"""Why the business says no to what is asked about quotas. Pure."""

from datetime import date

from events.ids import AbsenceId, QuotaId
from services.desk.deciding import Rejected, Unknown


class QuotaUnknown(Unknown):
    """Nobody assigned such a quota."""

    kind = "quota-unknown"
    said = ("there is no quota {}", "плана {} нет")


class QuotaOverlaps(Rejected):
    """The holder has a quota of this measure for some of these days: what would be asked for then is not clear."""

    kind = "quota-overlaps"

    def __init__(self, quota: QuotaId) -> None:
        """Name the quota that is in the way."""
        super().__init__(
            en=f"the holder has the quota {quota} for some of these days",
            ru=f"на часть этих дней уже назначен план {quota}",
        )


class NothingToSplitBy(Rejected):
    """A target cannot be split where no month has a weight, or the holder is there on no day."""

    kind = "nothing-to-split-by"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            en="no month of this interval has a weight, or the holder is there on none of its days: "
            "choose other weights, another interval or another rule of pro-rating",
            ru="ни один месяц интервала не имеет веса, или исполнителя в эти дни нет: "
            "выберите другие веса, другой интервал или другое правило пересчёта",
        )


class OnlyOfReps(Rejected):
    """Only a person grows into a quota, or is there for a part of it."""

    kind = "only-of-reps"

    def __init__(self) -> None:
        """Say what is for reps."""
        super().__init__(
            en="ramp and pro-rating are for a rep's quota: leave them out for a unit's",
            ru="разгон и пересчёт по дням возможны для плана сотрудника, а не подразделения",
        )


class NotOfRatios(Rejected):
    """A ratio is no amount that could be split or made less of."""

    kind = "not-of-ratios"

    def __init__(self, measure: str) -> None:
        """Name the measure."""
        super().__init__(
            en=f"a quota of {measure} asks for the same ratio in each month: it cannot be split, ramped or relieved",
            ru=f"план по показателю {measure} — одна и та же доля в каждом месяце: её нельзя делить и уменьшать",
        )


class QuotaOver(Rejected):
    """Nothing is asked for any more from this day on."""

    kind = "quota-over"

    def __init__(self, quota: QuotaId, day: date) -> None:
        """Name the day."""
        super().__init__(
            en=f"the quota {quota} asks for nothing from {day} on", ru=f"план {quota} с {day} ничего не требует"
        )


class PeriodUnknown(Rejected):
    """The quota does not ask for anything in such a period."""

    kind = "quota-period-unknown"

    def __init__(self, quota: QuotaId, period: str) -> None:
        """Name the period."""
        super().__init__(
            en=f"the quota {quota} asks for nothing in {period}",
            ru=f"план {quota} в периоде {period} ничего не требует",
        )


class ReliefExceedsQuota(Rejected):
    """Less than nothing would be asked for."""

    kind = "relief-exceeds-quota"

    def __init__(self, period: str, left: int) -> None:
        """Say what is left to relieve."""
        super().__init__(
            en=f"{left} is asked for in {period}, and no more can be relieved",
            ru=f"в периоде {period} требуется {left}, уменьшить больше нельзя",
        )


class TermsUnchanged(Rejected):
    """The quota asks for this already."""

    kind = "quota-terms-unchanged"

    def __init__(self, quota: QuotaId) -> None:
        """Name it."""
        super().__init__(en=f"the quota {quota} asks for this already", ru=f"план {quota} уже требует именно этого")


class AbsenceOfOther(Rejected):
    """The absence that a relief makes up for is not the holder's."""

    kind = "absence-of-other"

    def __init__(self, absence: AbsenceId) -> None:
        """Name it."""
        super().__init__(
            en=f"the holder has no absence {absence} in this quota's interval",
            ru=f"у исполнителя нет отсутствия {absence} в интервале этого плана",
        )


class AbsenceMadeUpFor(Rejected):
    """An absence makes less of a quota once."""

    kind = "absence-made-up-for"

    def __init__(self, absence: AbsenceId) -> None:
        """Name it."""
        super().__init__(
            en=f"the absence {absence} was made up for already", ru=f"отсутствие {absence} уже учтено в этом плане"
        )


class ParentDiffers(Rejected):
    """A quota is a part of one that asks for the same thing, of a unit above, for all of its days."""

    kind = "parent-quota-differs"

    def __init__(self, parent: QuotaId) -> None:
        """Name it."""
        super().__init__(
            en=f"the quota {parent} is not of a unit above, of the same measure and currency, and for all these days",
            ru=f"план {parent} относится не к вышестоящему подразделению, к другому показателю, валюте или другим дням",
        )
