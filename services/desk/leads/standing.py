"""How the members of a pool stand when a lead is to be given to one of them. Pure."""

from dataclasses import dataclass
from datetime import date

from events.ids import RepId
from events.leads import PoolMember, Unfit
from services.desk.company import Company
from services.desk.deciding import Command
from services.desk.leads.distribution import Member
from services.desk.leads.state import Lead, Pool
from services.desk.people.state import Hired


@dataclass(frozen=True, slots=True)
class Standing:
    """A member of the pool, and why they cannot take the lead, if so."""

    rep: RepId
    weight: int
    load: int
    unfit: Unfit | None

    @property
    def member(self) -> Member:
        """The same for the distributor."""
        return Member(self.rep, self.weight, self.load, self.unfit)


def standings(lead: Lead, pool: Pool, asked: Command, company: Company) -> list[Standing]:
    """How each member of a lead's pool stands when a lead is asked to be given, in the pool's order."""

    def standing(member: PoolMember) -> Standing:
        rep, day = member.rep, asked.day
        unfit = unfit_for_customers(rep, day, company) or _unfit_for(lead, rep, day, company) or _full(pool, rep, asked)
        return Standing(rep, member.weight, pool.in_hand.get(rep, 0), unfit)

    return [standing(member) for member in pool.terms.members]


def unfit_for_customers(rep: RepId, day: date, company: Company) -> Unfit | None:
    """Why a rep cannot work with any customer on a day, if so: the onboarding gate is one reason."""
    known = company.people.rep(rep)
    placement = known.placement(day) if isinstance(known, Hired) else None
    if not isinstance(known, Hired) or placement is None:
        return "inactive"
    if known.away_on(day):
        return "absent"
    lacking = company.training.lacking(rep, placement.post, known.starts_on, day)
    return "uncertified" if any(lacking) else None


def _unfit_for(lead: Lead, rep: RepId, day: date, company: Company) -> Unfit | None:
    known = company.people.rep(rep)
    placement = known.placement(day) if isinstance(known, Hired) else None
    if placement is None:
        return "inactive"
    if lead.territory is not None and lead.territory not in placement.territories:
        return "territory"
    if not {*lead.skills} <= {*placement.skills}:
        return "skill"
    return "returned" if rep in lead.returned_by else None


def _full(pool: Pool, rep: RepId, asked: Command) -> Unfit | None:
    terms = pool.terms
    if terms.per_hour is not None and pool.within_hour(rep, asked.at, asked.day) >= terms.per_hour:
        return "full_hour"
    if terms.per_day is not None and pool.on_day(rep, asked.day) >= terms.per_day:
        return "full_day"
    return None
