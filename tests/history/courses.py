"""Courses, those who are taught in them, and what they sell: what the tests of training's return are given."""

from datetime import date, timedelta
from typing import Any

from events.calls import CallEnded
from events.deals import Credit, DealLost, DealWon
from events.people import RepLeft
from events.training import CertificationGranted, ModulePassed, ProgrammePublished, SessionHeld, SkillAssessed
from tests.events.examples.dates import TODAY, when
from tests.history.organisation import NORTH, hired, organisation
from tests.telling import answered, won

REPORT = "training_return"
COURSE, TITLE = "course-1", "Objections"
GLEB = "gleb"
FIRST = date(2026, 10, 10)
"""The day on which Anna is taught, in most tests."""
BEFORE, AFTER = FIRST - timedelta(days=1), FIRST + timedelta(days=1)
STAFF = (*organisation(date(2026, 1, 1)), *(hired(rep, NORTH, date(2026, 1, 1)) for rep in (GLEB, "dina")))


def session(*attended: str, day: date = FIRST, name: str = "s1", **changes: Any) -> SessionHeld:  # noqa: ANN401  # fields
    """People who were taught together, for 300."""
    usual: dict[str, Any] = {
        "session": name,
        "title": "Talks",
        "programme": COURSE,
        "minutes": 60,
        "cost_minor": 300,
        "currency": "RUB",
    }
    return SessionHeld(**when(9, day=day), attended=attended, **usual | changes)


def published(title: str = TITLE) -> ProgrammePublished:
    told = {"programme": COURSE, "programme_version": 1, "title": title, "kind": "skills", "starts_on": "2026-01-01"}
    module = {"module": "one", "pass_bp": 8_000}
    return ProgrammePublished.model_validate({**when(5, day=date(2026, 1, 1)), **told, "modules": [module]})


def passed(rep: str, day: date) -> ModulePassed:
    told = {
        "programme": COURSE,
        "programme_version": 1,
        "module": "one",
        "attempt": 1,
        "score_bp": 9_000,
        "pass_bp": 8_000,
    }
    return ModulePassed.model_validate({**when(10, day=day), **told, "rep": rep})


def certified(rep: str, day: date) -> CertificationGranted:
    return CertificationGranted(**when(11, day=day), rep=rep, programme=COURSE, programme_version=1)


def assessed(rep: str, level_bp: int, day: date, skill: str = "talk") -> SkillAssessed:
    return SkillAssessed(**when(12, day=day), rep=rep, skill=skill, level_bp=level_bp)


def sold(amount: int, rep: str, day: date, **changes: Any) -> DealWon:  # noqa: ANN401  # fields
    return won(amount, f"{rep}-{day}", day=day, credits=whole(rep, amount), **changes)


def whole(rep: str, amount: int) -> tuple[Credit]:
    return (Credit(rep=rep, share_bp=10_000, amount_minor=amount),)


def lost(rep: str, day: date) -> DealLost:
    told = {
        "deal": "lost",
        "customer": "x",
        "amount_minor": 1,
        "currency": "RUB",
        "reason": "price",
        "stage_left": "offer",
    }
    return DealLost.model_validate({**when(14, day=day), **told, "rep": rep, "days_in_stage": 3})


def call(rep: str, day: date, talk: int) -> CallEnded:
    return answered(1, talk, rep=rep, day=day)


def left(rep: str, day: date) -> RepLeft:
    return RepLeft(**when(5), rep=rep, unit=NORTH, post="sales", ends_on=day, initiative="rep")


def last_day(rep: str = "nobody") -> DealLost:
    """Something of the last business day, so that the log has come to it."""
    return lost(rep, TODAY)
