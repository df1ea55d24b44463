"""Why the business says no to what is asked about headcount plans and positions. Pure."""

from datetime import date

from events.event import Currency
from events.ids import HeadcountPlanId, PositionId, PostId, RepId, UnitId
from services.desk.deciding import Rejected, Unknown


class PlanUnknown(Rejected):
    """A command names a plan that was not approved."""

    kind = "headcount-plan-unknown"

    def __init__(self, plan: HeadcountPlanId) -> None:
        """Name it."""
        super().__init__(en=f"there is no headcount plan {plan}", ru=f"штатного расписания {plan} нет")


class PlansOverlap(Rejected):
    """A unit has one plan at a time for a post."""

    kind = "headcount-plans-overlap"

    def __init__(self, plan: HeadcountPlanId, post: PostId, start: date, end: date) -> None:
        """Name the plan that is in the way, and its days."""
        super().__init__(
            en=f"the plan {plan} is for the post {post} in this unit, from {start} to before {end}",
            ru=f"для должности {post} в этом подразделении с {start} и до {end} действует план {plan}",
        )


class PostTwice(Rejected):
    """A plan says of each post once how many there may be."""

    kind = "post-twice"

    def __init__(self, post: PostId) -> None:
        """Name the post."""
        super().__init__(en=f"the post {post} stands twice in the plan", ru=f"должность {post} указана в плане дважды")


class ParentPlanInOtherCurrency(Rejected):
    """Costs in two currencies cannot be compared."""

    kind = "parent-plan-in-other-currency"

    def __init__(self, currency: Currency) -> None:
        """Say in which the plan above is."""
        super().__init__(en=f"the plan above is in {currency}", ru=f"вышестоящий план составлен в {currency}")


class ParentPlanForOtherDays(Rejected):
    """A plan stays within the days of the one above."""

    kind = "parent-plan-for-other-days"

    def __init__(self, start: date, end: date) -> None:
        """Say for which days the plan above is."""
        super().__init__(
            en=f"the plan above is from {start} to before {end}", ru=f"вышестоящий план действует с {start} и до {end}"
        )


class ParentPlanHasFewerSeats(Rejected):
    """All plans below one have no more seats together than it has."""

    kind = "parent-plan-has-fewer-seats"

    def __init__(self, post: PostId, day: date, wanted: int, allowed: int) -> None:
        """Say how many there would be, and may be."""
        super().__init__(
            en=f"plans below would have {wanted} of the post {post} on {day}, and the plan above has {allowed}",
            ru=f"в нижестоящих планах на {day} было бы должностей {post}: {wanted}, а в вышестоящем их {allowed}",
        )


class ParentPlanCostsLess(Rejected):
    """All plans below one cost no more together than it does."""

    kind = "parent-plan-costs-less"

    def __init__(self, post: PostId, wanted: int, allowed: int) -> None:
        """Say what they would cost, and may."""
        super().__init__(
            en=f"plans below would cost {wanted} minor units for the post {post}, and the plan above {allowed}",
            ru=f"нижестоящие планы стоили бы {wanted} минимальных единиц на должность {post}, а вышестоящий {allowed}",
        )


class PlanUsedUp(Rejected):
    """All seats that a plan provides for a post are there already."""

    kind = "headcount-plan-used-up"

    def __init__(self, plan: HeadcountPlanId, post: PostId, positions: int) -> None:
        """Say how many there are."""
        super().__init__(
            en=f"the plan {plan} provides for {positions} of the post {post}, and no more",
            ru=f"план {plan} предусматривает должностей {post}: {positions}, и не больше",
        )


class PlanOfOtherUnit(Rejected):
    """A plan is for one unit."""

    kind = "headcount-plan-of-other-unit"

    def __init__(self, plan: HeadcountPlanId, unit: UnitId) -> None:
        """Say for which."""
        super().__init__(
            en=f"the plan {plan} is for the unit {unit}", ru=f"план {plan} составлен для подразделения {unit}"
        )


class PlanForOtherDays(Rejected):
    """Nothing is opened under a plan for days that it is not for."""

    kind = "headcount-plan-for-other-days"

    def __init__(self, plan: HeadcountPlanId, start: date, end: date) -> None:
        """Say for which days it is."""
        super().__init__(
            en=f"the plan {plan} is from {start} to before {end}", ru=f"план {plan} действует с {start} и до {end}"
        )


class PlanInOtherCurrency(Rejected):
    """A position costs something in the currency of its plan."""

    kind = "headcount-plan-in-other-currency"

    def __init__(self, plan: HeadcountPlanId, currency: Currency) -> None:
        """Say in which it is."""
        super().__init__(en=f"the plan {plan} is in {currency}", ru=f"план {plan} составлен в {currency}")


class PlanCostsLess(Rejected):
    """All positions under a plan cost no more together than it has for the post."""

    kind = "headcount-plan-costs-less"

    def __init__(self, plan: HeadcountPlanId, post: PostId, wanted: int, allowed: int) -> None:
        """Say what they would cost, and may."""
        super().__init__(
            en=f"positions would cost {wanted} minor units for the post {post}, and the plan {plan} has {allowed}",
            ru=f"единицы стоили бы {wanted} минимальных единиц на должность {post}, а в плане {plan} их {allowed}",
        )


class PositionUnknown(Unknown):
    """The staffing table has no such position."""

    kind = "position-unknown"
    said = ("there is no position {}", "штатной единицы {} нет")


class PositionNotThere(Rejected):
    """A position is not in the staffing table on a day."""

    kind = "position-not-there"

    def __init__(self, position: PositionId, day: date) -> None:
        """Name the day."""
        super().__init__(
            en=f"the position {position} is not in the staffing table on {day}",
            ru=f"штатной единицы {position} на {day} в расписании нет",
        )


class PositionTaken(Rejected):
    """Somebody has the position."""

    kind = "position-taken"

    def __init__(self, position: PositionId, rep: RepId) -> None:
        """Say who."""
        super().__init__(
            en=f"the rep {rep} has the position {position}: it has to be vacated first",
            ru=f"штатную единицу {position} занимает сотрудник {rep}: сначала её нужно освободить",
        )


class PositionNotTaken(Rejected):
    """A position is vacated by whoever has it."""

    kind = "position-not-taken"

    def __init__(self, position: PositionId, day: date) -> None:
        """Name the day."""
        super().__init__(
            en=f"nobody has the position {position} on {day}", ru=f"штатная единица {position} на {day} свободна"
        )


class PlacedElsewhere(Rejected):
    """A rep takes a seat of the unit and post that the rep works in."""

    kind = "placed-elsewhere"

    def __init__(self, rep: RepId, unit: UnitId, post: PostId) -> None:
        """Say where the rep works."""
        super().__init__(
            en=f"the rep {rep} has the post {post} in the unit {unit}, the position is of another",
            ru=f"сотрудник {rep} работает в должности {post} в подразделении {unit}, а единица относится к другим",
        )
