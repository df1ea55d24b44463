"""The report on fairness holds what each got of a pool against the weights, as a person does with fractions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.leads import LeadAccepted, LeadAssigned, LeadCandidate, LeadReassigned, LeadReturned, Unfit
from services.history.archive import Archive
from tests.events.examples.dates import TODAY, at
from tests.history.asking import ask, columns, decide, declared, empty_archive, refusal, words
from tests.telling import ANNA, BORIS

REPORT = "lead_fairness"
VERA = "vera"
SITE, FAIR = "site", "fair"
WEIGHTS = {ANNA: 2, BORIS: 1, VERA: 1}
SKIPS: tuple[Unfit | None, ...] = (
    None,
    "inactive",
    "absent",
    "uncertified",
    "territory",
    "skill",
    "returned",
    "full_hour",
    "full_day",
)


def given_to(
    rep: str,
    skipped: Mapping[str, Unfit | None] | None = None,
    weights: Mapping[str, int] | None = None,
    pool: str = SITE,
    day: date = TODAY,
) -> LeadAssigned:
    """A lead that the distributor gave out."""
    candidates = tuple(
        LeadCandidate(rep=each, weight=weight, load=0, balance=0, skipped=(skipped or {}).get(each))
        for each, weight in (weights or WEIGHTS).items()
    )
    return LeadAssigned(
        occurred_at=at(9),
        day=day,
        lead="x",
        pool=pool,
        rep=rep,
        given=1,
        policy="smooth_weighted",
        candidates=candidates,
        waited_seconds=1,
    )


def by_name(rep: str) -> LeadReassigned:
    return LeadReassigned(occurred_at=at(10), day=TODAY, lead="x", pool=SITE, rep=rep, given=2)


def accepted(rep: str) -> LeadAccepted:
    return LeadAccepted(occurred_at=at(10), day=TODAY, lead="x", pool=SITE, rep=rep)


def returned(rep: str) -> LeadReturned:
    return LeadReturned(occurred_at=at(11), day=TODAY, lead="x", pool=SITE, rep=rep, reason="other product")


def test_every_number_of_a_member(archive: Archive) -> None:
    absent = given_to(ANNA, {BORIS: "absent"})
    decide(archive, given_to(ANNA), absent, absent, given_to(VERA), accepted(ANNA), returned(ANNA), by_name(ANNA))
    anna, boris, vera = ask(archive, REPORT)
    assert anna == {
        "pool": SITE,
        "rep": ANNA,
        "weight": 2,
        "considered": 4,
        "skipped_away": 0,
        "skipped_unfit": 0,
        "skipped_full": 0,
        "skipped_returned": 0,
        "given": 3,
        "due": Decimal("2.33"),
        "deviation": Decimal("0.67"),
        "largest": True,
        "share": Decimal("75.00"),
        "due_share": Decimal("58.33"),
        "by_name": 1,
        "accepted": 1,
        "returned": 1,
    }
    assert (boris["skipped_away"], boris["due"], boris["deviation"]) == (2, Decimal("0.50"), Decimal("-0.50"))
    assert (vera["given"], vera["deviation"], vera["largest"]) == (1, Decimal("-0.17"), False)


def test_an_empty_archive_has_no_rows_but_all_columns(archive: Archive) -> None:
    assert ask(archive, REPORT) == []
    assert columns(archive, REPORT) == declared(REPORT)


def test_where_all_got_what_they_are_due_nobody_stands_out(archive: Archive) -> None:
    decide(archive, *(given_to(rep, weights={ANNA: 1, BORIS: 1, VERA: 1}) for rep in WEIGHTS))
    rows = ask(archive, REPORT)
    assert [row["deviation"] for row in rows] == [Decimal("0.00")] * 3
    assert not any(row["largest"] for row in rows)


def test_who_got_leads_by_name_alone_has_no_weight(archive: Archive) -> None:
    decide(archive, by_name(BORIS))
    [row] = ask(archive, REPORT)
    assert (row["by_name"], row["weight"], row["given"], row["share"]) == (1, None, 0, None)


def test_pools_days_and_reps_can_be_chosen(archive: Archive) -> None:
    decide(archive, given_to(ANNA, pool=FAIR), given_to(ANNA, day=date(2026, 11, 2)), given_to(BORIS))
    assert [row["pool"] for row in ask(archive, REPORT, rep=ANNA)] == [FAIR, SITE]
    [site] = ask(archive, REPORT, rep=ANNA, pool=SITE, to="2026-11-03")
    assert (site["considered"], site["share"]) == (1, Decimal("100.00"))
    [later] = ask(archive, REPORT, rep=ANNA, pool=SITE, **{"from": "2026-11-03"})
    assert (later["given"], later["share"], later["due_share"]) == (0, Decimal("0.00"), Decimal("50.00"))


@pytest.mark.parametrize(("name", "value"), [("from", "soon"), ("to", "soon"), ("policy", "round_robin")])
def test_what_cannot_be_asked_is_refused_by_name(archive: Archive, name: str, value: str) -> None:
    assert name in words(refusal(archive, REPORT, **{name: value}))


@st.composite
def assignments(draw: st.DrawFn) -> LeadAssigned:
    """Draw a lead of some pool, taken by one of those who could."""
    weights = {rep: draw(st.integers(1, 7)) for rep in WEIGHTS}
    taker = draw(st.sampled_from([*WEIGHTS]))
    skipped: dict[str, Unfit | None] = {rep: draw(st.sampled_from(SKIPS)) for rep in WEIGHTS if rep != taker}
    return given_to(taker, skipped, weights, draw(st.sampled_from([SITE, FAIR])))


def due(assignments: Sequence[LeadAssigned], rep: str) -> Fraction:
    """Add up the parts that somebody is due, exactly."""
    parts = Fraction(0)
    for each in assignments:
        able = {candidate.rep: candidate.weight for candidate in each.candidates if candidate.skipped is None}
        parts += Fraction(able.get(rep, 0), sum(able.values()))
    return parts


def near(shown: Decimal | None, exact: Fraction) -> bool:
    """Whether a number with two places is an exact one, but for the parts of a billionth."""
    return shown is not None and abs(Fraction(shown) - exact) <= Fraction(5_001, 1_000_000)


@settings(deadline=None, max_examples=8)
@given(st.lists(assignments(), max_size=40))
def test_what_is_due_is_what_a_person_reckons(drawn: list[LeadAssigned]) -> None:
    with empty_archive() as archive:
        decide(archive, *drawn)
        rows = ask(archive, REPORT)
    pools = sorted({each.pool for each in drawn})
    assert [(row["pool"], row["rep"]) for row in rows] == [(pool, rep) for pool in pools for rep in sorted(WEIGHTS)]
    for row in rows:
        those = [each for each in drawn if each.pool == row["pool"]]
        got = Counter(each.rep for each in those)
        exact = {rep: due(those, rep) for rep in WEIGHTS}
        skips = Counter(each.skipped for one in those for each in one.candidates if each.rep == row["rep"])
        assert (row["given"], row["considered"]) == (got[row["rep"]], len(those))
        assert row["skipped_away"] == skips["inactive"] + skips["absent"]
        assert row["skipped_unfit"] == skips["uncertified"] + skips["territory"] + skips["skill"]
        assert (row["skipped_full"], row["skipped_returned"]) == (
            skips["full_hour"] + skips["full_day"],
            skips["returned"],
        )
        assert near(row["due"], exact[row["rep"]])
        assert near(row["deviation"], got[row["rep"]] - exact[row["rep"]])
        assert near(row["due_share"], 100 * exact[row["rep"]] / len(those))
        widest = max(abs(got[rep] - exact[rep]) for rep in WEIGHTS)
        if row["largest"]:
            assert widest - abs(got[row["rep"]] - exact[row["rep"]]) < Fraction(1, 1_000_000)
    deviations = [sum((row["deviation"] for row in rows if row["pool"] == pool), Decimal(0)) for pool in pools]
    assert all(abs(total) <= Decimal("0.02") for total in deviations), "what one has too many, others lack"
