"""What may be asked about how a rep learns, and what it makes true. Pure.

All that one rep learns is one stream, so that whoever relies on somebody's being certified relies on that alone.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import assert_never

from events.event import EventId
from events.ids import ProgrammeId, RepId
from events.training import (
    CertificationGranted,
    CoachingHeld,
    DevelopmentPlanAgreed,
    DevelopmentStep,
    ModuleFailed,
    ModulePassed,
    ProgrammePublished,
    SkillAssessed,
    TrainingAssigned,
)
from services.desk.company import Company
from services.desk.deciding import Command, Decision, stream
from services.desk.people.present import working
from services.desk.trainees.refusals import (
    ModulePassedAlready,
    ModulesMissing,
    ModuleUnknown,
    ProgrammeNotFollowed,
    TrainingAssignedAlready,
    TrainingBeforeItsTime,
    TrainingNotAssigned,
)
from services.desk.training.decider import PROGRAMMES
from services.desk.training.refusals import ProgrammeUnknown
from services.desk.training.state import Course, Training


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignTraining(Command):
    """Let a rep follow a programme, in the version of the day."""

    rep: RepId
    programme: ProgrammeId
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamineModule(Command):
    """A rep was tested on a module of a programme; the result says whether it is passed."""

    rep: RepId
    programme: ProgrammeId
    module: str
    score_bp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Certify(Command):
    """Certify a rep who has passed every module."""

    rep: RepId
    programme: ProgrammeId


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessSkill(Command):
    """Somebody judged how good a rep is at something."""

    rep: RepId
    skill: str
    level_bp: int
    assessed_by: RepId | None = None
    evidence: EventId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreePlan(Command):
    """A rep and the manager agree on what the rep is to become better at."""

    rep: RepId
    agreed_with: RepId
    steps: tuple[DevelopmentStep, ...]
    review_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Coach(Command):
    """Somebody worked with a rep on the rep's own work."""

    rep: RepId
    coach: RepId
    topic: str
    minutes: int
    evidence: EventId | None = None


TraineeCommand = AssignTraining | ExamineModule | Certify | AssessSkill | AgreePlan | Coach


def decide(command: TraineeCommand, company: Company) -> Decision:
    """Decide a command about how a rep learns."""
    match command:
        case AssignTraining():
            return _assign(command, company)
        case ExamineModule():
            return _test(command, company)
        case Certify():
            return _certify(command, company)
        case AssessSkill():
            return _assess(command, company)
        case AgreePlan():
            return _agree(command, company)
        case Coach():
            return _coach(command, company)
        case _:
            assert_never(command)


def trainee_stream(rep: RepId) -> str:
    """The stream of what a rep learns."""
    return stream("trainee", rep)


def _assign(command: AssignTraining, company: Company) -> Decision:
    works = working(command.rep, command.day, company.people)
    terms = _followed(command.programme, command.day, company.training)
    course = company.training.trainee(command.rep).courses.get(command.programme)
    if course is not None and course.version == terms.programme_version and not course.certified:
        raise TrainingAssignedAlready(command.rep, command.programme, course.version)
    event = TrainingAssigned(
        occurred_at=command.at,
        day=command.day,
        rep=command.rep,
        programme=command.programme,
        programme_version=terms.programme_version,
        due_on=command.due_on,
    )
    return Decision(trainee_stream(command.rep), event, frozenset({works, PROGRAMMES}))


def _followed(programme: ProgrammeId, day: date, training: Training) -> ProgrammePublished:
    known = training.programmes.get(programme)
    if known is None:
        raise ProgrammeUnknown(programme)
    terms = known.on(day)
    if terms is None:
        raise ProgrammeNotFollowed(programme, day)
    return terms


def _test(command: ExamineModule, company: Company) -> Decision:
    works = working(command.rep, command.day, company.people)
    course, terms = _course(command, company.training)
    pass_bp = {each.module: each.pass_bp for each in terms.modules}
    if command.module not in pass_bp:
        raise ModuleUnknown(command.module, pass_bp)
    if command.module in course.passed:
        raise ModulePassedAlready(command.rep, command.module)
    result = ModulePassed if command.score_bp >= pass_bp[command.module] else ModuleFailed
    event = result(
        occurred_at=command.at,
        day=command.day,
        rep=command.rep,
        programme=command.programme,
        programme_version=course.version,
        module=command.module,
        attempt=course.attempts.get(command.module, 0) + 1,
        score_bp=command.score_bp,
        pass_bp=pass_bp[command.module],
    )
    return Decision(trainee_stream(command.rep), event, frozenset({works}))


def _course(command: ExamineModule | Certify, training: Training) -> tuple[Course, ProgrammePublished]:
    """The course that a rep is in, and the terms of its version; raises TrainingNotAssigned or TrainingBeforeItsTime.

    A certification holds from its day on, so that one of an earlier day would undo what was breached meanwhile.
    """
    course = training.trainee(command.rep).courses.get(command.programme)
    if course is None or course.certified:
        raise TrainingNotAssigned(command.rep, command.programme)
    if command.day < course.last_on:
        raise TrainingBeforeItsTime(command.rep, course.last_on)
    return course, training.programmes[command.programme].versions[course.version - 1]


def _certify(command: Certify, company: Company) -> Decision:
    works = working(command.rep, command.day, company.people)
    course, terms = _course(command, company.training)
    if missing := [each.module for each in terms.modules if each.module not in course.passed]:
        raise ModulesMissing(command.rep, missing)
    valid = None if terms.valid_days is None else command.day + timedelta(days=terms.valid_days)
    event = CertificationGranted(
        occurred_at=command.at,
        day=command.day,
        rep=command.rep,
        programme=command.programme,
        programme_version=course.version,
        expires_on=valid,
    )
    return Decision(trainee_stream(command.rep), event, frozenset({works}))


def _assess(command: AssessSkill, company: Company) -> Decision:
    judges = () if command.assessed_by is None else (command.assessed_by,)
    event = SkillAssessed(
        occurred_at=command.at,
        day=command.day,
        rep=command.rep,
        skill=command.skill,
        level_bp=command.level_bp,
        assessed_by=command.assessed_by,
        evidence=command.evidence,
    )
    return _with(command.rep, judges, command.day, company, event)


def _agree(command: AgreePlan, company: Company) -> Decision:
    event = DevelopmentPlanAgreed(
        occurred_at=command.at,
        day=command.day,
        rep=command.rep,
        agreed_with=command.agreed_with,
        steps=command.steps,
        review_on=command.review_on,
    )
    return _with(command.rep, (command.agreed_with,), command.day, company, event)


def _coach(command: Coach, company: Company) -> Decision:
    event = CoachingHeld(
        occurred_at=command.at,
        day=command.day,
        rep=command.rep,
        coach=command.coach,
        topic=command.topic,
        minutes=command.minutes,
        evidence=command.evidence,
    )
    return _with(command.rep, (command.coach,), command.day, company, event)


def _with(
    rep: RepId,
    others: tuple[RepId, ...],
    day: date,
    company: Company,
    event: SkillAssessed | DevelopmentPlanAgreed | CoachingHeld,
) -> Decision:
    """What a rep and others who work here did together."""
    relies_on = frozenset(working(each, day, company.people) for each in (rep, *others))
    return Decision(trainee_stream(rep), event, relies_on)
