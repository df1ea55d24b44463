"""What people learn, how it is tested, and who may be let near customers for it."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from events.event import (
    AmountMinor,
    BasisPoints,
    Currency,
    Day,
    EffectiveEvent,
    Event,
    EventId,
    Name,
    Ordinal,
    Part,
)
from events.ids import PostId, ProgrammeId, RepId, SessionId

ValidDays = Annotated[int, Field(ge=1, le=36_500)]
"""For how many days something holds: a hundred years at the most."""

Minutes = Annotated[int, Field(ge=1, le=100_000)]
"""How long something took, in whole minutes."""


class Module(Part):
    """One thing to be learnt, and tested on its own."""

    module: Name
    """What it is called within its programme."""
    pass_bp: BasisPoints
    """The least result that passes, of 10,000."""


class ProgrammePublished(EffectiveEvent):
    """A training programme, or a new version of it, is to be followed from a day on."""

    type: Literal["programme.published"] = "programme.published"
    version: Literal[1] = 1
    programme: ProgrammeId
    programme_version: Ordinal
    title: Name
    kind: Literal["onboarding", "product", "skills", "compliance"]
    modules: tuple[Module, ...] = Field(min_length=1, max_length=100)
    posts: tuple[PostId, ...] = ()
    """Whom it is for; everybody, when empty."""
    required_of: Literal["newcomers", "everyone"] | None = None
    """Who is kept from customers until certified: those whose first day is not before the programme's, or all; empty
    for a programme that keeps nobody from them."""
    valid_days: ValidDays | None = None
    """For how many days a certification holds; empty for one that never expires."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({each.module for each in self.modules}) < len(self.modules):
            message = "modules: each module stands once in a programme"
            raise ValueError(message)
        return self


class TrainingAssigned(Event):
    """A rep is to follow a programme."""

    type: Literal["training.assigned"] = "training.assigned"
    version: Literal[1] = 1
    rep: RepId
    programme: ProgrammeId
    programme_version: Ordinal
    due_on: Day | None = None
    """The day by which the rep should be certified."""


class ModulePassed(Event):
    """A rep was tested on a module, and passed."""

    type: Literal["module.passed"] = "module.passed"
    version: Literal[1] = 1
    rep: RepId
    programme: ProgrammeId
    programme_version: Ordinal
    module: Name
    attempt: Ordinal
    score_bp: BasisPoints
    pass_bp: BasisPoints


class ModuleFailed(Event):
    """A rep was tested on a module, and has to be tested again."""

    type: Literal["module.failed"] = "module.failed"
    version: Literal[1] = 1
    rep: RepId
    programme: ProgrammeId
    programme_version: Ordinal
    module: Name
    attempt: Ordinal
    score_bp: BasisPoints
    pass_bp: BasisPoints


class SessionHeld(Event):
    """People were taught together."""

    type: Literal["session.held"] = "session.held"
    version: Literal[1] = 1
    session: SessionId
    title: Name
    programme: ProgrammeId | None = None
    trainer: RepId | None = None
    """Empty for somebody from outside."""
    attended: tuple[RepId, ...] = Field(min_length=1, max_length=500)
    missed: tuple[RepId, ...] = Field(default=(), max_length=500)
    """Who should have been there."""
    minutes: Minutes
    cost_minor: AmountMinor
    """What it cost, the time of those who were taught left out."""
    currency: Currency

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({*self.attended, *self.missed}) < len(self.attended) + len(self.missed):
            message = "attended, missed: each rep stands once"
            raise ValueError(message)
        return self


class CertificationGranted(Event):
    """A rep passed every module of a programme, and was certified."""

    type: Literal["certification.granted"] = "certification.granted"
    version: Literal[1] = 1
    rep: RepId
    programme: ProgrammeId
    programme_version: Ordinal
    expires_on: Day | None = None
    """The first day on which it no longer holds; empty for one that never expires."""


class CertificationExpired(Event):
    """A certification came to its end, and was not renewed before."""

    type: Literal["certification.expired"] = "certification.expired"
    version: Literal[1] = 1
    rep: RepId
    programme: ProgrammeId
    programme_version: Ordinal
    expires_on: Day


class SkillAssessed(Event):
    """Somebody judged how good a rep is at something."""

    type: Literal["skill.assessed"] = "skill.assessed"
    version: Literal[1] = 1
    rep: RepId
    skill: Name
    level_bp: BasisPoints
    """Of 10,000, which is mastery by the company's own scale."""
    assessed_by: RepId | None = None
    """Empty for somebody from outside."""
    evidence: EventId | None = None
    """The call or the test that shows it."""


class DevelopmentStep(Part):
    """How good a rep wants to be at something, and when."""

    skill: Name
    level_bp: BasisPoints
    due_on: Day


class DevelopmentPlanAgreed(Event):
    """A rep and the manager agreed on what the rep is to become better at; it takes the place of the plan before."""

    type: Literal["development_plan.agreed"] = "development_plan.agreed"
    version: Literal[1] = 1
    rep: RepId
    agreed_with: RepId
    steps: tuple[DevelopmentStep, ...] = Field(min_length=1, max_length=50)
    review_on: Day
    """When both look at it again."""


class CoachingHeld(Event):
    """Somebody worked with a rep on the rep's own calls and deals."""

    type: Literal["coaching.held"] = "coaching.held"
    version: Literal[1] = 1
    rep: RepId
    coach: RepId
    topic: Name
    minutes: Minutes
    evidence: EventId | None = None
    """The call that was listened to."""


class OnboardingBreached(Event):
    """A rep worked with customers on a day without a certification that is required for it."""

    type: Literal["onboarding.breached"] = "onboarding.breached"
    version: Literal[1] = 1
    rep: RepId
    breached_on: Day
    programmes: tuple[ProgrammeId, ...] = Field(min_length=1)
    """In which the rep should have been certified."""
    contacts: Ordinal
    """How many calls and other contacts of that day were known when it was found."""


TraineeEvent = (
    TrainingAssigned
    | ModulePassed
    | ModuleFailed
    | CertificationGranted
    | SkillAssessed
    | DevelopmentPlanAgreed
    | CoachingHeld
)
"""How one rep learns."""

GateEvent = CertificationExpired | OnboardingBreached
"""What is found out about whom training keeps from customers."""

TrainingEvent = ProgrammePublished | SessionHeld | TraineeEvent | GateEvent
