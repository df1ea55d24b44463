"""A new rep learns the trade, is certified, and goes on learning."""

from datetime import date

from events.training import (
    CertificationExpired,
    CertificationGranted,
    CoachingHeld,
    DevelopmentPlanAgreed,
    DevelopmentStep,
    Module,
    ModuleFailed,
    ModulePassed,
    OnboardingBreached,
    ProgrammePublished,
    SessionHeld,
    SkillAssessed,
    TrainingAssigned,
)
from tests.events.examples.dates import when
from tests.events.examples.record import Example, decision

HEAD = "rep-001"
REP = "rep-014"
PROGRAMME = "programme-first-steps"
TRAINEE = f"trainee/{REP}"

EXAMPLES: tuple[Example, ...] = (
    decision(
        ProgrammePublished(
            **when(6),
            programme=PROGRAMME,
            programme_version=2,
            title="Первые шаги",
            kind="onboarding",
            modules=(Module(module="продукт", pass_bp=8_000), Module(module="возражения", pass_bp=7_000)),
            posts=("account-manager",),
            required_of="newcomers",
            valid_days=365,
            starts_on=date(2026, 12, 1),
        ),
        "training/programmes",
        4,
        by=HEAD,
    ),
    decision(
        TrainingAssigned(**when(6, 5), rep=REP, programme=PROGRAMME, programme_version=1, due_on=date(2026, 12, 14)),
        TRAINEE,
        1,
        by=HEAD,
        expects={f"rep/{REP}": 1, "training/programmes": 4},
    ),
    decision(
        ModuleFailed(
            **when(9),
            rep=REP,
            programme=PROGRAMME,
            programme_version=1,
            module="возражения",
            attempt=1,
            score_bp=6_500,
            pass_bp=7_000,
        ),
        TRAINEE,
        2,
        by=HEAD,
    ),
    decision(
        ModulePassed(
            **when(12),
            rep=REP,
            programme=PROGRAMME,
            programme_version=1,
            module="возражения",
            attempt=2,
            score_bp=8_200,
            pass_bp=7_000,
        ),
        TRAINEE,
        3,
        by=HEAD,
    ),
    decision(
        SessionHeld(
            **when(10),
            session="session-77",
            title="Разбор звонков",
            programme=PROGRAMME,
            trainer=HEAD,
            attended=(REP, "rep-015"),
            missed=("rep-016",),
            minutes=90,
            cost_minor=1_500_000,
            currency="RUB",
        ),
        "session/session-77",
        1,
        by=HEAD,
        expects={"rep/rep-001": 1, f"rep/{REP}": 1, "rep/rep-015": 2, "rep/rep-016": 1},
    ),
    decision(
        CertificationGranted(
            **when(13),
            rep=REP,
            programme=PROGRAMME,
            programme_version=1,
            expires_on=date(2027, 11, 24),
        ),
        TRAINEE,
        4,
        by=HEAD,
        expects={f"rep/{REP}": 1},
    ),
    decision(
        CertificationExpired(
            **when(0, day=date(2027, 11, 24)),
            rep=REP,
            programme=PROGRAMME,
            programme_version=1,
            expires_on=date(2027, 11, 24),
        ),
        f"certification/{REP}.{PROGRAMME}.2027-11-24",
        1,
        by="watch",
    ),
    decision(
        OnboardingBreached(
            **when(17), rep="rep-016", breached_on=date(2026, 11, 24), programmes=(PROGRAMME,), contacts=3
        ),
        "onboarding/rep-016.2026-11-24",
        1,
        by="watch",
    ),
    decision(
        SkillAssessed(**when(14), rep=REP, skill="English", level_bp=6_000, assessed_by=HEAD),
        TRAINEE,
        5,
        by=HEAD,
        expects={f"rep/{REP}": 1},
    ),
    decision(
        DevelopmentPlanAgreed(
            **when(15),
            rep=REP,
            agreed_with=HEAD,
            steps=(DevelopmentStep(skill="English", level_bp=8_000, due_on=date(2027, 3, 1)),),
            review_on=date(2027, 2, 1),
        ),
        TRAINEE,
        6,
        by=HEAD,
        expects={f"rep/{REP}": 1},
    ),
    decision(
        CoachingHeld(**when(16), rep=REP, coach=HEAD, topic="работа с возражениями", minutes=45),
        TRAINEE,
        7,
        by=HEAD,
        expects={f"rep/{REP}": 1},
    ),
)
