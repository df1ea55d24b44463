"""The funnel follows each deal through the stages of its playbook, as a person does who reads its history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.deals import DealAdvanced, DealAmended, DealLost, DealOpened
from events.event import Event
from services.history.archive import Archive
from tests.events.examples.dates import TODAY, at
from tests.history.asking import Row, ask, columns, decide, declared, empty_archive, refusal, words
from tests.telling import ANNA, BORIS, won

REPORT = "funnel"
TALK, DEMO, OFFER = "talk", "demo", "offer"
STAGES = (TALK, DEMO, OFFER)


@dataclass(frozen=True)
class Path:
    """The way of a deal: the stages that it entered, how long it was in each, and how it ended."""

    stages: tuple[str, ...]
    days: tuple[int, ...]
    end: str
    playbook: str | None = "b2b"


def opened(
    deal: str, stage: str = TALK, day: date = TODAY, rep: str = ANNA, playbook: str | None = "b2b"
) -> DealOpened:
    return DealOpened(
        occurred_at=at(8),
        day=day,
        deal=deal,
        customer="x",
        rep=rep,
        stage=stage,
        amount_minor=500,
        currency="RUB",
        playbook=playbook,
    )


def advanced(deal: str, left: str, stage: str, days: int) -> DealAdvanced:
    return DealAdvanced(
        occurred_at=at(9),
        day=TODAY,
        deal=deal,
        customer="x",
        rep=ANNA,
        stage_left=left,
        days_in_stage=days,
        stage=stage,
        amount_minor=500,
        currency="RUB",
    )


def lost(deal: str, stage: str, days: int) -> DealLost:
    return DealLost(
        occurred_at=at(10),
        day=TODAY,
        deal=deal,
        customer="x",
        rep=ANNA,
        amount_minor=500,
        currency="RUB",
        reason="price",
        stage_left=stage,
        days_in_stage=days,
    )


def told(deal: str, path: Path) -> list[Event]:
    """What the desk appended on the way."""
    events: list[Event] = [opened(deal, path.stages[0], playbook=path.playbook)]
    steps = zip(path.stages, path.stages[1:], path.days, strict=False)
    events += [advanced(deal, left, stage, days) for left, stage, days in steps]
    if path.end == "won":
        events.append(won(500, deal, stage_left=path.stages[-1], days_in_stage=path.days[-1]))
    if path.end == "lost":
        events.append(lost(deal, path.stages[-1], path.days[-1]))
    return events


def paths(archive: Archive, *ways: Path) -> None:
    decide(archive, *(event for number, way in enumerate(ways) for event in told(f"d{number}", way)))


def row(step: int, stage: str, counts: tuple[int, int, int, int], shares: Sequence[str | None], days: str) -> Row:
    """Give a row of the playbook as it is expected."""
    reached, moved_on, lost, open_ = counts
    share, conversion, decided = (None if text is None else Decimal(text) for text in shares)
    return {
        "playbook": "b2b",
        "step": step,
        "stage": stage,
        "reached": reached,
        "moved_on": moved_on,
        "lost": lost,
        "open": open_,
        "reached_share": share,
        "conversion": conversion,
        "conversion_of_decided": decided,
        "weakest": stage == DEMO,
        "days_p50": Decimal(days),
    }


def test_every_number_of_a_funnel(archive: Archive) -> None:
    paths(
        archive,
        Path((TALK, DEMO, OFFER), (1, 2, 3), "won"),
        Path((TALK, DEMO), (2, 4), "lost"),
        Path((TALK, DEMO), (3, 6), "lost"),
        Path((TALK, DEMO), (4, 0), "open"),
        Path((TALK,), (9,), "lost"),
    )
    assert ask(archive, REPORT, least=2) == [
        row(1, TALK, (5, 4, 1, 0), ("100.00", "80.00", "80.00"), "3.0"),
        row(2, DEMO, (4, 1, 2, 1), ("80.00", "25.00", "33.33"), "4.0"),
        row(3, OFFER, (1, 1, 0, 0), ("20.00", "100.00", "100.00"), "3.0"),
    ]
    assert not any(each["weakest"] for each in ask(archive, REPORT, least=6)), "of so few deals none is the weakest"


def test_an_empty_archive_has_no_rows_but_all_columns(archive: Archive) -> None:
    assert ask(archive, REPORT) == []
    assert columns(archive, REPORT) == declared(REPORT)


def test_a_deal_that_went_back_had_come_further(archive: Archive) -> None:
    paths(archive, Path((TALK, DEMO, TALK), (1, 2, 3), "lost"), Path((TALK, DEMO), (5, 0), "open"))
    talk, demo = ask(archive, REPORT)
    assert (talk["reached"], talk["moved_on"], talk["lost"], talk["days_p50"]) == (2, 2, 0, Decimal("3.0"))
    assert (demo["reached"], demo["moved_on"], demo["lost"], demo["open"]) == (2, 0, 1, 1)


def test_a_stage_that_many_deals_begin_in_is_not_the_first_for_that(archive: Archive) -> None:
    straight = [Path((OFFER,), (1,), "open")] * 3
    paths(archive, Path((TALK, DEMO, OFFER), (1, 1, 1), "won"), *straight)
    assert [each["stage"] for each in ask(archive, REPORT)] == [TALK, DEMO, OFFER]


def test_each_playbook_has_its_own_funnel(archive: Archive) -> None:
    paths(archive, Path((TALK, DEMO), (1, 1), "won"), Path((DEMO, TALK), (1, 1), "won", playbook=None))
    rows = [(each["playbook"], each["step"], each["stage"]) for each in ask(archive, REPORT)]
    assert rows == [("b2b", 1, TALK), ("b2b", 2, DEMO), (None, 1, DEMO), (None, 2, TALK)]
    assert {each["playbook"] for each in ask(archive, REPORT, playbook="b2b")} == {"b2b"}


def test_deals_are_chosen_by_the_day_and_the_rep_of_their_opening(archive: Archive) -> None:
    early, late = opened("d1", day=date(2026, 11, 1)), opened("d2", rep=BORIS)
    decide(archive, early, late, won(500, "d1"))
    [row] = ask(archive, REPORT, **{"from": TODAY})
    assert (row["reached"], row["open"]) == (1, 1)
    [row] = ask(archive, REPORT, to=TODAY)
    assert (row["reached"], row["moved_on"]) == (1, 1)
    [row] = ask(archive, REPORT, rep=BORIS)
    assert (row["reached"], row["open"]) == (1, 1)


def test_an_amended_deal_counts_as_it_is_now(archive: Archive) -> None:
    was, now = opened("d1"), opened("d1", DEMO)
    amended = DealAmended(occurred_at=at(9), day=TODAY, deal="d1", reason="mistaken", was=was, now=now)
    decide(archive, was, amended)
    assert [(each["stage"], each["reached"]) for each in ask(archive, REPORT)] == [(DEMO, 1)]


@pytest.mark.parametrize(("name", "value"), [("least", "few"), ("to", "now"), ("stage", "talk")])
def test_what_cannot_be_asked_is_refused_by_name(archive: Archive, name: str, value: str) -> None:
    assert name in words(refusal(archive, REPORT, **{name: value}))


@st.composite
def ways(draw: st.DrawFn) -> Path:
    """Draw a way through stages, each another than the one before."""
    stages = [draw(st.sampled_from(STAGES))]
    for _ in range(draw(st.integers(0, 3))):
        stages.append(draw(st.sampled_from([each for each in STAGES if each != stages[-1]])))
    days = draw(st.lists(st.integers(0, 40), min_size=len(stages), max_size=len(stages)))
    playbook = draw(st.sampled_from(["b2b", None]))
    return Path(tuple(stages), tuple(days), draw(st.sampled_from(["won", "lost", "open"])), playbook)


def in_order(paths: Sequence[Path]) -> list[str]:
    """Put stages in the order in which most deals came to them."""

    def mostly(one: str, other: str) -> int:
        both = [path.stages for path in paths if {one, other} <= set(path.stages)]
        first = sum(stages.index(one) < stages.index(other) for stages in both)
        return (2 * first > len(both)) - (2 * first < len(both))

    known = sorted({stage for path in paths for stage in path.stages})
    return sorted(known, key=lambda stage: (-sum(mostly(stage, other) for other in known if other != stage), stage))


def percent(part: int, whole: int) -> Decimal | None:
    return Decimal(round(Fraction(10_000 * part, whole))) / 100 if whole else None


def reckoned(paths: Sequence[Path], least: int) -> list[tuple[object, ...]]:
    """Follow each deal by hand."""
    stages, rows = in_order(paths), list[tuple[object, ...]]()
    for step, stage in enumerate(stages):
        those = [path for path in paths if stage in path.stages]
        later = set(stages[step + 1 :])
        on = [path for path in those if path.end == "won" or later & set(path.stages)]
        gone = [path for path in those if path not in on and path.end == "lost"]
        stays = [
            days
            for path in paths
            for each, days in list(zip(path.stages, path.days, strict=True))[: None if path.end != "open" else -1]
            if each == stage
        ]
        decided = percent(len(on), len(on) + len(gone))
        counts = len(those), len(on), len(gone), percent(len(on), len(those)), decided
        comparable = decided if gone and len(on) + len(gone) >= least else None
        rows.append((stage, *counts, comparable, Decimal(median(stays)) if stays else None))
    lowest = min((row[6] for row in rows if isinstance(row[6], Decimal)), default=None)
    return [(*row[:6], row[6] is not None and row[6] == lowest, row[7]) for row in rows]


@settings(deadline=None, max_examples=8)
@given(st.lists(ways(), min_size=1, max_size=25))
def test_funnels_are_those_that_a_person_reckons(drawn: list[Path]) -> None:
    with empty_archive() as archive:
        paths(archive, *drawn)
        rows = ask(archive, REPORT, least=3)
    shown = ("stage", "reached", "moved_on", "lost", "conversion", "conversion_of_decided", "weakest", "days_p50")
    for playbook in ("b2b", None):
        found = [tuple(row[column] for column in shown) for row in rows if row["playbook"] == playbook]
        assert found == reckoned([path for path in drawn if path.playbook == playbook], 3)
    assert all(row["reached"] == row["moved_on"] + row["lost"] + row["open"] for row in rows)
