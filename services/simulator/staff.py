"""Who works on the floor that day: teams, skills, shifts, breaks and quotas."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Literal

from services.simulator.names import people
from services.simulator.plan import HOUR, MINUTE, SECOND, Micros, Plan, between

TeamKind = Literal["sales", "support"]
SOLD_IN = ("sales", "renewals")
"""The queues whose callers may buy."""

_FIRST_NUMBER = 101
_TEAM_SIZE = 8
_SALES_TEAMS = ("Команда «Нева»", "Volga team", "Команда «Дон»", "Yenisei team", "Команда «Кама»", "Amur team")
_SUPPORT_TEAMS = ("Поддержка", "Second line")
_LONG_DAY_H = 6
"""From so many hours on there is time for lunch."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of the phone system, and how its callers are."""

    name: str
    did: str
    """The number that is dialled from outside."""
    extension: str
    """The number that a call is sent on to from inside."""
    share: float
    """The part of all callers who dial it."""
    talk_s: int
    """How long half of the talks take at most."""
    timeout_s: int
    """After so long the queue gives a caller up."""


QUEUES = {
    queue.name: queue
    for queue in (
        Queue("sales", "+74950000001", "701", 0.55, 240, 120),
        Queue("renewals", "+74950000002", "702", 0.15, 210, 120),
        Queue("support", "+74950000003", "703", 0.30, 270, 180),
    )
}


@dataclass(frozen=True, slots=True)
class Team:
    """A unit of the company that people work in."""

    key: str
    kind: TeamKind
    title: str


@dataclass(frozen=True, slots=True)
class Break:
    """A time away from the phone, begun when the call at hand is over."""

    at: Micros
    lasts: Micros
    reason: str


@dataclass(frozen=True, slots=True)
class Shift:
    """When somebody is at work."""

    starts: Micros
    ends: Micros
    breaks: tuple[Break, ...]


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who works on the floor."""

    name: str
    """What the phone system calls the agent."""
    number: str
    person: str
    """The name of the person: for the desk alone."""
    team: Team
    queues: tuple[str, ...]
    """The queues that the agent has the skills for."""
    shift: Shift
    hired_on: date
    quota_minor: int
    """What the agent is to sell in the month; 0 for who does not sell."""

    @property
    def sells(self) -> bool:
        """Whether the agent makes deals."""
        return self.team.kind == "sales"

    @property
    def interface(self) -> str:
        """The phone, as the phone system names it."""
        return f"PJSIP/{self.name}"


def staff(plan: Plan) -> tuple[Agent, ...]:
    """Give the people of the day."""
    random = plan.chance("staff")
    names = people(random, plan.reps)
    supporting = max(1, plan.reps // 4)
    selling = plan.reps - supporting
    kinds: list[tuple[TeamKind, int, int]] = [
        *(("sales", place, selling) for place in range(selling)),
        *(("support", place, supporting) for place in range(supporting)),
    ]
    return tuple(
        _agent(plan, random, str(_FIRST_NUMBER + index), names[index], kind) for index, kind in enumerate(kinds)
    )


def _agent(plan: Plan, random: Random, number: str, person: str, place: tuple[TeamKind, int, int]) -> Agent:
    kind, index, count = place
    return Agent(
        name=f"agent{number}",
        number=number,
        person=person,
        team=_team(kind, index),
        queues=_skills(kind, index),
        shift=_shift(plan, random, index, count),
        hired_on=plan.day - timedelta(days=random.randrange(30, 1_500)),
        quota_minor=random.randrange(120, 260) * 10_000_000 if kind == "sales" else 0,
    )


def _team(kind: TeamKind, index: int) -> Team:
    titles = _SALES_TEAMS if kind == "sales" else _SUPPORT_TEAMS
    number = index // _TEAM_SIZE
    title = titles[number] if number < len(titles) else f"{titles[number % len(titles)]} {number // len(titles) + 1}"
    return Team(f"{kind}-{number + 1}", kind, title)


def _skills(kind: TeamKind, index: int) -> tuple[str, ...]:
    """Every seller sells; some also renew contracts, and a few help out in support."""
    if kind == "support":
        return ("support", "renewals") if index % 3 == 1 else ("support",)
    extra = (("renewals",) if index % 3 == 0 else ()) + (("support",) if index % 5 == 2 else ())  # noqa: PLR2004
    return ("sales", *extra)


def _shift(plan: Plan, random: Random, index: int, count: int) -> Shift:
    """Come early, late or in between; two people alone stay all day."""
    lead, tail = ((0.0, 1.0), (0.0, 0.8), (0.2, 1.0), (0.1, 0.9))[index % 3 + 1 if count > 2 else 0]  # noqa: PLR2004
    starts = plan.opens + _part(plan, lead) + between(random, 0, 150) - 60 * SECOND
    ends = plan.opens + _part(plan, tail)
    breaks = (replace(each, at=each.at // SECOND * SECOND) for each in _breaks(plan, random, starts, ends))
    return Shift(starts, ends, tuple(breaks))


def _part(plan: Plan, share: float) -> Micros:
    return round(plan.lasts * share) // SECOND * SECOND


def _breaks(plan: Plan, random: Random, starts: Micros, ends: Micros) -> list[Break]:
    if plan.hours < _LONG_DAY_H:
        return [Break((starts + ends) // 2 + between(random, 0, 600), between(random, 240, 420), "Break")]
    lunch = (starts + ends) // 2 - HOUR + between(random, 0, 2 * 3600)
    found = [
        Break(starts + (lunch - starts) // 2, between(random, 480, 900), "Break"),
        Break(lunch, between(random, 1_600, 2_400), "Lunch"),
        Break(lunch + (ends - lunch) // 2, between(random, 480, 900), "Break"),
    ]
    if random.randrange(8) == 0:
        found.append(Break(ends - 50 * MINUTE, between(random, 900, 1_500), "Training"))
    return found
