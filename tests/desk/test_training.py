"""What may be asked about training, and what it makes true; and whom it keeps from customers."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from events.people import RepHired
from events.training import (
    CertificationGranted,
    CoachingHeld,
    DevelopmentPlanAgreed,
    DevelopmentStep,
    Module,
    ModuleFailed,
    ModulePassed,
    ProgrammePublished,
    SessionHeld,
    SkillAssessed,
    TrainingAssigned,
)
from services.desk.leads.standing import unfit_for_customers
from services.desk.people.refusals import RepNotHired
from services.desk.trainees.decider import (
    AgreePlan,
    AssessSkill,
    AssignTraining,
    Certify,
    Coach,
    ExamineModule,
    TraineeCommand,
)
from services.desk.trainees.decider import decide as decide_trainee
from services.desk.trainees.refusals import (
    ModulePassedAlready,
    ModulesMissing,
    ModuleUnknown,
    ProgrammeNotFollowed,
    TrainingAssignedAlready,
    TrainingBeforeItsTime,
    TrainingNotAssigned,
)
from services.desk.training.decider import PROGRAMMES, HoldSession, PublishProgramme, TrainingCommand, decide
from services.desk.training.refusals import ProgrammeUnknown
from tests.desk.given import ANNA, BORIS, NORTH, anna, team
from tests.events.examples.dates import TODAY, at
from tests.scenario import Scenario

training = Scenario[TrainingCommand](decide)
trainee = Scenario[TraineeCommand](decide_trainee)
NOW: dict[str, Any] = {"occurred_at": at(9), "day": TODAY}
ASKED: dict[str, Any] = {"at": at(9), "day": TODAY}
STEPS = "first-steps"
MODULES = (Module(module="product", pass_bp=8_000), Module(module="objections", pass_bp=7_000))
COURSE: dict[str, Any] = {"rep": ANNA, "programme": STEPS, "programme_version": 1}


def published(number: int = 1, **changes: Any) -> ProgrammePublished:  # noqa: ANN401  # fields
    """The programme's version."""
    usual: dict[str, Any] = {
        "programme": STEPS,
        "programme_version": number,
        "title": "First steps",
        "kind": "onboarding",
        "modules": MODULES,
        "required_of": "newcomers",
        "valid_days": 365,
        "starts_on": TODAY,
    }
    return ProgrammePublished(**NOW, **usual | changes)


def publish(*, new: bool) -> PublishProgramme:
    return PublishProgramme(
        **ASKED,
        programme=STEPS,
        new=new,
        title="First steps",
        programme_kind="onboarding",
        modules=MODULES,
        required_of="newcomers",
        valid_days=365,
        starts_on=TODAY,
    )


assigned = TrainingAssigned(**NOW, **COURSE)
passed = ModulePassed(**NOW, **COURSE, module="product", attempt=1, score_bp=8_000, pass_bp=8_000)
failed = ModuleFailed(**NOW, **COURSE, module="objections", attempt=1, score_bp=6_999, pass_bp=7_000)
passed_then = ModulePassed(**NOW, **COURSE, module="objections", attempt=2, score_bp=7_000, pass_bp=7_000)
granted = CertificationGranted(**NOW, **COURSE, expires_on=TODAY + timedelta(days=365))
certified = (published(), assigned, passed, passed_then, granted)


def test_a_programme_is_published_and_published_again() -> None:
    training.given().when(publish(new=True)).then(published())
    training.given(published()).when(publish(new=False)).then(published(2))
    training.given().when(publish(new=False)).then_rejected(ProgrammeUnknown)


def test_a_module_stands_once_in_a_programme() -> None:
    with pytest.raises(ValidationError, match="each module stands once"):
        published(modules=(*MODULES, MODULES[0]))


def test_a_rep_follows_the_version_of_the_day_once_until_certified() -> None:
    ask = AssignTraining(**ASKED, rep=ANNA, programme=STEPS)
    trainee.given(*team, published()).when(ask).then(assigned)
    trainee.given(*team, published()).when(ask).then_relies_on(f"rep/{ANNA}", PROGRAMMES)
    trainee.given(*team, published(), assigned).when(ask).then_rejected(TrainingAssignedAlready)
    second = TrainingAssigned(**NOW, rep=ANNA, programme=STEPS, programme_version=2)
    trainee.given(*team, published(), assigned, published(2)).when(ask).then(second)
    trainee.given(*team, *certified).when(ask).then(assigned)
    trainee.given(*team).when(ask).then_rejected(ProgrammeUnknown)
    later = published(starts_on=date(2026, 12, 1))
    trainee.given(*team, later).when(ask).then_rejected(ProgrammeNotFollowed)
    trainee.given(published()).when(ask).then_rejected(RepNotHired)


def test_the_programme_says_whether_a_result_passes() -> None:
    def examine(module: str, score_bp: int) -> ExamineModule:
        return ExamineModule(**ASKED, rep=ANNA, programme=STEPS, module=module, score_bp=score_bp)

    given = trainee.given(*team, published(), assigned)
    given.when(examine("product", 8_000)).then(passed)
    given.when(examine("objections", 6_999)).then(failed)
    trainee.given(*team, published(), assigned, failed).when(examine("objections", 7_000)).then(passed_then)
    trainee.given(*team, published(), assigned, passed).when(examine("product", 9_000)).then_rejected(
        ModulePassedAlready
    )
    given.when(examine("cooking", 9_000)).then_rejected(ModuleUnknown)
    trainee.given(*team, published()).when(examine("product", 9_000)).then_rejected(TrainingNotAssigned)
    trainee.given(*team, *certified).when(examine("product", 9_000)).then_rejected(TrainingNotAssigned)


def test_a_rep_is_tested_by_the_version_that_was_assigned() -> None:
    stricter = published(2, modules=(Module(module="product", pass_bp=9_500),))
    result = ExamineModule(**ASKED, rep=ANNA, programme=STEPS, module="product", score_bp=8_000)
    trainee.given(*team, published(), assigned, stricter).when(result).then(passed)


def test_whoever_passed_every_module_is_certified_for_as_long_as_the_programme_says() -> None:
    ask = Certify(**ASKED, rep=ANNA, programme=STEPS)
    trainee.given(*team, published(), assigned, passed, passed_then).when(ask).then(granted)
    trainee.given(*team, published(), assigned, passed, failed).when(ask).then_rejected(ModulesMissing)
    trainee.given(*team, *certified).when(ask).then_rejected(TrainingNotAssigned)
    unlimited = published(valid_days=None)
    for_ever = CertificationGranted(**NOW, **COURSE)
    trainee.given(*team, unlimited, assigned, passed, passed_then).when(ask).then(for_ever)


def test_what_reps_do_together_asks_for_all_of_them_to_work_here() -> None:
    coaching = Coach(**ASKED, rep=ANNA, coach=BORIS, topic="objections", minutes=45)
    held = CoachingHeld(**NOW, rep=ANNA, coach=BORIS, topic="objections", minutes=45)
    trainee.given(*team).when(coaching).then(held)
    trainee.given(*team).when(coaching).then_relies_on(f"rep/{ANNA}", f"rep/{BORIS}")
    steps = (DevelopmentStep(skill="English", level_bp=8_000, due_on=date(2027, 3, 1)),)
    plan = AgreePlan(**ASKED, rep=ANNA, agreed_with=BORIS, steps=steps, review_on=date(2027, 2, 1))
    agreed = DevelopmentPlanAgreed(**NOW, rep=ANNA, agreed_with=BORIS, steps=steps, review_on=date(2027, 2, 1))
    trainee.given(*team).when(plan).then(agreed)
    assess = AssessSkill(**ASKED, rep=ANNA, skill="English", level_bp=6_000)
    trainee.given(*team).when(assess).then(SkillAssessed(**NOW, rep=ANNA, skill="English", level_bp=6_000))
    trainee.given(*team).when(assess).then_relies_on(f"rep/{ANNA}")
    for command in (coaching, plan, assess):
        trainee.given().when(command).then_rejected(RepNotHired)


def test_a_session_is_held_with_people_who_work_here() -> None:
    usual: dict[str, Any] = {
        "session": "s",
        "title": "Calls",
        "attended": (ANNA,),
        "missed": (BORIS,),
        "minutes": 90,
        "cost_minor": 5,
        "currency": "RUB",
    }
    training.given(*team).when(HoldSession(**ASKED, **usual)).then(SessionHeld(**NOW, **usual))
    training.given(*team).when(HoldSession(**ASKED, **usual)).then_relies_on(f"rep/{ANNA}", f"rep/{BORIS}")
    training.given(*team).when(HoldSession(**ASKED, **usual, trainer="nobody")).then_rejected(RepNotHired)
    training.given(*team).when(HoldSession(**ASKED, **usual, programme="none")).then_rejected(ProgrammeUnknown)
    twice: dict[str, Any] = {"missed": (ANNA,)}
    with pytest.raises(ValidationError, match="each rep stands once"):
        SessionHeld(**NOW, **usual | twice)


def unfit(*events: Any, day: date = TODAY) -> str | None:  # noqa: ANN401  # events
    """Why Anna is kept from customers on a day."""
    return unfit_for_customers(ANNA, day, training.given(*team, *events).company)


def test_a_newcomer_meets_no_customers_until_certified() -> None:
    assert unfit() is None
    assert unfit(published()) == "uncertified"
    assert unfit(published(), assigned, passed, passed_then) == "uncertified"
    assert unfit(*certified) is None


def test_a_certification_keeps_its_holder_with_customers_up_to_the_day_on_which_it_expires() -> None:
    assert unfit(*certified, day=date(2027, 11, 23)) is None
    assert unfit(*certified, day=date(2027, 11, 24)) == "uncertified"


def test_a_programme_keeps_back_those_whom_it_is_for_from_its_first_day_on() -> None:
    assert unfit(published(posts=("manager",))) is None
    assert unfit(published(posts=("manager", "sales"))) == "uncertified"
    assert unfit(published(required_of=None)) is None
    december = published(starts_on=date(2026, 12, 1))
    assert unfit(december, day=date(2026, 12, 2)) is None, "who was there before is no newcomer"
    everyone = published(starts_on=date(2026, 12, 1), required_of="everyone")
    assert unfit(everyone) is None
    assert unfit(everyone, day=date(2026, 12, 1)) == "uncertified"
    over = published(ends_on=date(2026, 12, 1))
    assert unfit(over, day=date(2026, 12, 1)) is None


def test_a_new_version_asks_nothing_again_of_those_who_are_certified() -> None:
    assert unfit(*certified, published(2)) is None
    vera = RepHired(**NOW, rep="vera", unit=NORTH, post="sales", starts_on=TODAY)
    company = training.given(*team, vera, *certified, published(2)).company
    assert unfit_for_customers("vera", TODAY, company) == "uncertified"


def test_nobody_is_tested_or_certified_before_what_came_before() -> None:
    yesterday = TODAY - timedelta(days=1)
    back: dict[str, Any] = {"at": at(9, day=yesterday), "day": yesterday, "rep": ANNA, "programme": STEPS}
    here = anna.model_copy(update={"starts_on": yesterday})
    test = ExamineModule(**back, module="product", score_bp=8_000)
    trainee.given(here, published(), assigned).when(test).then_rejected(TrainingBeforeItsTime)
    trainee.given(here, published(), assigned, passed, passed_then).when(Certify(**back)).then_rejected(
        TrainingBeforeItsTime
    )
