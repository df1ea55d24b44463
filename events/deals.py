"""Deals, from the first talk to the last refund, and the customers they are made with."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from events.event import AmountMinor, BasisPoints, Count, Currency, Day, Event, EventId, Name, Ordinal, Part, Text
from events.ids import CustomerId, DealId, LeadId, RepId

Novelty = Literal["new", "existing"]
"""Whether a sale was made with a new customer or with one the company had: they may be paid at different rates."""


class Credit(Part):
    """One rep's part in a sale."""

    rep: RepId
    share_bp: BasisPoints
    """The rep's share, in hundredths of a percent."""
    amount_minor: AmountMinor
    """What counts to the rep's quota and pay."""


class Criterion(Part):
    """Whether one condition of entering a stage was met."""

    criterion: Name
    met: bool


class DealOpened(Event):
    """A rep and a customer began to talk about a sale: the pipeline has one more deal."""

    type: Literal["deal.opened"] = "deal.opened"
    version: Literal[1] = 1
    deal: DealId
    customer: CustomerId
    rep: RepId
    """Who leads the deal."""
    lead: LeadId | None = None
    """The lead that it came from."""
    stage: Name
    amount_minor: AmountMinor
    """What the sale is expected to bring."""
    currency: Currency
    expected_on: Day | None = None
    """The day on which the customer is expected to sign."""
    product: Name | None = None
    tactic: Name | None = None
    """How the customer was won for the talk."""
    playbook: Name | None = None
    playbook_version: Ordinal | None = None
    """The playbook whose stages and steps the deal follows."""


class DealAdvanced(Event):
    """A deal entered another stage of its playbook, a later or an earlier one."""

    type: Literal["deal.advanced"] = "deal.advanced"
    version: Literal[1] = 1
    deal: DealId
    customer: CustomerId
    rep: RepId
    stage_left: Name
    days_in_stage: Count
    """How many days the deal spent in the stage that it left."""
    stage: Name
    """The stage that it entered."""
    criteria: tuple[Criterion, ...] = ()
    """The conditions of entering the stage, as they stood."""
    amount_minor: AmountMinor
    currency: Currency
    expected_on: Day | None = None
    product: Name | None = None
    tactic: Name | None = None
    playbook: Name | None = None
    playbook_version: Ordinal | None = None


class DealWon(Event):
    """The customer signed: the amount leaves the pipeline and counts to quota."""

    type: Literal["deal.won"] = "deal.won"
    version: Literal[1] = 1
    deal: DealId
    customer: CustomerId
    amount_minor: AmountMinor
    currency: Currency
    credits: tuple[Credit, ...] = Field(min_length=1, max_length=50)
    """Who gets how much; sums to the amount, or over it where the plan allows overlays."""
    overlays: bool = False
    """Whether the plan credits some people on top of the whole."""
    novelty: Novelty
    """Decided at the sale: new or existing."""
    novelty_policy: Name | None = None
    """The rule by which it was decided, with its version."""
    novelty_evidence: tuple[EventId, ...] = ()
    """The events that prove it: the earlier sales to an existing customer, the registration of a new one."""
    product: Name | None = None
    tactic: Name | None = None
    """The tactic that the sale is put down to."""
    lead: LeadId | None = None
    stage_left: Name | None = None
    days_in_stage: Count | None = None
    """How many days the deal spent in its last stage."""
    days_open: Count | None = None
    """How many days passed from opening the deal to the signature."""
    playbook: Name | None = None
    playbook_version: Ordinal | None = None

    @model_validator(mode="after")
    def _credits_sum(self) -> Self:
        check_credits(self.credits, self.amount_minor, overlays=self.overlays)
        return self

    @model_validator(mode="after")
    def _existing_is_proved(self) -> Self:
        if self.novelty == "existing" and not self.novelty_evidence:
            message = "an existing customer is proved by earlier events"
            raise ValueError(message)
        return self


class DealLost(Event):
    """The customer will not buy, or the company will not sell: the amount leaves the pipeline."""

    type: Literal["deal.lost"] = "deal.lost"
    version: Literal[1] = 1
    deal: DealId
    customer: CustomerId
    rep: RepId
    amount_minor: AmountMinor
    """What the sale was expected to bring."""
    currency: Currency
    reason: Name
    """Why, as one of the company's own reasons, so that they can be counted."""
    competitor: Name | None = None
    """The company that won it instead."""
    remark: Text = ""
    product: Name | None = None
    tactic: Name | None = None
    stage_left: Name
    days_in_stage: Count
    days_open: Count | None = None
    playbook: Name | None = None
    playbook_version: Ordinal | None = None


DealTerms = Annotated[DealOpened | DealWon, Field(discriminator="type")]
"""What an amendment can change: what was expected of a deal, or what was sold."""


class DealAmended(Event):
    """The terms of a deal were changed by decision: `was` stops counting and `now` counts in its place."""

    type: Literal["deal.amended"] = "deal.amended"
    version: Literal[1] = 1
    deal: DealId
    reason: Text
    was: DealTerms
    now: DealTerms

    @model_validator(mode="after")
    def _terms_of_one_deal(self) -> Self:
        if self.was.type != self.now.type or not self.deal == self.was.deal == self.now.deal:
            message = "was and now must be terms of one kind, of the deal that is amended"
            raise ValueError(message)
        return self


class DealRefunded(Event):
    """Money went back to the customer, or need not be paid: the sale counts for less, and each rep's part with it."""

    type: Literal["deal.refunded"] = "deal.refunded"
    version: Literal[1] = 1
    deal: DealId
    customer: CustomerId
    amount_minor: AmountMinor
    """What went back; never more, over all refunds, than was won."""
    currency: Currency
    credits: tuple[Credit, ...] = Field(min_length=1, max_length=50)
    """What each rep's part is less by."""
    overlays: bool = False
    sale: EventId
    """The `deal.won` that it takes back from, whose novelty, product and tactic these are."""
    novelty: Novelty
    product: Name | None = None
    tactic: Name | None = None
    reason: Name

    @model_validator(mode="after")
    def _credits_sum(self) -> Self:
        check_credits(self.credits, self.amount_minor, overlays=self.overlays)
        return self


class DealReassigned(Event):
    """Another rep leads the deal from now on."""

    type: Literal["deal.reassigned"] = "deal.reassigned"
    version: Literal[1] = 1
    deal: DealId
    customer: CustomerId
    previous_rep: RepId
    rep: RepId
    amount_minor: AmountMinor
    currency: Currency
    stage: Name
    reason: Text


class InvoicePaid(Event):
    """The customer paid an invoice, or a part of it: what pay on cash is reckoned from."""

    type: Literal["invoice.paid"] = "invoice.paid"
    version: Literal[1] = 1
    invoice: Name
    """The number of the invoice."""
    payment_number: Ordinal
    """Which payment of this invoice it is, from 1."""
    deal: DealId
    customer: CustomerId
    amount_minor: AmountMinor
    """What was paid now."""
    won_minor: AmountMinor
    """The amount of the sale, of which this is a part."""
    currency: Currency
    credits: tuple[Credit, ...] = Field(min_length=1, max_length=50)
    """Each rep's part of this payment."""
    overlays: bool = False
    sale: EventId
    """The `deal.won` that is paid for, whose novelty, product and tactic these are."""
    novelty: Novelty
    product: Name | None = None
    tactic: Name | None = None

    @model_validator(mode="after")
    def _credits_sum(self) -> Self:
        check_credits(self.credits, self.amount_minor, overlays=self.overlays)
        return self


class CustomerRegistered(Event):
    """The company knows a customer: sales can be made to it, and somebody looks after it."""

    type: Literal["customer.registered"] = "customer.registered"
    version: Literal[1] = 1
    customer: CustomerId
    rep: RepId | None = None
    """Who looks after the customer."""
    segment: Name | None = None
    territory: Name | None = None
    found_through: Name
    """How the company came to know it: a lead, a trade event, another system."""
    lead: LeadId | None = None
    customer_since: Day | None = None
    """For one that bought before this log began: since when."""


class CustomerContacted(Event):
    """A rep was in touch with a customer: relations with those who bought already are kept, or neglected."""

    type: Literal["customer.contacted"] = "customer.contacted"
    version: Literal[1] = 1
    customer: CustomerId
    rep: RepId
    novelty: Novelty
    channel: Literal["call", "email", "message", "meeting"]
    tactic: Name | None = None
    evidence: EventId | None = None
    """The fact that shows it: the call, the e-mail, the meeting."""


class DealStalled(Event):
    """An open deal has stood in its stage for so long that somebody should look at it."""

    type: Literal["deal.stalled"] = "deal.stalled"
    version: Literal[1] = 1
    deal: DealId
    customer: CustomerId
    rep: RepId
    stage: Name
    staged_on: Day
    """The day on which it entered the stage."""
    days_in_stage: Count
    rule: Name
    """What counts as too long, with the rule's version."""


CustomerEvent = CustomerRegistered | CustomerContacted
"""What there is to say of a customer besides deals."""

OneDealEvent = (
    DealOpened | DealAdvanced | DealWon | DealLost | DealAmended | DealRefunded | DealReassigned | InvoicePaid
)
"""What happens to one deal."""

DealEvent = OneDealEvent | DealStalled | CustomerEvent


def check_credits(parts: Iterable[Credit], amount_minor: int, *, overlays: bool) -> None:
    """Make sure that the parts of a sale make up its amount, or more where overlays are allowed; raises ValueError."""
    credited = sum(part.amount_minor for part in parts)
    if credited < amount_minor or (credited > amount_minor and not overlays):
        message = "the credits must sum to the amount, or over it where overlays are allowed"
        raise ValueError(message)
