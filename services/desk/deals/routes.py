"""Deals over HTTP."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Response
from pydantic import Field, model_validator

from events.deals import Credit, Criterion
from events.event import AmountMinor, Currency, Day, Name, Ordinal, Text
from events.ids import CustomerId, LeadId, RepId
from events.money import Money
from services.desk.asking import AnyAsk, AnyDesk, shown
from services.desk.bodies import STRICT, Body, body_of
from services.desk.deals.decider import (
    WHOLE_BP,
    AdvanceDeal,
    LoseDeal,
    OpenDeal,
    ReassignDeal,
    WinDeal,
    decide,
)
from services.desk.deals.state import Deal, Lost, Open, Unopened, Won
from services.desk.deciding import stream
from services.desk.describing import AN_ID, decision, list_of, reading
from services.desk.listing import AnyListing, Filter, has
from services.runtime.auth.guard import AnyPermit
from services.runtime.plain_route import PlainRoute

router = APIRouter(prefix="/v1", route_class=PlainRoute)
FIRST_STAGE = "opened"
_WON = {"amount_minor": 24_000_000}
_OPENED = {"customer": "acme", "rep": AN_ID, "amount_minor": 25_000_000, "currency": "RUB"}
Shares = Annotated[dict[RepId, Annotated[int, Field(ge=1, le=WHOLE_BP)]], Field(min_length=1, max_length=50)]


def check_whole(shares: Mapping[RepId, int] | None, *, overlays: bool) -> None:
    """Make sure that the parts of a sale make up the whole, or more with overlays; raises ValueError."""
    whole = WHOLE_BP if shares is None else sum(shares.values())
    if whole < WHOLE_BP or (whole > WHOLE_BP and not overlays):
        message = f"shares must be {WHOLE_BP} in all, and are {whole}"
        raise ValueError(message)


class OpenBody(Body):
    """A deal to be opened."""

    customer: CustomerId
    rep: RepId
    """Who leads the deal."""
    amount_minor: AmountMinor
    """What the sale is expected to bring, in minor units of the currency."""
    currency: Currency
    stage: Name = FIRST_STAGE
    lead: LeadId | None = None
    expected_on: Day | None = None
    """The day on which the customer is expected to sign."""
    product: Name | None = None
    tactic: Name | None = None
    playbook: Name | None = None
    playbook_version: Ordinal | None = None


class CriterionBody(Criterion):
    """Whether one condition of entering a stage was met."""

    model_config = STRICT


class AdvanceBody(Body):
    """The stage that a deal enters."""

    stage: Name
    criteria: Annotated[tuple[CriterionBody, ...], Field(max_length=50)] = ()
    """The conditions of entering it, as they stand: one that is not met is in the way."""
    amount_minor: AmountMinor | None = None
    """What the sale is expected to bring, where that has changed."""
    expected_on: Day | None = None


class ReassignBody(Body):
    """Who leads a deal from now on."""

    rep: RepId
    reason: Text = ""


class WinBody(Body):
    """A sale to be recorded."""

    shares: Shares | None = None
    """Each rep's part in hundredths of a percent, 10,000 in all; the whole is the leading rep's, when left out."""
    overlays: bool = False
    """Whether some are credited on top of the whole, where the company allows it: parts are then over 10,000 in all."""
    amount_minor: AmountMinor | None = None
    """What was sold, where it is not what was expected."""
    currency: Currency | None = None
    """The deal's own currency, for whoever wants to be sure."""

    @model_validator(mode="after")
    def _shares_make_up_the_whole(self) -> Self:
        check_whole(self.shares, overlays=self.overlays)
        return self


class LoseBody(Body):
    """A deal that came to nothing."""

    reason: Name
    """Why, as one of the company's own reasons."""
    competitor: Name | None = None
    remark: Text = ""


@router.post("/deals", **decision(OpenBody, "deals.open", makes="deal", example=_OPENED))
async def open_deal(ask: AnyAsk, body: Annotated[OpenBody, Depends(body_of(OpenBody))]) -> Response:
    """Open a deal."""
    ask.desk.accept(body.currency)
    command = OpenDeal(
        **ask.when(body),
        customer=body.customer,
        rep=body.rep,
        amount=Money(body.amount_minor, body.currency),
        stage=body.stage,
        lead=body.lead,
        expected_on=body.expected_on,
        product=body.product,
        tactic=body.tactic,
        playbook=body.playbook,
        playbook_version=body.playbook_version,
    )
    in_turn = f"deals of {body.customer}"
    leads = stream("rep", body.rep)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=in_turn, thing=leads)


@router.post(
    "/deals/{deal}/advance",
    **decision(
        AdvanceBody,
        "deals.advance",
        makes="deal",
        example={"stage": "offer", "criteria": [{"criterion": "the budget is known", "met": True}]},
    ),
)
async def advance_deal(deal: str, ask: AnyAsk, body: Annotated[AdvanceBody, Depends(body_of(AdvanceBody))]) -> Response:
    """Let a deal enter another stage."""
    command = AdvanceDeal(
        **ask.when(body),
        deal=deal,
        stage=body.stage,
        criteria=body.criteria,
        amount_minor=body.amount_minor,
        expected_on=body.expected_on,
    )
    about = stream("deal", deal)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about, about=about)


@router.post(
    "/deals/{deal}/reassign",
    **decision(ReassignBody, "deals.reassign", makes="deal", example={"rep": AN_ID, "reason": "parental leave"}),
)
async def reassign_deal(
    deal: str, ask: AnyAsk, body: Annotated[ReassignBody, Depends(body_of(ReassignBody))]
) -> Response:
    """Let another rep lead a deal."""
    command = ReassignDeal(**ask.when(body), deal=deal, rep=body.rep, reason=body.reason)
    about = stream("deal", deal)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about, about=about)


@router.post("/deals/{deal}/win", **decision(WinBody, "deals.close", makes="deal", example=_WON))
async def win_deal(deal: str, ask: AnyAsk, body: Annotated[WinBody, Depends(body_of(WinBody))]) -> Response:
    """Win a deal."""
    if body.overlays:
        ask.desk.allow_overlays()
    command = WinDeal(
        **ask.when(body),
        deal=deal,
        shares=body.shares,
        overlays=body.overlays,
        amount_minor=body.amount_minor,
        currency=body.currency,
    )
    about = stream("deal", deal)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about, about=about)


@router.post("/deals/{deal}/lose", **decision(LoseBody, "deals.close", makes="deal", example={"reason": "price"}))
async def lose_deal(deal: str, ask: AnyAsk, body: Annotated[LoseBody, Depends(body_of(LoseBody))]) -> Response:
    """Lose a deal."""
    command = LoseDeal(**ask.when(body), deal=deal, reason=body.reason, competitor=body.competitor, remark=body.remark)
    about = stream("deal", deal)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about, about=about)


@router.get("/deals", **list_of("deals.read", "deal"))
async def list_deals(
    page: AnyListing,
    rep: Filter = None,
    customer: Filter = None,
    state: Literal["open", "won", "lost"] | None = None,
) -> Response:
    """The deals, the oldest first."""
    matches = has(customer=customer, state=state)
    deals = page.desk.log.fold.company.deals.deals
    return page.answer("deal", deals, _deal, lambda shown: matches(shown) and (rep is None or rep in _sellers(shown)))


@router.get("/deals/{deal}", **reading("deals.read", "deal"))
async def get_deal(deal: str, desk: AnyDesk, permit: AnyPermit) -> Response:
    """A deal."""
    return shown(desk, permit, stream("deal", deal), _deal(desk.log.fold.company.deals.deal(deal)))


def _deal(deal: Deal) -> dict[str, object] | None:
    match deal:
        case Unopened():
            return None
        case Open(customer=customer, rep=rep, stage=stage):
            talked_about = {"state": "open", "customer": customer, "rep": rep, "stage": stage}
            return talked_about | _amount(deal.amount) | {"opened_at": deal.opened_at, "opened_on": deal.opened_on}
        case Won(customer=customer, rep=rep, novelty=novelty):
            sold = {"state": "won", "customer": customer, "rep": rep, "novelty": novelty, "won_at": deal.won_at}
            since = {"refunded_minor": deal.refunded.minor, "paid_minor": deal.paid.minor}
            since |= {"to_pay_minor": deal.to_pay.minor}
            return sold | _amount(deal.amount) | since | {"credits": [_credit(part) for part in deal.left]}
        case Lost(customer=customer, reason=reason, rep=rep):
            return {"state": "lost", "customer": customer, "rep": rep, "reason": reason}


def _sellers(shown: Mapping[str, object]) -> set[object]:
    """Who leads a deal, or has a part in it."""
    credits_ = shown.get("credits", [])
    assert isinstance(credits_, list)  # noqa: S101  # as `_deal` makes it
    return {shown.get("rep"), *(part["rep"] for part in credits_)}


def _amount(amount: Money) -> dict[str, object]:
    return {"amount_minor": amount.minor, "currency": amount.currency}


def _credit(part: Credit) -> dict[str, object]:
    """What is left of a rep's part in the sale."""
    return {"rep": part.rep, "share_bp": part.share_bp, "amount_minor": part.amount_minor}
