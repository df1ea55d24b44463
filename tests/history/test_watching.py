"""The reports that the watch asks for: certifications, breaches of the onboarding gate, deals that stand still."""

from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.deals import CustomerContacted, DealAdvanced, DealAmended, DealReassigned
from events.event import Event
from events.people import RepHired, RepLeft
from events.training import CertificationGranted
from projections.projection import load_projections
from services.desk.company import Company
from services.desk.leads.standing import unfit_for_customers
from services.history.archive import Archive
from services.history.report import run_report
from tests.desk.given import lost, opened
from tests.desk.test_training import published
from tests.events.examples.dates import TODAY, when
from tests.telling import ANNA, BORIS, CALLS, DECISIONS, abandoned, answered, decided, lying, raw, restated

STEPS = "first-steps"
DECEMBER = date(2026, 12, 1)


def rows(archive: Archive, name: str, **given: object) -> list[dict[str, Any]]:
    report = run_report(archive, name, {key: str(value) for key, value in given.items()})
    return [dict(zip(report.columns, row, strict=True)) for row in report.rows]


def fill(archive: Archive, *events: Event, calls: tuple[Event, ...] = ()) -> None:
    """Decisions, each in a stream of its own, and calls."""
    decisions = [decided(event, f"stream/{number}", 1) for number, event in enumerate(events)]
    archive.ingest(lying(decisions, DECISIONS))
    archive.ingest(lying([raw(event, number) for number, event in enumerate(calls, start=1)], CALLS))


def hired(rep: str = ANNA, day: date = TODAY) -> RepHired:
    return RepHired(**when(8), rep=rep, unit="north", post="sales", starts_on=day)


def granted(
    rep: str = ANNA, day: date = TODAY, expires_on: date | None = DECEMBER, programme: str = STEPS
) -> CertificationGranted:
    return CertificationGranted(
        **when(9, day=day), rep=rep, programme=programme, programme_version=1, expires_on=expires_on
    )


def test_a_certification_expires_unless_it_is_renewed(archive: Archive) -> None:
    fill(archive, hired(), hired(BORIS), granted(), granted(BORIS), granted(BORIS, expires_on=None))
    assert [(row["rep"], row["state"], row["days_left"]) for row in rows(archive, "certifications", as_of=TODAY)] == [
        (ANNA, "expiring", 7),
        (BORIS, "valid", None),
    ]
    last, over = (
        rows(archive, "certifications", as_of="2026-11-30", rep=ANNA),
        rows(archive, "certifications", as_of=DECEMBER),
    )
    assert [row["state"] for row in last] == ["expiring"]
    assert [row["state"] for row in over] == ["expired", "valid"]
    assert rows(archive, "certifications", as_of=TODAY, within=6)[0]["state"] == "valid"


def test_who_has_left_is_not_certified_any_more(archive: Archive) -> None:
    left = RepLeft(**when(9), rep=ANNA, unit="north", post="sales", ends_on=DECEMBER, initiative="rep")
    fill(archive, hired(), granted(expires_on=None), left)
    assert len(rows(archive, "certifications", as_of="2026-11-30")) == 1
    assert rows(archive, "certifications", as_of=DECEMBER) == []


def test_a_call_or_a_contact_before_the_certification_is_a_breach(archive: Archive) -> None:
    contacted = CustomerContacted(**when(10), customer="acme", rep=BORIS, novelty="new", channel="meeting")
    calls = (answered(), answered(), abandoned(rep=ANNA), answered(rep=BORIS))
    fill(archive, hired(), hired(BORIS), published(), contacted, calls=calls)
    assert rows(archive, "onboarding_breaches") == [
        {"rep": ANNA, "day": TODAY, "programmes": [STEPS], "contacts": 2},
        {"rep": BORIS, "day": TODAY, "programmes": [STEPS], "contacts": 2},
    ]
    assert rows(archive, "onboarding_breaches", day=DECEMBER) == []


def test_a_call_that_was_another_reps_is_no_breach(archive: Archive) -> None:
    was, now = answered(), answered(rep=BORIS)
    fill(archive, hired(), hired(BORIS), published(), granted(BORIS), calls=(was, restated(was, now)))
    assert rows(archive, "onboarding_breaches") == []


def test_an_amended_deal_is_stalled_by_its_new_terms(archive: Archive) -> None:
    was, now = opened("d"), opened("d", amount=700)
    fill(archive, was, DealAmended(**when(11), deal="d", reason="a mistake", was=was, now=now))
    found = rows(archive, "stalled_deals", as_of="2026-12-24")
    assert [(row["deal"], row["amount_minor"], row["staged_on"]) for row in found] == [("d", 700, TODAY)]


def test_whoever_is_certified_breaches_nothing(archive: Archive) -> None:
    fill(archive, hired(), published(), granted(), calls=(answered(),))
    assert rows(archive, "onboarding_breaches") == []


days = st.integers(20, 28).map(lambda day: date(2026, 11, day))
reps, steps = st.sampled_from((ANNA, BORIS, "vera", "gleb")), st.sampled_from((STEPS, "product", "law"))
posts = st.sampled_from(("sales", "manager"))


@st.composite
def decisions(draw: st.DrawFn) -> list[Event]:
    """Reps of two posts, programmes in several versions, and certifications in them."""
    hires = [hired(rep, draw(days)).model_copy(update={"post": draw(posts)}) for rep in (ANNA, BORIS, "vera", "gleb")]
    versions = Counter[str]()
    programmes = list[Event]()
    for programme in draw(st.lists(steps, min_size=1, max_size=6)):
        versions[programme] += 1
        start, end = draw(days), draw(st.none() | days)
        terms = {
            "programme": programme,
            "starts_on": start,
            "ends_on": end if end is None or end > start else None,
            "required_of": draw(st.sampled_from(("newcomers", "everyone", None))),
            "posts": draw(st.sampled_from(((), ("sales",), ("manager",)))),
        }
        programmes.append(published(versions[programme], **terms))
    grants = st.builds(granted, reps, days, st.none() | days, steps)
    return [*hires, *programmes, *draw(st.lists(grants, max_size=8))]


@settings(max_examples=10)
@given(told=decisions())
def test_the_report_keeps_the_gate_that_the_desk_keeps(
    tmp_path_factory: pytest.TempPathFactory, told: list[Event]
) -> None:
    company = Company()
    for place, event in enumerate(told):
        company.take(event, UUID(int=place))
    called = [(rep, date(2026, 11, day)) for rep in (ANNA, BORIS, "vera", "gleb") for day in range(19, 30)]
    with Archive(tmp_path_factory.mktemp("archive") / "history.duckdb", load_projections()) as archive:
        fill(archive, *told, calls=tuple(answered(day=day, rep=rep) for rep, day in called))
        found = {(row["rep"], row["day"]) for row in rows(archive, "onboarding_breaches")}
    kept_back = {(rep, day) for rep, day in called if unfit_for_customers(rep, day, company) == "uncertified"}
    assert found == kept_back


def test_an_open_deal_stalls_in_its_stage(archive: Archive) -> None:
    advanced = DealAdvanced(
        **when(9, day=DECEMBER),
        deal="moved",
        customer="acme",
        rep=ANNA,
        stage_left="opened",
        days_in_stage=7,
        stage="offer",
        amount_minor=900,
        currency="RUB",
    )
    handed = DealReassigned(
        **when(9, day=DECEMBER),
        deal="handed",
        customer="acme",
        previous_rep=ANNA,
        rep=BORIS,
        stage="opened",
        amount_minor=1_000,
        currency="RUB",
        reason="leave",
    )
    fill(archive, opened("moved"), opened("gone"), lost("gone"), opened("handed"), advanced, handed)
    found = rows(archive, "stalled_deals", as_of="2026-12-08")
    assert [(row["deal"], row["rep"], row["stage"], row["days_in_stage"]) for row in found] == [
        ("handed", BORIS, "opened", 14),
    ]
    later = rows(archive, "stalled_deals", as_of="2026-12-15")
    assert [(row["deal"], row["staged_on"], row["amount_minor"]) for row in later] == [
        ("handed", TODAY, 1_000),
        ("moved", DECEMBER, 900),
    ]
    assert rows(archive, "stalled_deals", as_of="2026-12-08", days=15) == []
