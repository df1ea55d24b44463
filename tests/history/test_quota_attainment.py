"""The attainment report equals what a person reckons by hand, for reps, teams and the company."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest

from events.deals import Credit
from events.people import RepAssigned, RepLeft, RepPromoted
from services.history.archive import Archive
from services.history.errors import BadValueError
from services.history.report import run_report
from tests.events.examples.dates import TODAY, when
from tests.history.asking import Row, ask, decide
from tests.history.organisation import COMPANY, NORTH, SOUTH, VERA, WEST, hired, organisation, unit
from tests.telling import (
    ANNA,
    BORIS,
    DECEMBER,
    DECISIONS,
    JANUARY,
    NOVEMBER,
    amended,
    assigned,
    period,
    quota_amended,
    refunded,
    relieved,
    withdrawn,
    won,
)

HALVES = tuple(Credit(rep=rep, share_bp=5_000, amount_minor=500) for rep in (ANNA, BORIS))
OVERLAY = (
    Credit(rep=ANNA, share_bp=10_000, amount_minor=1_000),
    Credit(rep=BORIS, share_bp=10_000, amount_minor=1_000),
)


def moved(rep: str, team: str, starts_on: date, ends_on: date | None = None) -> RepAssigned:
    return RepAssigned(**when(5), rep=rep, unit=team, post="sales", starts_on=starts_on, ends_on=ends_on)


ORGANISATION = organisation(NOVEMBER)


def asked(archive: Archive, **parameters: str) -> list[Row]:
    """Ask the report, and give its rows by column."""
    return ask(archive, "quota_attainment", **parameters)


def line(rows: Sequence[Row], level: str, name: str | None = None, denominator: str = "own", **more: object) -> Row:
    """Find the one row of somebody."""
    wanted = {"level": level, "rep" if level == "rep" else "unit": name, "denominator": denominator, **more}
    [found] = [row for row in rows if wanted.items() <= row.items()]
    return found


class TestReps:
    def test_every_number_of_a_rep(self, archive: Archive) -> None:
        quota = assigned(period(1_100))
        decide(archive, *ORGANISATION, quota, relieved(100, quota), won(600), refunded(100))
        [row] = asked(archive, rep=ANNA)
        assert row == {
            "level": "rep",
            "rep": ANNA,
            "unit": NORTH,
            "denominator": "own",
            "period": "2026-11",
            "currency": "RUB",
            "as_of": TODAY,
            "working_days": 20,
            "elapsed_days": 16,
            "quota_minor": 1_100,
            "relieved_minor": 100,
            "won_minor": 600,
            "refunded_minor": 100,
            "booked_minor": 500,
            "attainment": Decimal("50.00"),
            "attainment_to_date": Decimal("62.50"),
            "expected_share": Decimal("80.00"),
            "pace": Decimal("-30.00"),
            "forecast_minor": 625,
            "gap_minor": 500,
            "required_per_day_minor": 125,
            "over_assignment": None,
        }

    def test_what_came_after_the_day_or_in_another_period_is_left_out(self, archive: Archive) -> None:
        days = (date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 10), date(2026, 11, 11), date(2026, 12, 1))
        sales = [won(10**place, f"d{place}", day=day) for place, day in enumerate(days)]
        decide(archive, assigned(period(1_000)), *sales)
        row = line(asked(archive, as_of="2026-11-10"), "rep", ANNA)
        assert (row["booked_minor"], row["elapsed_days"]) == (110, 6)
        later = line(asked(archive, as_of="2026-12-02", period="2026-11"), "rep", ANNA)
        assert (later["booked_minor"], later["elapsed_days"], later["required_per_day_minor"]) == (1_110, 20, None)

    def test_each_currency_stands_by_itself(self, archive: Archive) -> None:
        decide(archive, assigned(period(1_000)), won(500), won(70, "d2", currency="USD"))
        rows = [row for row in asked(archive) if row["level"] == "rep"]
        assert [(row["currency"], row["booked_minor"], row["attainment"]) for row in rows] == [
            ("RUB", 500, Decimal("50.00")),
            ("USD", 70, None),
        ]

    def test_who_has_no_quota_has_no_attainment_but_a_forecast(self, archive: Archive) -> None:
        decide(archive, assigned(period(1_000), holder=BORIS), won(160))
        row = line(asked(archive), "rep", ANNA)
        assert (row["quota_minor"], row["attainment"], row["pace"], row["gap_minor"]) == (None, None, None, None)
        assert (row["booked_minor"], row["forecast_minor"]) == (160, 200)

    def test_where_nobody_has_a_quota_the_month_is_meant(self, archive: Archive) -> None:
        decide(archive, won(160))
        row = line(asked(archive), "rep", ANNA)
        assert (row["period"], row["working_days"], row["booked_minor"]) == ("2026-11", 20, 160)

    def test_who_sold_nothing_has_the_whole_quota_before_them(self, archive: Archive) -> None:
        decide(archive, assigned(period(1_000)), won(1, credits=(Credit(rep=BORIS, share_bp=10_000, amount_minor=1),)))
        row = line(asked(archive), "rep", ANNA)
        assert (row["booked_minor"], row["attainment"], row["gap_minor"]) == (0, Decimal("0.00"), 1_000)

    def test_refunds_of_earlier_sales_bring_attainment_below_nothing(self, archive: Archive) -> None:
        decide(archive, assigned(period(1_000)), won(600, day=date(2026, 10, 5)), refunded(200))
        row = line(asked(archive), "rep", ANNA)
        assert (row["booked_minor"], row["attainment"], row["gap_minor"]) == (-200, Decimal("-20.00"), 1_200)

    def test_an_amended_sale_and_an_amended_quota_count_as_they_are_now(self, archive: Archive) -> None:
        quota, sale = assigned(period(1_000)), won(500)
        decide(archive, quota, quota_amended(quota, assigned(period(800))), sale, amended(sale, won(600)))
        row = line(asked(archive), "rep", ANNA)
        assert (row["quota_minor"], row["booked_minor"], row["attainment"]) == (800, 600, Decimal("75.00"))

    def test_a_quota_that_was_withdrawn_asks_for_nothing(self, archive: Archive) -> None:
        quota = assigned(period(1_000))
        decide(archive, quota, relieved(200, quota), withdrawn(period(800), quota), won(5))
        row = line(asked(archive), "rep", ANNA)
        assert (row["quota_minor"], row["relieved_minor"], row["attainment"]) == (200, 200, None)

    def test_a_period_can_be_named_and_the_year_has_its_own(self, archive: Archive) -> None:
        quota = assigned(period(1_000), period(300, DECEMBER, JANUARY))
        decide(archive, quota, won(150, day=DECEMBER))
        assert {row["period"] for row in asked(archive)} == {"2026-12"}
        [december] = asked(archive, period="2026-12", rep=ANNA)
        assert (december["attainment"], december["working_days"]) == (Decimal("50.00"), 22)
        [november] = asked(archive, period="2026-11", rep=ANNA)
        assert (november["attainment"], november["elapsed_days"]) == (Decimal("0.00"), 20)
        assert asked(archive, period="2031-01") == []


class TestUnits:
    def test_a_team_is_measured_by_its_own_quota_and_by_the_sum_of_its_members(self, archive: Archive) -> None:
        quotas = (
            assigned(period(1_000)),
            assigned(period(500), holder=BORIS),
            assigned(period(1_200), holder=NORTH, holder_kind="team"),
        )
        decide(archive, *ORGANISATION, *quotas, won(600))
        rows = asked(archive)
        own, members = line(rows, "team", NORTH), line(rows, "team", NORTH, "members")
        assert (own["quota_minor"], own["attainment"], own["gap_minor"]) == (1_200, Decimal("50.00"), 600)
        assert (members["quota_minor"], members["attainment"], members["gap_minor"]) == (1_500, Decimal("40.00"), 900)
        assert own["over_assignment"] == members["over_assignment"] == Decimal("25.00")

    def test_a_team_without_a_quota_of_its_own_says_so(self, archive: Archive) -> None:
        decide(archive, *ORGANISATION, assigned(period(1_000)), won(600))
        own = line(asked(archive), "team", NORTH)
        assert (own["quota_minor"], own["attainment"], own["over_assignment"]) == (None, None, None)
        assert own["booked_minor"] == 600

    def test_a_department_is_its_teams_and_the_company_everybody(self, archive: Archive) -> None:
        quotas = (
            assigned(period(1_000)),
            assigned(period(300), holder=VERA),
            assigned(period(5), holder="stranger"),
            assigned(period(2_000), holder=COMPANY, holder_kind="company"),
        )
        sales = (
            won(500),
            won(50, "d2", credits=(Credit(rep=VERA, share_bp=10_000, amount_minor=50),)),
            won(7, "d3", credits=(Credit(rep="stranger", share_bp=10_000, amount_minor=7),)),
        )
        decide(archive, *ORGANISATION, *quotas, *sales)
        rows = asked(archive)
        department = line(rows, "department", WEST, "members")
        assert (department["quota_minor"], department["booked_minor"]) == (1_300, 550)
        company, members = line(rows, "company"), line(rows, "company", denominator="members")
        assert (company["quota_minor"], members["quota_minor"], company["booked_minor"]) == (2_000, 1_305, 557)
        assert company["over_assignment"] == Decimal("-34.75")

    def test_from_one_deal_a_team_gets_no_more_than_it_brought(self, archive: Archive) -> None:
        sale = won(1_000, credits=OVERLAY, overlays=True)
        back = refunded(
            400,
            credits=tuple(Credit(rep=rep, share_bp=10_000, amount_minor=400) for rep in (ANNA, BORIS)),
            overlays=True,
        )
        decide(archive, *ORGANISATION, sale, back)
        rows = asked(archive)
        assert [line(rows, "rep", rep)["booked_minor"] for rep in (ANNA, BORIS)] == [600, 600]
        for level, name in (("team", NORTH), ("department", WEST), ("company", None)):
            row = line(rows, level, name)
            assert (row["won_minor"], row["refunded_minor"], row["booked_minor"]) == (1_000, 400, 600)

    def test_a_deal_of_two_teams_is_shared_between_them(self, archive: Archive) -> None:
        parts = (Credit(rep=ANNA, share_bp=7_000, amount_minor=700), Credit(rep=VERA, share_bp=3_000, amount_minor=300))
        decide(archive, *ORGANISATION, won(1_000, credits=parts))
        rows = asked(archive)
        assert [line(rows, "team", team)["booked_minor"] for team in (NORTH, SOUTH)] == [700, 300]
        assert line(rows, "department", WEST)["booked_minor"] == 1_000

    def test_credits_stay_with_the_team_of_their_day_when_somebody_moves(self, archive: Archive) -> None:
        move = moved(ANNA, SOUTH, date(2026, 11, 16))
        sales = (won(100, day=date(2026, 11, 13)), won(20, "d2", day=date(2026, 11, 16)))
        decide(archive, *ORGANISATION, move, assigned(period(1_000)), *sales)
        rows = asked(archive)
        assert [line(rows, "team", team)["booked_minor"] for team in (NORTH, SOUTH)] == [100, 20]
        assert [line(rows, "team", team, "members")["quota_minor"] for team in (NORTH, SOUTH)] == [None, 1_000]
        assert line(rows, "rep", ANNA)["unit"] == SOUTH

    def test_who_helped_out_for_some_days_is_back_in_their_own_team(self, archive: Archive) -> None:
        help_out = moved(ANNA, SOUTH, date(2026, 11, 16), date(2026, 11, 18))
        days = (date(2026, 11, 13), date(2026, 11, 17), date(2026, 11, 18))
        decide(archive, *ORGANISATION, help_out, *(won(10**n, f"d{n}", day=day) for n, day in enumerate(days)))
        rows = asked(archive)
        assert [line(rows, "team", team)["booked_minor"] for team in (NORTH, SOUTH)] == [101, 10]

    def test_who_left_is_in_no_team_but_was(self, archive: Archive) -> None:
        last = date(2026, 11, 20)
        left = RepLeft(**when(6), rep=ANNA, unit=NORTH, post="sales", ends_on=last, initiative="rep")
        sales = (won(100, day=last - timedelta(days=1)), won(5, "d2", day=last))
        decide(archive, *ORGANISATION, assigned(period(1_000)), left, *sales)
        rows = asked(archive, as_of=str(TODAY))
        assert line(rows, "team", NORTH)["booked_minor"] == 100
        assert line(rows, "company")["booked_minor"] == 105
        assert line(rows, "rep", ANNA)["unit"] is None
        assert [row for row in rows if row["denominator"] == "members" and row["quota_minor"]] == [
            line(rows, "company", denominator="members")
        ]

    def test_who_left_is_in_no_team_by_a_move_that_was_planned_for_later(self, archive: Archive) -> None:
        left = RepLeft(**when(6), rep=ANNA, unit=NORTH, post="sales", ends_on=date(2026, 11, 10), initiative="rep")
        move = RepAssigned(**when(5), rep=ANNA, unit=WEST, post="sales", starts_on=date(2026, 11, 16))
        decide(archive, *ORGANISATION, move, left, won(100))
        rows = asked(archive)
        assert line(rows, "company")["booked_minor"] == 100
        assert [row for row in rows if row["level"] == "department" and row["booked_minor"]] == []

    def test_a_promotion_may_move_somebody_too(self, archive: Archive) -> None:
        rise = RepPromoted(
            **when(6), rep=ANNA, unit=WEST, previous_post="sales", post="head", starts_on=date(2026, 11, 16)
        )
        decide(archive, *ORGANISATION, rise, won(100))
        rows = asked(archive)
        assert line(rows, "department", WEST)["booked_minor"] == 100
        assert [row for row in rows if row["level"] == "team"] == []

    def test_a_team_that_moved_counts_where_it_was_on_the_day(self, archive: Archive) -> None:
        east = (unit("east", COMPANY, "department", NOVEMBER), unit(NORTH, "east", "team", date(2026, 11, 16)))
        sales = (won(100, day=date(2026, 11, 13)), won(20, "d2", day=date(2026, 11, 17)))
        decide(archive, *ORGANISATION, *east, *sales)
        rows = asked(archive)
        assert [line(rows, "department", name)["booked_minor"] for name in (WEST, "east")] == [100, 20]
        assert line(rows, "team", NORTH)["booked_minor"] == 120

    def test_units_in_a_circle_end_somewhere(self, archive: Archive) -> None:
        turned = (unit(NORTH, SOUTH, "team", NOVEMBER), unit(SOUTH, NORTH, "team", NOVEMBER))
        decide(archive, *turned, hired(ANNA, NORTH, NOVEMBER), won(5))
        rows = asked(archive)
        assert [line(rows, "team", team)["booked_minor"] for team in (NORTH, SOUTH)] == [5, 5]

    def test_a_unit_can_be_asked_about_with_its_members(self, archive: Archive) -> None:
        decide(archive, *ORGANISATION, won(1_000, credits=HALVES), assigned(period(10), holder=VERA))
        rows = asked(archive, unit=NORTH)
        assert [(row["level"], row["rep"], row["denominator"]) for row in rows] == [
            ("rep", ANNA, "own"),
            ("rep", BORIS, "own"),
            ("team", None, "own"),
            ("team", None, "members"),
        ]

    def test_parts_add_up_to_the_whole(self, archive: Archive) -> None:
        decide(archive, *ORGANISATION, won(1_000, credits=HALVES), refunded(10), won(3, "d2"))
        rows = asked(archive)
        reps = sum(row["booked_minor"] for row in rows if row["level"] == "rep")
        assert reps == line(rows, "company")["booked_minor"] == 993


class TestCalendar:
    def test_the_country_says_which_days_are_worked(self, archive: Archive) -> None:
        decide(archive, assigned(period(1_000)), won(500))
        assert line(asked(archive), "rep", ANNA)["working_days"] == 20
        assert line(asked(archive, country="DE"), "rep", ANNA)["working_days"] == 21

    def test_the_companys_country_counts_unless_another_is_asked_for(self, archive: Archive) -> None:
        decide(archive, assigned(period(1_000)), won(500))
        german = run_report(archive, "quota_attainment", {}, country="DE")
        assert german.parameters["country"] == "DE"
        assert run_report(archive, "quota_attainment", {"country": "RU"}, country="DE").parameters["country"] == "RU"

    def test_a_country_without_a_calendar_is_refused(self, archive: Archive) -> None:
        with pytest.raises(BadValueError, match="no calendar of 'Mars'"):
            asked(archive, country="Mars")

    def test_before_the_first_working_day_nothing_is_forecast(self, archive: Archive) -> None:
        decide(archive, assigned(period(1_000)), won(500, day=NOVEMBER))
        row = line(asked(archive, as_of=str(NOVEMBER)), "rep", ANNA)
        assert (row["elapsed_days"], row["forecast_minor"], row["attainment_to_date"]) == (0, None, None)
        assert row["required_per_day_minor"] == 25

    def test_quotas_to_the_end_of_the_calendar_are_answered(self, archive: Archive) -> None:
        decide(archive, assigned(period(1_000, NOVEMBER, date(2090, 1, 1))), won(500))
        assert line(asked(archive), "rep", ANNA)["working_days"] > 15_000


def test_an_empty_archive_has_no_rows(archive: Archive) -> None:
    assert asked(archive) == []
    assert asked(archive, as_of=str(TODAY)) == []


def test_as_known_at_a_cut_a_later_sale_is_not_there(archive: Archive) -> None:
    decide(archive, assigned(period(1_000)), won(500), won(70, "d2"))
    report = run_report(archive, "quota_attainment", {"rep": ANNA}, {(DECISIONS, 0): 2})
    assert dict(zip(report.columns, report.rows[0], strict=True))["booked_minor"] == 500


def test_the_report_names_its_metrics(archive: Archive) -> None:
    named = {(policy.id, policy.version) for policy in run_report(archive, "quota_attainment", {}).policies}
    metrics = {"attainment", "attainment_to_date", "expected_share", "pace", "forecast", "gap", "required_per_day"}
    assert named == {(name, 1) for name in (*metrics, "over_assignment")}
