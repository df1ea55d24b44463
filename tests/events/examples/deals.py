"""A customer is registered, buys, pays a part, and gets a part back; another deal is lost."""

from datetime import date

from events.deals import (
    Credit,
    Criterion,
    CustomerContacted,
    CustomerRegistered,
    DealAdvanced,
    DealAmended,
    DealLost,
    DealOpened,
    DealReassigned,
    DealRefunded,
    DealStalled,
    DealWon,
    InvoicePaid,
)
from tests.events.examples.calls import ended_example
from tests.events.examples.dates import when
from tests.events.examples.record import Example, decision

REP = "rep-009"
OTHER_REP = "rep-012"
CUSTOMER = "customer-77"
DEAL = "deal-9001"
PRODUCT = "Подписка «Касса»"
TACTIC = "входящий звонок"
PLAYBOOK = "smb"

registered = decision(
    CustomerRegistered(
        **when(9, 3),
        customer=CUSTOMER,
        rep=REP,
        segment="малый бизнес",
        territory="Москва",
        found_through="lead",
        lead="lead-501",
    ),
    f"customer/{CUSTOMER}",
    1,
    by=REP,
)


def _won(amount_minor: int, *parts: int) -> DealWon:
    return DealWon(
        **when(12, 40),
        deal=DEAL,
        customer=CUSTOMER,
        amount_minor=amount_minor,
        currency="RUB",
        credits=(
            Credit(rep=REP, share_bp=7_000, amount_minor=parts[0]),
            Credit(rep=OTHER_REP, share_bp=3_000, amount_minor=parts[1]),
        ),
        overlays=False,
        novelty="new",
        novelty_policy="no-sale-in-12-months/1",
        novelty_evidence=(registered.envelope.id,),
        product=PRODUCT,
        tactic=TACTIC,
        lead="lead-501",
        stage_left="согласование",
        days_in_stage=0,
        days_open=0,
        playbook=PLAYBOOK,
        playbook_version=3,
    )


won = decision(_won(480_000_00, 336_000_00, 144_000_00), f"deal/{DEAL}", 3, by=REP, expects={f"customer/{CUSTOMER}": 1})

EXAMPLES: tuple[Example, ...] = (
    decision(
        DealOpened(
            **when(9, 6),
            deal=DEAL,
            customer=CUSTOMER,
            rep=REP,
            lead="lead-501",
            stage="знакомство",
            amount_minor=450_000_00,
            currency="RUB",
            expected_on=date(2026, 12, 15),
            product=PRODUCT,
            tactic=TACTIC,
            playbook=PLAYBOOK,
            playbook_version=3,
        ),
        f"deal/{DEAL}",
        1,
        by=REP,
        causation=ended_example.envelope.id,
    ),
    decision(
        DealAdvanced(
            **when(11),
            deal=DEAL,
            customer=CUSTOMER,
            rep=REP,
            stage_left="знакомство",
            days_in_stage=0,
            stage="согласование",
            criteria=(Criterion(criterion="бюджет подтверждён", met=True), Criterion(criterion="demo given", met=True)),
            amount_minor=480_000_00,
            currency="RUB",
            expected_on=date(2026, 11, 30),
            product=PRODUCT,
            tactic=TACTIC,
            playbook=PLAYBOOK,
            playbook_version=3,
        ),
        f"deal/{DEAL}",
        2,
        by=REP,
    ),
    won,
    decision(
        DealLost(
            **when(15),
            deal="deal-9002",
            customer="customer-78",
            rep=OTHER_REP,
            amount_minor=1_200_00,
            currency="EUR",
            reason="price",
            competitor="in-house solution",
            remark="Вернуться через полгода.",
            product="Licence",
            tactic="cold call",
            stage_left="proposal",
            days_in_stage=19,
            days_open=40,
            playbook=PLAYBOOK,
            playbook_version=2,
        ),
        "deal/deal-9002",
        6,
        by=OTHER_REP,
    ),
    decision(
        DealAmended(
            **when(13),
            deal=DEAL,
            reason="В договоре оказалось на одну кассу меньше.",
            was=_won(480_000_00, 336_000_00, 144_000_00),
            now=_won(440_000_00, 308_000_00, 132_000_00),
        ),
        f"deal/{DEAL}",
        4,
        by="rep-001",
        expects={f"customer/{CUSTOMER}": 2},
    ),
    decision(
        DealRefunded(
            **when(14),
            deal=DEAL,
            customer=CUSTOMER,
            amount_minor=40_000_01,
            currency="RUB",
            credits=(
                Credit(rep=REP, share_bp=7_000, amount_minor=28_000_01),
                Credit(rep=OTHER_REP, share_bp=3_000, amount_minor=12_000_00),
            ),
            overlays=False,
            sale=won.envelope.id,
            novelty="new",
            product=PRODUCT,
            tactic=TACTIC,
            reason="брак",
        ),
        f"deal/{DEAL}",
        5,
        by="rep-001",
    ),
    decision(
        DealReassigned(
            **when(16),
            deal="deal-9003",
            customer="customer-79",
            previous_rep="rep-011",
            rep=REP,
            amount_minor=90_000_00,
            currency="RUB",
            stage="proposal",
            reason="The rep leaves on 1 December.",
        ),
        "deal/deal-9003",
        2,
        by="rep-001",
        expects={f"rep/{REP}": 6},
    ),
    decision(
        DealStalled(
            **when(18),
            deal="deal-0778",
            customer=CUSTOMER,
            rep=REP,
            stage="предложение",
            staged_on=date(2026, 11, 9),
            days_in_stage=15,
            rule="days-in-stage-1",
        ),
        "stall/deal-0778.2026-11-09",
        1,
        by="watch",
    ),
    decision(
        InvoicePaid(
            **when(17),
            invoice="2026-11-4471",
            payment_number=1,
            deal=DEAL,
            customer=CUSTOMER,
            amount_minor=220_000_00,
            won_minor=440_000_00,
            currency="RUB",
            credits=(
                Credit(rep=REP, share_bp=7_000, amount_minor=154_000_00),
                Credit(rep=OTHER_REP, share_bp=3_000, amount_minor=66_000_00),
                Credit(rep="rep-030", share_bp=1_000, amount_minor=22_000_00),
            ),
            overlays=True,
            sale=won.envelope.id,
            novelty="new",
            product=PRODUCT,
            tactic=TACTIC,
        ),
        f"deal/{DEAL}",
        6,
        by="accounting",
    ),
    registered,
    decision(
        CustomerContacted(
            **when(10),
            customer="customer-12",
            rep=REP,
            novelty="existing",
            channel="call",
            tactic="годовщина покупки",
            evidence=ended_example.envelope.id,
        ),
        "customer/customer-12",
        9,
        by=REP,
    ),
)
