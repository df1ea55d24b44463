"""What is remembered of programmes, and of how reps learn. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import assert_never

from events.ids import PostId, ProgrammeId, RepId, SessionId
from events.training import (
    CertificationExpired,
    CertificationGranted,
    CoachingHeld,
    DevelopmentPlanAgreed,
    ModuleFailed,
    ModulePassed,
    OnboardingBreached,
    ProgrammePublished,
    SessionHeld,
    SkillAssessed,
    TraineeEvent,
    TrainingAssigned,
    TrainingEvent,
)
from services.desk.dated import Dated, Term


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme in all its versions, the oldest first."""

    versions: tuple[ProgrammePublished, ...]

    @property
    def latest(self) -> ProgrammePublished:
        """The version that was published last."""
        return self.versions[-1]

    @property
    def starts_on(self) -> date:
        """The first day of any version: whoever joins from then on is a newcomer to it."""
        return min(each.starts_on for each in self.versions)

    def on(self, day: date) -> ProgrammePublished | None:
        """The version that is followed on a day."""
        terms = tuple(Term(each.starts_on, each.ends_on, each) for each in self.versions)
        return Dated(terms).on(day)

    def keeps_back(self, post: PostId, joined_on: date, day: date) -> bool:
        """Whether somebody of this post, here since `joined_on`, must be certified before meeting customers."""
        terms = self.on(day)
        if terms is None or terms.required_of is None or (terms.posts and post not in terms.posts):
            return False
        return terms.required_of == "everyone" or joined_on >= self.starts_on


@dataclass(frozen=True, slots=True)
class Course:
    """A programme that a rep was told to follow, and how far they have come."""

    version: int
    due_on: date | None
    last_on: date
    """The day on which the rep was told to follow it, or was tested last."""
    attempts: Mapping[str, int] = field(default_factory=dict[str, int])
    """How often each module was tried."""
    passed: frozenset[str] = frozenset()
    certified: bool = False


@dataclass(frozen=True, slots=True)
class Certification:
    """Days on which a rep is certified; half-open, without an end where it never expires."""

    granted_on: date
    expires_on: date | None

    def holds_on(self, day: date) -> bool:
        """Whether it is valid on a day."""
        return self.granted_on <= day and (self.expires_on is None or day < self.expires_on)


@dataclass(frozen=True, slots=True)
class Trainee:
    """A rep as somebody who learns."""

    courses: Mapping[ProgrammeId, Course] = field(default_factory=dict[ProgrammeId, Course])
    certifications: Mapping[ProgrammeId, tuple[Certification, ...]] = field(
        default_factory=dict[ProgrammeId, tuple[Certification, ...]]
    )
    skills: Mapping[str, int] = field(default_factory=dict[str, int])
    """The level of each skill in basis points, as it was assessed last."""
    plan: DevelopmentPlanAgreed | None = None
    coached: int = 0
    """How often somebody worked with the rep."""

    def certified(self, programme: ProgrammeId, day: date) -> bool:
        """Whether the rep holds a programme's certification on a day."""
        return any(each.holds_on(day) for each in self.certifications.get(programme, ()))

    def with_course(self, programme: ProgrammeId, course: Course) -> "Trainee":
        """The same, this far in a course."""
        return replace(self, courses={**self.courses, programme: course})


def evolve(trainee: Trainee, event: TraineeEvent) -> Trainee:
    """A trainee after an event. What does not fit changes nothing."""
    match event:
        case TrainingAssigned():
            return trainee.with_course(event.programme, Course(event.programme_version, event.due_on, event.day))
        case ModulePassed() | ModuleFailed():
            return _tested(trainee, event)
        case CertificationGranted():
            return _certified(trainee, event)
        case SkillAssessed():
            return replace(trainee, skills={**trainee.skills, event.skill: event.level_bp})
        case DevelopmentPlanAgreed():
            return replace(trainee, plan=event)
        case CoachingHeld():
            return replace(trainee, coached=trainee.coached + 1)
        case _:
            assert_never(event)


def _tested(trainee: Trainee, event: ModulePassed | ModuleFailed) -> Trainee:
    course = trainee.courses.get(event.programme)
    if course is None:
        return trainee
    passed = course.passed | {event.module} if isinstance(event, ModulePassed) else course.passed
    attempts = {**course.attempts, event.module: event.attempt}
    return trainee.with_course(event.programme, replace(course, last_on=event.day, attempts=attempts, passed=passed))


def _certified(trainee: Trainee, event: CertificationGranted) -> Trainee:
    granted = Certification(event.day, event.expires_on)
    held = (*trainee.certifications.get(event.programme, ()), granted)
    found = replace(trainee, certifications={**trainee.certifications, event.programme: held})
    course = trainee.courses.get(event.programme)
    return found if course is None else found.with_course(event.programme, replace(course, certified=True))


@dataclass(slots=True)
class Training:
    """Every programme, session and trainee."""

    programmes: dict[ProgrammeId, Programme] = field(default_factory=dict[ProgrammeId, Programme])
    sessions: dict[SessionId, SessionHeld] = field(default_factory=dict[SessionId, SessionHeld])
    trainees: dict[RepId, Trainee] = field(default_factory=dict[RepId, Trainee])

    def trainee(self, rep: RepId) -> Trainee:
        """How a rep has learnt so far."""
        return self.trainees.get(rep, Trainee())

    def lacking(self, rep: RepId, post: PostId, joined_on: date, day: date) -> Iterator[ProgrammeId]:
        """The programmes in which a rep has to be certified before meeting customers on a day, and is not."""
        trainee = self.trainee(rep)
        for name, programme in self.programmes.items():
            if programme.keeps_back(post, joined_on, day) and not trainee.certified(name, day):
                yield name

    def take(self, event: TrainingEvent) -> None:
        """Remember an event."""
        match event:
            case ProgrammePublished():
                known = self.programmes.get(event.programme, Programme(()))
                self.programmes[event.programme] = Programme((*known.versions, event))
            case SessionHeld():
                self.sessions[event.session] = event
            case CertificationExpired() | OnboardingBreached():
                pass
            case _:
                self.trainees[event.rep] = evolve(self.trainee(event.rep), event)
