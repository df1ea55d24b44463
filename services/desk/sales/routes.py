"""Other terms of deals, and payments, over HTTP."""

from functools import partial
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Response
from pydantic import Field, model_validator

from events.event import AmountMinor, Currency, Name, Text
from services.desk.asking import AnyAsk, Ask
from services.desk.bodies import Body, body_of
from services.desk.deals.routes import Shares, check_whole
from services.desk.deciding import stream
from services.desk.describing import decision
from services.desk.sales.decider import AmendDeal, PayInvoice, RefundDeal, SaleCommand, decide
from services.runtime.plain_route import PlainRoute

router = APIRouter(prefix="/v1", route_class=PlainRoute)


class AmendBody(Body):
    """What is to hold instead, as if it always had; what is left out stays."""

    amount_minor: AmountMinor | None = None
    """What the sale is expected to bring, or brought."""
    shares: Shares | None = None
    """Of a sale: each rep's part in hundredths of a percent."""
    product: Name | None = None
    tactic: Name | None = None
    reason: Annotated[Text, Field(min_length=1)]

    @model_validator(mode="after")
    def _shares_make_up_the_whole(self) -> Self:
        check_whole(self.shares, overlays=False)
        return self


class RefundBody(Body):
    """Money to go back to the customer."""

    amount_minor: Annotated[AmountMinor, Field(ge=1)]
    currency: Currency | None = None
    """The deal's own currency, for whoever wants to be sure."""
    reason: Name = "refund"


class PaymentBody(Body):
    """A payment on an invoice."""

    invoice: Name
    """The number of the invoice."""
    amount_minor: Annotated[AmountMinor, Field(ge=1)]
    currency: Currency | None = None
    """The deal's own currency, for whoever wants to be sure."""


@router.post(
    "/deals/{deal}/amend",
    **decision(
        AmendBody,
        "deals.amend",
        makes="deal",
        example={"amount_minor": 24_000_000, "reason": "a mistake in the contract"},
    ),
)
async def amend_deal(deal: str, ask: AnyAsk, body: Annotated[AmendBody, Depends(body_of(AmendBody))]) -> Response:
    """Let other terms of a deal hold."""
    command = AmendDeal(
        **ask.when(body),
        deal=deal,
        amount_minor=body.amount_minor,
        shares=body.shares,
        product=body.product,
        tactic=body.tactic,
        reason=body.reason,
    )
    return await _answer(ask, body, command)


@router.post(
    "/deals/{deal}/payments",
    **decision(PaymentBody, "deals.pay", makes="deal", example={"invoice": "A-17", "amount_minor": 10_000_000}),
)
async def pay_invoice(deal: str, ask: AnyAsk, body: Annotated[PaymentBody, Depends(body_of(PaymentBody))]) -> Response:
    """Record that the customer paid an invoice, or a part of it."""
    command = PayInvoice(
        **ask.when(body), deal=deal, invoice=body.invoice, amount_minor=body.amount_minor, currency=body.currency
    )
    return await _answer(ask, body, command)


@router.post(
    "/deals/{deal}/refund",
    **decision(RefundBody, "deals.refund", makes="deal", example={"amount_minor": 500_000, "reason": "returned goods"}),
)
async def refund_deal(deal: str, ask: AnyAsk, body: Annotated[RefundBody, Depends(body_of(RefundBody))]) -> Response:
    """Give money back."""
    command = RefundDeal(
        **ask.when(body), deal=deal, amount_minor=body.amount_minor, currency=body.currency, reason=body.reason
    )
    return await _answer(ask, body, command)


async def _answer(ask: Ask, body: Body, command: SaleCommand) -> Response:
    about = stream("deal", command.deal)
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=about, about=about)
