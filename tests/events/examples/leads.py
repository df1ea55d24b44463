"""Somebody leaves a number on the site; the pool gives the lead to one rep, a manager to another."""

from events.leads import (
    LeadAccepted,
    LeadAssigned,
    LeadCandidate,
    LeadDisqualified,
    LeadMatched,
    LeadPoolDefined,
    LeadQualified,
    LeadReassigned,
    LeadReceived,
    LeadReturned,
    PoolMember,
)
from tests.events.examples.dates import when
from tests.events.examples.record import Example, decision

HEAD = "rep-001"
REP, OTHER, AWAY = "rep-014", "rep-015", "rep-016"
LEAD = "lead-901"
PERSON = "person-5d1f"
POOL = "pool-site"
POOL_STREAM = f"lead_pool/{POOL}"

EXAMPLES: tuple[Example, ...] = (
    decision(
        LeadPoolDefined(
            **when(6),
            pool=POOL,
            title="Заявки с сайта",
            unit="unit-moscow-smb",
            policy="smooth_weighted",
            members=(PoolMember(rep=REP, weight=2), PoolMember(rep=OTHER), PoolMember(rep=AWAY)),
            per_hour=6,
            per_day=30,
        ),
        POOL_STREAM,
        1,
        by=HEAD,
        expects={"unit/unit-moscow-smb": 1},
    ),
    decision(
        LeadReceived(
            **when(9),
            lead=LEAD,
            person=PERSON,
            number=1,
            pool=POOL,
            found_through="форма на сайте",
            campaign="осень-2026",
            product="crm",
            territory="Москва",
            skills=("English",),
        ),
        f"lead/{LEAD}",
        1,
        by="site",
    ),
    decision(
        LeadMatched(**when(9, 2), lead=LEAD, person=PERSON, rule="open-or-30-days-1", found_through="звонок"),
        f"lead/{LEAD}",
        2,
        by="site",
    ),
    decision(
        LeadAssigned(
            **when(9, 0, 1),
            lead=LEAD,
            pool=POOL,
            rep=REP,
            given=1,
            policy="smooth_weighted",
            candidates=(
                LeadCandidate(rep=REP, weight=2, load=0, balance=-1),
                LeadCandidate(rep=OTHER, weight=1, load=1, balance=1),
                LeadCandidate(rep=AWAY, weight=1, load=0, balance=0, skipped="absent"),
            ),
            waited_seconds=1,
        ),
        POOL_STREAM,
        2,
        by="site",
        expects={f"rep/{REP}": 1, f"trainee/{REP}": 4, "training/programmes": 4},
    ),
    decision(
        LeadAccepted(**when(9, 5), lead=LEAD, pool=POOL, rep=REP),
        POOL_STREAM,
        3,
        by=REP,
    ),
    decision(
        LeadReturned(**when(9, 30), lead=LEAD, pool=POOL, rep=REP, reason="не мой продукт"),
        POOL_STREAM,
        4,
        by=REP,
    ),
    decision(
        LeadReassigned(**when(10), lead=LEAD, pool=POOL, rep=OTHER, given=2, reason="говорит по-английски"),
        POOL_STREAM,
        5,
        by=HEAD,
        expects={f"rep/{OTHER}": 2, f"trainee/{OTHER}": 3, "training/programmes": 4},
    ),
    decision(
        LeadQualified(**when(12), lead=LEAD, pool=POOL, rep=OTHER, customer="customer-77"),
        POOL_STREAM,
        6,
        by=OTHER,
    ),
    decision(
        LeadDisqualified(**when(13), lead="lead-902", pool=POOL, reason="не туда"),
        POOL_STREAM,
        7,
        by=HEAD,
    ),
)
