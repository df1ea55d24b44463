"""A team in Moscow is formed, hires somebody, and keeps its staffing table."""

from datetime import date

from events.people import (
    AbsencePlanned,
    CandidateApplied,
    CandidateInterviewed,
    CandidateScreened,
    HeadcountPlanApproved,
    OfferAccepted,
    OfferDeclined,
    OfferMade,
    OneOnOneHeld,
    PlannedPost,
    PositionClosed,
    PositionFilled,
    PositionOpened,
    PositionVacated,
    PulseAnswered,
    RepAssigned,
    RepHired,
    RepLeft,
    RepPromoted,
    RequisitionOpened,
    SkillRating,
    UnitFormed,
)
from tests.events.examples.dates import when
from tests.events.examples.record import Example, decision

HEAD = "rep-001"
REP = "rep-014"
TEAM = "unit-moscow-smb"
POST = "account-manager"
SEAT = "position-31"
PLAN = "plan-2026-h2"
DECEMBER = date(2026, 12, 1)
JANUARY = date(2027, 1, 1)

EXAMPLES: tuple[Example, ...] = (
    decision(
        UnitFormed(
            **when(6),
            unit=TEAM,
            kind="team",
            title="Малый и средний бизнес, Москва",
            parent="unit-sales",
            manager=HEAD,
            starts_on=date(2026, 7, 1),
        ),
        f"unit/{TEAM}",
        1,
        by=HEAD,
        expects={"unit/unit-sales": 4},
    ),
    decision(
        RepHired(
            **when(6, 30),
            rep=REP,
            unit=TEAM,
            post=POST,
            position=SEAT,
            candidate="candidate-208",
            territories=("Москва", "Тула"),
            skills=("English", "1С"),
            starts_on=DECEMBER,
        ),
        f"rep/{REP}",
        1,
        by=HEAD,
        expects={f"unit/{TEAM}": 1, f"position/{SEAT}": 1},
    ),
    decision(
        RepAssigned(
            **when(7),
            rep=REP,
            unit="unit-moscow-key",
            post=POST,
            position="position-44",
            territories=("Москва",),
            skills=("English",),
            starts_on=JANUARY,
            ends_on=date(2027, 4, 1),
        ),
        f"rep/{REP}",
        2,
        by=HEAD,
        expects={"unit/unit-moscow-key": 2},
    ),
    decision(
        RepPromoted(
            **when(7, 10),
            rep="rep-009",
            unit=TEAM,
            previous_post=POST,
            post="team-lead",
            position="position-02",
            starts_on=DECEMBER,
        ),
        "rep/rep-009",
        5,
        by=HEAD,
    ),
    decision(
        RepLeft(
            **when(7, 20),
            rep="rep-011",
            unit=TEAM,
            post=POST,
            ends_on=DECEMBER,
            initiative="rep",
            reason="Переезд в другой город.",
        ),
        "rep/rep-011",
        3,
        by=HEAD,
    ),
    decision(
        AbsencePlanned(
            **when(8),
            absence="absence-61",
            rep="rep-009",
            kind="vacation",
            starts_on=date(2026, 12, 14),
            ends_on=date(2026, 12, 21),
            working_days=5,
        ),
        "rep/rep-009",
        6,
        by="rep-009",
    ),
    decision(
        RequisitionOpened(
            **when(6),
            requisition="requisition-17",
            unit=TEAM,
            post=POST,
            openings=2,
            plan=PLAN,
            needed_on=DECEMBER,
            skills=("English",),
        ),
        "requisition/requisition-17",
        1,
        by=HEAD,
        expects={f"headcount_plan/{PLAN}": 1},
    ),
    decision(
        CandidateApplied(
            **when(6, 5),
            candidate="candidate-208",
            requisition="requisition-17",
            found_through="рекомендация",
            recommended_by="rep-009",
        ),
        "candidate/candidate-208",
        1,
        by="recruiting",
    ),
    decision(
        CandidateScreened(
            **when(6, 10),
            candidate="candidate-208",
            requisition="requisition-17",
            outcome="advanced",
            reason="Three years of selling software.",
        ),
        "candidate/candidate-208",
        2,
        by="recruiting",
    ),
    decision(
        CandidateInterviewed(
            **when(6, 15),
            candidate="candidate-208",
            requisition="requisition-17",
            round=1,
            interviewers=(HEAD, "rep-009"),
            ratings=(SkillRating(skill="работа с возражениями", rating=4), SkillRating(skill="English", rating=3)),
            outcome="advanced",
            reason="Умеет слушать.",
        ),
        "candidate/candidate-208",
        3,
        by=HEAD,
    ),
    decision(
        OfferMade(
            **when(6, 20),
            offer="offer-90",
            candidate="candidate-208",
            requisition="requisition-17",
            unit=TEAM,
            post=POST,
            starts_on=DECEMBER,
            salary_minor=90_000_00,
            on_target_minor=180_000_00,
            currency="RUB",
            lapses_on=date(2026, 11, 28),
        ),
        "offer/offer-90",
        1,
        by=HEAD,
        expects={"candidate/candidate-208": 3},
    ),
    decision(
        OfferAccepted(
            **when(6, 25),
            offer="offer-90",
            candidate="candidate-208",
            requisition="requisition-17",
            starts_on=DECEMBER,
        ),
        "offer/offer-90",
        2,
        by="recruiting",
    ),
    decision(
        OfferDeclined(
            **when(6, 26),
            offer="offer-91",
            candidate="candidate-209",
            requisition="requisition-17",
            reason="Fixed pay is too low.",
        ),
        "offer/offer-91",
        2,
        by="recruiting",
    ),
    decision(
        PulseAnswered(
            **when(12), survey="2026-Q4", unit=TEAM, rep=None, question="На коллег можно положиться", score=9
        ),
        "pulse/2026-Q4/4f1c",
        1,
        by="survey",
    ),
    decision(
        OneOnOneHeld(
            **when(13),
            rep="rep-009",
            manager=HEAD,
            minutes=40,
            topics=("план на декабрь", "обучение"),
            agreed="Две совместные встречи с ключевыми клиентами до 10 декабря.",
            next_on=date(2026, 12, 8),
        ),
        "rep/rep-009",
        7,
        by=HEAD,
    ),
    decision(
        PositionOpened(
            **when(6),
            position=SEAT,
            unit=TEAM,
            post=POST,
            plan=PLAN,
            full_time_bp=10_000,
            cost_minor=210_000_00,
            currency="RUB",
            starts_on=date(2026, 7, 1),
        ),
        f"position/{SEAT}",
        1,
        by=HEAD,
        expects={f"headcount_plan/{PLAN}": 1},
    ),
    decision(
        PositionFilled(**when(6, 31), position=SEAT, unit=TEAM, post=POST, rep=REP, starts_on=DECEMBER),
        f"position/{SEAT}",
        2,
        by=HEAD,
        expects={f"rep/{REP}": 1},
    ),
    decision(
        PositionVacated(
            **when(7, 1), position=SEAT, unit=TEAM, post=POST, rep=REP, ends_on=JANUARY, reason="Moved to key accounts."
        ),
        f"position/{SEAT}",
        3,
        by=HEAD,
    ),
    decision(
        PositionClosed(
            **when(7, 30), position="position-12", unit=TEAM, post=POST, ends_on=JANUARY, reason="Сокращение штата."
        ),
        "position/position-12",
        4,
        by=HEAD,
    ),
    decision(
        HeadcountPlanApproved(
            **when(5),
            plan=PLAN,
            unit=TEAM,
            parent_plan="plan-2026-h2-sales",
            posts=(
                PlannedPost(post=POST, positions=8, cost_minor=10_080_000_00),
                PlannedPost(post="team-lead", positions=1, cost_minor=1_800_000_00),
            ),
            currency="RUB",
            starts_on=date(2026, 7, 1),
            ends_on=JANUARY,
        ),
        f"headcount_plan/{PLAN}",
        1,
        by=HEAD,
        expects={"headcount_plan/plan-2026-h2-sales": 1},
    ),
)
