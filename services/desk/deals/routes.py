"""Deals over HTTP."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Response
from pydantic import Field, model_validator

from events.deals import Credit
from events.event import AmountMinor, Currency, Day, Name, Ordinal, Text
from events.ids import CustomerId, LeadId, RepId
from events.money import Money
from services.desk.asking import AnyAsk, AnyDesk, shown
from services.desk.bodies import Body, body_of
from services.desk.deals.decider import WHOLE_BP, LoseDeal, OpenDeal, RefundDeal, WinDeal, decide
from services.desk.deals.state import Deal, Lost, Open, Unopened, Won
from services.desk.deciding import stream
from services.desk.describing import decision, list_of, reading
from services.desk.listing import AnyListing, Filter, has
from services.runtime.auth.guard import AnyPermit

router = APIRouter(prefix="/v1")
FIRST_STAGE = "opened"
_WON = {"amount_minor": 24_000_000}
_OPENED = {
    "customer": "acme",
    "rep": "5d0c1b0e-7a52-5e0c-9d6c-0b8a4d5f1c22",
    "amount_minor": 25_000_000,
    "currency": "RUB",
}
Shares = Annotated[dict[RepId, Annotated[int, Field(ge=1, le=WHOLE_BP)]], Field(min_length=1, max_length=50)]


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


class WinBody(Body):
    """A sale to be recorded."""

    shares: Shares | None = None
    """Each rep's part in hundredths of a percent, 10,000 in all; the whole is the leading rep's, when left out."""
    amount_minor: AmountMinor | None = None
    """What was sold, where it is not what was expected."""
    currency: Currency | None = None
    """The deal's own currency, for whoever wants to be sure."""

    @model_validator(mode="after")
    def _shares_make_up_the_whole(self) -> Self:
        if self.shares is not None and sum(self.shares.values()) != WHOLE_BP:
            message = f"shares must be {WHOLE_BP} in all, and are {sum(self.shares.values())}"
            raise ValueError(message)
        return self


class LoseBody(Body):
    """A deal that came to nothing."""

    reason: Name
    """Why, as one of the company's own reasons."""
    competitor: Name | None = None
    remark: Text = ""


class RefundBody(Body):
    """Money to go back to the customer."""

    amount_minor: Annotated[AmountMinor, Field(ge=1)]
    currency: Currency | None = None
    """The deal's own currency, for whoever wants to be sure."""
    reason: Name = "refund"


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
    return await ask.answer(
        ask.command(body), partial(decide, command), in_turn=in_turn, day=command.day, thing=stream("rep", body.rep)
    )


@router.post("/deals/{deal}/win", **decision(WinBody, "deals.close", makes="deal", example=_WON))
async def win_deal(deal: str, ask: AnyAsk, body: Annotated[WinBody, Depends(body_of(WinBody))]) -> Response:
    """Win a deal."""
    command = WinDeal(
        **ask.when(body), deal=deal, shares=body.shares, amount_minor=body.amount_minor, currency=body.currency
    )
    about = stream("deal", deal)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about, about=about, day=command.day)


@router.post("/deals/{deal}/lose", **decision(LoseBody, "deals.close", makes="deal", example={"reason": "price"}))
async def lose_deal(deal: str, ask: AnyAsk, body: Annotated[LoseBody, Depends(body_of(LoseBody))]) -> Response:
    """Lose a deal."""
    command = LoseDeal(**ask.when(body), deal=deal, reason=body.reason, competitor=body.competitor, remark=body.remark)
    about = stream("deal", deal)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about, about=about, day=command.day)


@router.post(
    "/deals/{deal}/refund",
    **decision(RefundBody, "deals.refund", makes="deal", example={"amount_minor": 1_000_000, "reason": "fewer seats"}),
)
async def refund_deal(deal: str, ask: AnyAsk, body: Annotated[RefundBody, Depends(body_of(RefundBody))]) -> Response:
    """Give money back."""
    command = RefundDeal(
        **ask.when(body), deal=deal, amount_minor=body.amount_minor, currency=body.currency, reason=body.reason
    )
    about = stream("deal", deal)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about, about=about, day=command.day)


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
        case Won(customer=customer, novelty=novelty):
            sold = {"state": "won", "customer": customer, "novelty": novelty, "won_at": deal.won_at}
            left = {"refunded_minor": deal.refunded.minor, "credits": [_credit(part) for part in deal.left]}
            return sold | _amount(deal.amount) | left
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
