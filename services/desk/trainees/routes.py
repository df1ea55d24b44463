"""How reps learn, over HTTP."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from events.event import BasisPoints, Day, EventId, Name
from events.ids import ProgrammeId, RepId
from events.training import DevelopmentStep, Minutes
from services.desk.asking import AnyAsk, AnyDesk, Ask, Desk, shown
from services.desk.bodies import Body, BodyPart, body_of
from services.desk.describing import AN_ID, decision, list_of, reading
from services.desk.listing import AnyListing
from services.desk.people.state import Hired
from services.desk.trainees.decider import (
    AgreePlan,
    AssessSkill,
    AssignTraining,
    Certify,
    Coach,
    ExamineModule,
    TraineeCommand,
    decide,
    trainee_stream,
)
from services.desk.training.state import Course, Trainee
from services.runtime.auth.guard import AnyPermit
from services.runtime.plain_route import PlainRoute

router = APIRouter(prefix="/v1", route_class=PlainRoute)
Percent = Annotated[int, Field(ge=0, le=10_000)]
"""A part of the whole, in hundredths of a percent."""


class CourseBody(Body):
    """A programme that a rep is to follow."""

    programme: ProgrammeId
    due_on: Day | None = None
    """The day by which the rep should be certified."""


class ExamineBody(Body):
    """What a test of a module came to."""

    programme: ProgrammeId
    module: Name
    score_bp: Percent
    """The result, of 10,000; the programme says how much of it passes."""


class CertifyBody(Body):
    """In which programme a rep is to be certified."""

    programme: ProgrammeId


class SkillBody(Body):
    """How good a rep is at something."""

    skill: Name
    level_bp: Percent
    """Of 10,000, which is mastery."""
    assessed_by: RepId | None = None
    """Left out for somebody from outside."""
    evidence: EventId | None = None
    """The call or the test that shows it."""


class StepBody(BodyPart):
    """How good a rep wants to be at something, and when."""

    skill: Name
    level_bp: BasisPoints
    due_on: Day


class PlanBody(Body):
    """What a rep is to become better at."""

    agreed_with: RepId
    steps: Annotated[tuple[StepBody, ...], Field(min_length=1, max_length=50)]
    review_on: Day


class CoachingBody(Body):
    """How somebody worked with a rep."""

    coach: RepId
    topic: Name
    minutes: Minutes
    evidence: EventId | None = None
    """The call that was listened to."""


@router.post(
    "/trainees/{rep}/courses",
    **decision(CourseBody, "trainees.teach", makes="trainee", example={"programme": AN_ID, "due_on": "2026-12-14"}),
)
async def assign_training(rep: str, ask: AnyAsk, body: Annotated[CourseBody, Depends(body_of(CourseBody))]) -> Response:
    """Tell a rep to follow a programme, in the version of the day."""
    return await _answer(
        ask, body, AssignTraining(**ask.when(body), rep=rep, programme=body.programme, due_on=body.due_on)
    )


@router.post(
    "/trainees/{rep}/tests",
    **decision(
        ExamineBody,
        "trainees.teach",
        makes="trainee",
        example={"programme": AN_ID, "module": "product", "score_bp": 8_500},
    ),
)
async def examine_module(
    rep: str, ask: AnyAsk, body: Annotated[ExamineBody, Depends(body_of(ExamineBody))]
) -> Response:
    """Record what a test of a module came to: by the programme's own measure it is passed or failed."""
    command = ExamineModule(
        **ask.when(body), rep=rep, programme=body.programme, module=body.module, score_bp=body.score_bp
    )
    return await _answer(ask, body, command)


@router.post(
    "/trainees/{rep}/certifications",
    **decision(CertifyBody, "trainees.certify", makes="trainee", example={"programme": AN_ID}),
)
async def certify(rep: str, ask: AnyAsk, body: Annotated[CertifyBody, Depends(body_of(CertifyBody))]) -> Response:
    """Certify a rep who has passed every module of a programme."""
    return await _answer(ask, body, Certify(**ask.when(body), rep=rep, programme=body.programme))


@router.post(
    "/trainees/{rep}/skills",
    **decision(SkillBody, "trainees.teach", makes="trainee", example={"skill": "English", "level_bp": 6_000}),
)
async def assess_skill(rep: str, ask: AnyAsk, body: Annotated[SkillBody, Depends(body_of(SkillBody))]) -> Response:
    """Record how good a rep is at something."""
    command = AssessSkill(
        **ask.when(body),
        rep=rep,
        skill=body.skill,
        level_bp=body.level_bp,
        assessed_by=body.assessed_by,
        evidence=body.evidence,
    )
    return await _answer(ask, body, command)


@router.post(
    "/trainees/{rep}/plan",
    **decision(
        PlanBody,
        "trainees.teach",
        makes="trainee",
        example={
            "agreed_with": AN_ID,
            "steps": [{"skill": "English", "level_bp": 8_000, "due_on": "2027-03-01"}],
            "review_on": "2027-02-01",
        },
    ),
)
async def agree_plan(rep: str, ask: AnyAsk, body: Annotated[PlanBody, Depends(body_of(PlanBody))]) -> Response:
    """Agree with a rep on what to become better at, in place of what was agreed before."""
    steps = tuple(DevelopmentStep(**step.model_dump()) for step in body.steps)
    command = AgreePlan(**ask.when(body), rep=rep, agreed_with=body.agreed_with, steps=steps, review_on=body.review_on)
    return await _answer(ask, body, command)


@router.post(
    "/trainees/{rep}/coaching",
    **decision(
        CoachingBody, "trainees.teach", makes="trainee", example={"coach": AN_ID, "topic": "objections", "minutes": 45}
    ),
)
async def coach(rep: str, ask: AnyAsk, body: Annotated[CoachingBody, Depends(body_of(CoachingBody))]) -> Response:
    """Record that somebody worked with a rep on the rep's own calls and deals."""
    command = Coach(
        **ask.when(body),
        rep=rep,
        coach=body.coach,
        topic=body.topic,
        minutes=body.minutes,
        evidence=body.evidence,
    )
    return await _answer(ask, body, command)


async def _answer(ask: Ask, body: Body, command: TraineeCommand) -> Response:
    about = trainee_stream(command.rep)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about, about=about)


@router.get("/trainees", **list_of("trainees.read", "trainee"))
async def list_trainees(page: AnyListing) -> Response:
    """The reps of whose learning something is known, in the order in which it was."""
    trainees = page.desk.log.fold.company.training.trainees
    return page.answer("trainee", trainees, _trainee, lambda _state: True)


@router.get("/trainees/{rep}", **reading("trainees.read", "trainee"))
async def get_trainee(rep: str, desk: AnyDesk, permit: AnyPermit) -> Response:
    """How a rep has learnt so far, and what keeps the rep from customers today."""
    company = desk.log.fold.company
    known = company.people.rep(rep)
    state = _trainee(company.training.trainee(rep)) if isinstance(known, Hired) else None
    return shown(desk, permit, trainee_stream(rep), None if state is None else state | {"lacking": _lacking(rep, desk)})


def _trainee(known: Trainee) -> dict[str, object]:
    plan = (
        None
        if known.plan is None
        else known.plan.model_dump(mode="json", include={"agreed_with", "steps", "review_on"})
    )
    return {
        "courses": {name: _course(course) for name, course in known.courses.items()},
        "certifications": known.certifications,
        "skills": known.skills,
        "plan": plan,
        "coached": known.coached,
    }


def _course(course: Course) -> dict[str, object]:
    return {
        "programme_version": course.version,
        "due_on": course.due_on,
        "attempts": course.attempts,
        "passed": sorted(course.passed),
        "certified": course.certified,
    }


def _lacking(rep: RepId, desk: Desk) -> list[ProgrammeId]:
    """The programmes in which the rep has to be certified before meeting customers today."""
    company, day = desk.log.fold.company, desk.today()
    known = company.people.rep(rep)
    placement = known.placement(day) if isinstance(known, Hired) else None
    if not isinstance(known, Hired) or placement is None:
        return []
    return sorted(company.training.lacking(rep, placement.post, known.starts_on, day))
