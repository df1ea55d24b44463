"""Why the business says no to what is asked about leads and their pools. Pure."""

from collections.abc import Mapping

from events.ids import LeadId, PoolId, RepId
from events.leads import Unfit
from services.desk.deciding import Rejected, Unknown

_WHY: Mapping[Unfit, tuple[str, str]] = {
    "inactive": ("does not work here on that day", "в этот день не работает в компании"),
    "absent": ("is away", "отсутствует"),
    "uncertified": ("is not let near customers until certified", "без сертификата не допускается к клиентам"),
    "territory": ("does not work in the lead's territory", "не работает на территории лида"),
    "skill": ("lacks a skill that the lead needs", "не владеет нужным для лида навыком"),
    "returned": ("gave the lead back", "вернул(а) этот лид"),
    "full_hour": ("has all the leads that an hour allows", "исчерпан предел лидов на час"),
    "full_day": ("has all the leads that a day allows", "исчерпан предел лидов на день"),
}


class PoolUnknown(Unknown):
    """Nobody defined such a pool."""

    kind = "lead-pool-unknown"
    said = ("there is no lead pool {}", "пула лидов {} нет")


class LeadUnknown(Unknown):
    """Nobody took in such a lead."""

    kind = "lead-unknown"
    said = ("there is no lead {}", "лида {} нет")


class LeadNotWaiting(Rejected):
    """A lead that somebody has, or that is done, is not shared out."""

    kind = "lead-not-waiting"

    def __init__(self, lead: LeadId, stage: str) -> None:
        """Say how far it is."""
        super().__init__(
            en=f"the lead {lead} does not wait for anybody: it is {stage}",
            ru=f"лид {lead} не ждёт распределения: его состояние — {stage}",
        )


class LeadDone(Rejected):
    """A lead that is qualified or disqualified stays so."""

    kind = "lead-done"

    def __init__(self, lead: LeadId, stage: str) -> None:
        """Say what it came to."""
        super().__init__(en=f"the lead {lead} is {stage} already", ru=f"работа с лидом {lead} закончена: {stage}")


class LeadInNoHand(Rejected):
    """Nobody has the lead, who could do something with it."""

    kind = "lead-in-no-hand"

    def __init__(self, lead: LeadId) -> None:
        """Name it."""
        super().__init__(
            en=f"nobody has the lead {lead}: it has to be given to somebody first",
            ru=f"лид {lead} ни у кого не в работе: сначала его надо распределить",
        )


class LeadAcceptedAlready(Rejected):
    """A lead is taken up once."""

    kind = "lead-accepted-already"

    def __init__(self, lead: LeadId, rep: RepId) -> None:
        """Say by whom."""
        super().__init__(en=f"{rep} has accepted the lead {lead} already", ru=f"{rep} уже принял(а) лид {lead}")


class LeadInThisHand(Rejected):
    """A lead is not given to whoever has it."""

    kind = "lead-in-this-hand"

    def __init__(self, lead: LeadId, rep: RepId) -> None:
        """Name them."""
        super().__init__(en=f"{rep} has the lead {lead} already", ru=f"лид {lead} уже у {rep}")


class LeadBeforeItsTime(Rejected):
    """Nothing becomes of a lead before it came in."""

    kind = "lead-before-its-time"

    def __init__(self, lead: LeadId) -> None:
        """Name it."""
        super().__init__(
            en=f"at is earlier than the moment at which the lead {lead} came in",
            ru=f"at раньше момента, когда поступил лид {lead}",
        )


class PoolEmpty(Rejected):
    """A pool without members gives its leads to nobody."""

    kind = "lead-pool-empty"

    def __init__(self, pool: PoolId) -> None:
        """Name it."""
        super().__init__(
            en=f"the lead pool {pool} has no members: name some first",
            ru=f"в пуле лидов {pool} нет участников: сначала назовите их",
        )


class NobodyCanTakeLead(Rejected):
    """Every member of the pool is passed over: the lead goes on waiting."""

    kind = "nobody-can-take-lead"

    def __init__(self, lead: LeadId, skipped: Mapping[RepId, Unfit]) -> None:
        """Say why of each."""
        en = ", ".join(f"{rep} {_WHY[reason][0]}" for rep, reason in skipped.items())
        ru = ", ".join(f"{rep} {_WHY[reason][1]}" for rep, reason in skipped.items())
        super().__init__(en=f"nobody can take the lead {lead}: {en}", ru=f"лид {lead} некому отдать: {ru}")


class CannotTakeLead(Rejected):
    """The rep whom a manager names cannot be given leads at all."""

    kind = "cannot-take-lead"

    def __init__(self, rep: RepId, reason: Unfit) -> None:
        """Say why."""
        en, ru = _WHY[reason]
        super().__init__(en=f"{rep} {en}", ru=f"{rep} {ru}")
