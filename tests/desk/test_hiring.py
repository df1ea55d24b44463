"""What may be asked about requisitions, candidates and offers, and what it makes true."""

from datetime import date
from typing import Any

from events.event import Event
from events.people import (
    CandidateApplied,
    CandidateInterviewed,
    CandidateScreened,
    HeadcountPlanApproved,
    OfferAccepted,
    OfferDeclined,
    OfferMade,
    PlannedPost,
    RepHired,
    RequisitionOpened,
)
from services.desk.headcount.refusals import PlanForOtherDays, PlanOfOtherUnit, PlanUnknown, PlanUsedUp
from services.desk.hiring.decider import (
    AnswerOffer,
    Apply,
    HiringCommand,
    Interview,
    MakeOffer,
    OpenRequisition,
    Screen,
    decide,
)
from services.desk.hiring.refusals import (
    CandidateElsewhere,
    CandidateUnknown,
    OfferAnswered,
    OfferLapsed,
    OfferNotAccepted,
    OfferOfOther,
    OfferUnknown,
    RequisitionFull,
    RequisitionUnknown,
)
from services.desk.hiring.state import requisition_id
from services.desk.people.decider import HireRep, PersonCommand, rep_of
from services.desk.people.decider import decide as decide_person
from services.desk.people.refusals import RepHiredAlready, RepNotHired, UnitUnknown
from tests.desk.given import ANNA, NORTH, team
from tests.events.examples.dates import TODAY, at
from tests.scenario import Scenario

hiring = Scenario[HiringCommand](decide)
DECEMBER, JANUARY = date(2026, 12, 1), date(2027, 1, 1)
WANTED, VERA, GLEB = "requisition-1", "vera", "gleb"
NOW: dict[str, Any] = {"occurred_at": at(9), "day": TODAY}
LATER: dict[str, Any] = {"at": at(9), "day": TODAY}

wanted = RequisitionOpened(**NOW, requisition=WANTED, unit=NORTH, post="sales", openings=1)


def applied(candidate: str = VERA) -> CandidateApplied:
    return CandidateApplied(**NOW, candidate=candidate, requisition=WANTED, found_through="hh.ru")


def screened(candidate: str = VERA, outcome: Any = "advanced") -> CandidateScreened:  # noqa: ANN401  # a literal
    return CandidateScreened(**NOW, candidate=candidate, requisition=WANTED, outcome=outcome)


def met(candidate: str = VERA, number: int = 1) -> CandidateInterviewed:
    return CandidateInterviewed(
        **NOW, candidate=candidate, requisition=WANTED, round=number, interviewers=(ANNA,), outcome="advanced"
    )


def offered(candidate: str = VERA) -> OfferMade:
    return OfferMade(
        **NOW,
        offer=f"offer-{candidate}",
        candidate=candidate,
        requisition=WANTED,
        unit=NORTH,
        post="sales",
        starts_on=JANUARY,
        salary_minor=100,
        on_target_minor=150,
        currency="RUB",
        lapses_on=DECEMBER,
    )


def accepted(candidate: str = VERA) -> OfferAccepted:
    return OfferAccepted(**NOW, offer=f"offer-{candidate}", candidate=candidate, requisition=WANTED, starts_on=JANUARY)


def road(candidate: str = VERA) -> tuple[Event, ...]:
    """All that comes before an answer."""
    return (applied(candidate), screened(candidate), met(candidate), offered(candidate))


def make_offer(candidate: str = VERA) -> MakeOffer:
    terms: dict[str, Any] = {"salary_minor": 100, "on_target_minor": 150, "currency": "RUB"}
    days: dict[str, Any] = {"starts_on": JANUARY, "lapses_on": DECEMBER}
    return MakeOffer(**LATER, offer=f"offer-{candidate}", candidate=candidate, **terms, **days)


def answer(word: Any, candidate: str = VERA, day: date = TODAY) -> AnswerOffer:  # noqa: ANN401  # a literal
    return AnswerOffer(at=at(9), day=day, offer=f"offer-{candidate}", answer=word)


def test_a_unit_can_ask_for_people() -> None:
    asked = OpenRequisition(**LATER, requisition=WANTED, unit=NORTH, post="sales", openings=1)
    hiring.given(*team).when(asked).then(wanted)
    hiring.given(*team).when(asked).then_relies_on(f"unit/{NORTH}")
    hiring.given().when(asked).then_rejected(UnitUnknown)


def test_a_plan_has_room_for_so_many_in_all_requisitions() -> None:
    plan = HeadcountPlanApproved(
        **NOW,
        plan="plan-1",
        unit=NORTH,
        posts=(PlannedPost(post="sales", positions=3, cost_minor=300),),
        currency="RUB",
        starts_on=TODAY,
        ends_on=JANUARY,
    )

    def asked(openings: int, **changes: Any) -> OpenRequisition:  # noqa: ANN401  # fields
        usual: dict[str, Any] = {"requisition": WANTED, "unit": NORTH, "post": "sales", "plan": "plan-1"}
        return OpenRequisition(**LATER, openings=openings, **usual | changes)

    first = hiring.given(*team, plan).when(asked(2))
    first.then_relies_on(f"unit/{NORTH}", "headcount/plans")
    assert first.decision.stream == f"requisition/{requisition_id('plan-1', 'sales', 1)}"
    second = hiring.given(*team, plan, first.decision.event)
    assert second.when(asked(1)).decision.stream == f"requisition/{requisition_id('plan-1', 'sales', 2)}"
    second.when(asked(2)).then_rejected(PlanUsedUp)
    hiring.given(*team, plan).when(asked(1, post="driver")).then_rejected(PlanUsedUp)
    second.when(asked(1, needed_on=JANUARY)).then_rejected(PlanForOtherDays)
    late = OpenRequisition(
        at=at(9), day=JANUARY, requisition=WANTED, unit=NORTH, post="sales", plan="plan-1", openings=1
    )
    second.when(late).then_rejected(PlanForOtherDays)
    hiring.given(*team).when(asked(1)).then_rejected(PlanUnknown)
    elsewhere = plan.model_copy(update={"unit": "west"})
    hiring.given(*team, elsewhere).when(asked(1)).then_rejected(PlanOfOtherUnit)


def test_somebody_can_apply() -> None:
    apply = Apply(**LATER, candidate=VERA, requisition=WANTED, found_through="hh.ru")
    hiring.given(*team, wanted).when(apply).then(applied())
    hiring.given(*team).when(apply).then_rejected(RequisitionUnknown)
    recommended = Apply(**LATER, candidate=VERA, requisition=WANTED, found_through="friends", recommended_by=ANNA)
    hiring.given(*team, wanted).when(recommended).then_relies_on(f"rep/{ANNA}")


def test_a_candidate_goes_step_by_step() -> None:
    screen = Screen(**LATER, candidate=VERA, outcome="advanced")
    interview = Interview(**LATER, candidate=VERA, interviewers=(ANNA,), outcome="advanced")
    hiring.given(*team, wanted, applied()).when(screen).then(screened())
    hiring.given(*team, wanted, applied(), screened()).when(interview).then(met())
    hiring.given(*team, wanted, applied(), screened(), met()).when(interview).then(met(number=2))
    hiring.given(*team, wanted, applied(), screened(), met()).when(make_offer()).then(offered())
    hiring.given(*team, wanted, applied()).when(interview).then_rejected(CandidateElsewhere)
    hiring.given(*team, wanted, applied(), screened()).when(screen).then_rejected(CandidateElsewhere)
    hiring.given(*team, wanted, applied(), screened()).when(make_offer()).then_rejected(CandidateElsewhere)
    hiring.given(*team, wanted, applied(), screened(outcome="rejected")).when(interview).then_rejected(
        CandidateElsewhere
    )
    hiring.given(*team, wanted).when(screen).then_rejected(CandidateUnknown)


def test_who_interviews_works_here() -> None:
    interview = Interview(**LATER, candidate=VERA, interviewers=(ANNA, "nobody"), outcome="advanced")
    hiring.given(*team, wanted, applied(), screened()).when(interview).then_rejected(RepNotHired)


def test_all_that_is_decided_about_a_requisition_is_one_stream() -> None:
    for command in (answer("accepted"), answer("declined")):
        assert hiring.given(*team, wanted, *road()).when(command).decision.stream == f"requisition/{WANTED}"


def test_an_offer_is_answered_once_while_it_stands() -> None:
    given = hiring.given(*team, wanted, *road())
    given.when(answer("accepted")).then(accepted())
    declined = OfferDeclined(**NOW, offer="offer-vera", candidate=VERA, requisition=WANTED)
    given.when(answer("declined")).then(declined)
    given.when(answer("accepted", day=DECEMBER)).then_rejected(OfferLapsed)
    hiring.given(*team, wanted, *road(), accepted()).when(answer("declined")).then_rejected(OfferAnswered)
    hiring.given(*team, wanted, *road()).when(answer("accepted", GLEB)).then_rejected(OfferUnknown)


def test_an_opening_is_taken_once_however_many_offers_there_are() -> None:
    both = hiring.given(*team, wanted, *road(), *road(GLEB), accepted())
    both.when(answer("accepted", GLEB)).then_rejected(RequisitionFull)
    both.when(Apply(**LATER, candidate="lev", requisition=WANTED, found_through="hh.ru")).then_rejected(RequisitionFull)


def test_a_candidate_who_accepted_is_hired_once_and_for_what_was_offered() -> None:
    people = Scenario[PersonCommand](decide_person)
    hire = HireRep(**LATER, rep=rep_of(VERA), unit=NORTH, post="sales", starts_on=JANUARY, candidate=VERA)
    hired = RepHired(**NOW, rep=rep_of(VERA), unit=NORTH, post="sales", starts_on=JANUARY, candidate=VERA)
    people.given(*team, wanted, *road(), accepted()).when(hire).then(hired)
    relies_on = (f"unit/{NORTH}", f"requisition/{WANTED}")
    people.given(*team, wanted, *road(), accepted()).when(hire).then_relies_on(*relies_on)
    people.given(*team, wanted, *road()).when(hire).then_rejected(OfferNotAccepted)
    other = HireRep(**LATER, rep=rep_of(VERA), unit=NORTH, post="driver", starts_on=JANUARY, candidate=VERA)
    people.given(*team, wanted, *road(), accepted()).when(other).then_rejected(OfferOfOther)
    people.given(*team, wanted, *road(), accepted(), hired).when(hire).then_rejected(RepHiredAlready)
