"""What may be asked about programmes and sessions, and what it makes true. Pure.

All programmes together are one stream, since a new one may keep people from customers: giving somebody a lead relies on
it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, assert_never

from events.ids import PostId, ProgrammeId, RepId, SessionId
from events.training import Module, ProgrammePublished, SessionHeld
from services.desk.company import Company
from services.desk.deciding import Command, Decision, stream
from services.desk.people.present import working
from services.desk.training.refusals import ProgrammeUnknown
from services.desk.training.state import Training

PROGRAMMES = stream("training", "programmes")
"""The stream of all programmes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishProgramme(Command):
    """Let a programme be followed in this way from a day on."""

    programme: ProgrammeId
    new: bool
    """Whether it is a programme of its own, and not the next version of one."""
    title: str
    programme_kind: Literal["onboarding", "product", "skills", "compliance"]
    modules: tuple[Module, ...]
    posts: tuple[PostId, ...] = ()
    required_of: Literal["newcomers", "everyone"] | None = None
    valid_days: int | None = None
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldSession(Command):
    """People were taught together."""

    session: SessionId
    title: str
    programme: ProgrammeId | None = None
    trainer: RepId | None = None
    attended: tuple[RepId, ...]
    missed: tuple[RepId, ...] = ()
    minutes: int
    cost_minor: int
    currency: str


TrainingCommand = PublishProgramme | HoldSession


def decide(command: TrainingCommand, company: Company) -> Decision:
    """Decide a command about programmes or sessions."""
    match command:
        case PublishProgramme():
            return _publish(command, company.training)
        case HoldSession():
            return _hold(command, company)
        case _:
            assert_never(command)


def _publish(command: PublishProgramme, training: Training) -> Decision:
    known = training.programmes.get(command.programme)
    if known is None and not command.new:
        raise ProgrammeUnknown(command.programme)
    event = ProgrammePublished(
        occurred_at=command.at,
        day=command.day,
        programme=command.programme,
        programme_version=1 if known is None else known.latest.programme_version + 1,
        title=command.title,
        kind=command.programme_kind,
        modules=command.modules,
        posts=command.posts,
        required_of=command.required_of,
        valid_days=command.valid_days,
        starts_on=command.starts_on,
        ends_on=command.ends_on,
    )
    return Decision(PROGRAMMES, event)


def _hold(command: HoldSession, company: Company) -> Decision:
    """Record a session that every rep in it could have been at."""
    if command.programme is not None and command.programme not in company.training.programmes:
        raise ProgrammeUnknown(command.programme)
    trainer = () if command.trainer is None else (command.trainer,)
    reps = (*trainer, *command.attended, *command.missed)
    relies_on = frozenset(working(rep, command.day, company.people) for rep in reps)
    event = SessionHeld(
        occurred_at=command.at,
        day=command.day,
        session=command.session,
        title=command.title,
        programme=command.programme,
        trainer=command.trainer,
        attended=command.attended,
        missed=command.missed,
        minutes=command.minutes,
        cost_minor=command.cost_minor,
        currency=command.currency,
    )
    return Decision(stream("session", command.session), event, relies_on)
