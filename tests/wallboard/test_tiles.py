"""Tiles: given what happened on the floor, then the board shows this."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from events.deals import Credit, DealRefunded
from events.goals import PeriodRelief, QuotaRelieved
from services.runtime.errors import ClearError
from services.wallboard.board import Board, BoardMaker
from services.wallboard.settings import ServiceLevel, WallboardSettings
from services.wallboard.tables import Tables
from services.wallboard.tiles import Row, load_tiles
from tests.events.examples.dates import TODAY, at
from tests.telling import (
    ANNA,
    BORIS,
    PBX,
    abandoned,
    amended,
    answered,
    beat,
    call_id,
    caught_up,
    closed,
    delivered,
    entered,
    gap,
)
from tests.wallboard.floor import COMPANY, PROJECTIONS, SETTINGS, Floor, asked, board_of, epoch_ms, offered, sold

MILLION = 1_000_000_00


def queue(board: Board, name: str = "sales") -> Row:
    """Give the tile of a queue."""
    return next(row for row in board.queues if row["queue"] == name)


def rep(board: Board, name: str = ANNA) -> Row:
    """Give the line of a rep."""
    return next(row for row in board.leaderboard if row["rep"] == name)


def test_the_callers_who_wait_are_counted_and_the_longest_wait_is_by_the_phone_systems_clock() -> None:
    board = board_of(offered("a", at(9, 28)), offered("b", at(9, 29)), beat(at(9, 30)), now=at(9, 30))
    assert (queue(board)["waiting"], queue(board)["longest_wait_s"]) == (2, 120)


def test_who_is_answered_or_gives_up_waits_no_longer() -> None:
    joined = at(9, 28)
    left = abandoned(30, joined=joined, call="b")
    board = board_of(offered("b", joined), left)
    assert (queue(board)["waiting"], queue(board)["longest_wait_s"]) == (0, 0)


def test_somebody_who_joined_a_day_ago_and_never_left_is_no_caller() -> None:
    board = board_of(offered("lost", at(9, 30) - timedelta(hours=25)), offered("b", at(9, 29)))
    assert (queue(board)["waiting"], queue(board)["longest_wait_s"]) == (1, 60)


def test_the_days_callers_are_those_who_joined_on_the_companys_day() -> None:
    yesterday = at(20, 59, day=date(2026, 11, 23))  # a minute before midnight in Moscow
    board = board_of(answered(joined=yesterday), answered(joined=yesterday + timedelta(minutes=1)), abandoned())
    tile = queue(board)
    assert (tile["offered"], tile["answered"], tile["abandoned"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("policy", "level"),
    [
        ("answered_only", "66.7"),
        ("offered", "40.0"),
        ("removed", "60.0"),
        ("ignore_abandon_within_threshold", "50.0"),
        ("exclude_short", "50.0"),
        ("abandon_after_threshold", "50.0"),
    ],
)
def test_the_service_level_follows_the_policy_that_is_in_force(policy: ServiceLevel, level: str) -> None:
    settings = WallboardSettings(policy=policy, target_s=20, short_s=5)
    calls = [answered(20), answered(5), answered(21), abandoned(3), abandoned(60)]
    tile = queue(board_of(*calls, settings=settings))
    assert (tile["service_level"], tile["policy"], tile["target_s"]) == (Decimal(level), policy, 20)


def test_a_queue_that_nobody_called_yet_has_no_service_level() -> None:
    assert queue(board_of(offered("a", at(9, 29))))["service_level"] is None


def test_the_worst_queue_comes_first() -> None:
    board = board_of(
        answered(5, queue="calm"),
        *(answered(wait, queue="tense") for wait in (5, 5, 5, 30)),
        answered(5, queue="endless"),
        offered("a", at(9, 27), "endless"),
        now=at(9, 30),
    )
    assert [(row["queue"], row["severity"]) for row in board.queues] == [("endless", 2), ("tense", 1), ("calm", 0)]
    assert [(row["wait_severity"], row["level_severity"]) for row in board.queues] == [(2, 0), (0, 1), (0, 0)]


def test_reps_stand_in_the_order_of_what_they_brought_this_month() -> None:
    board = board_of(sold(MILLION, ANNA), sold(2 * MILLION, BORIS), sold(MILLION // 2, ANNA))
    assert [(row["rep"], row["booked_minor"]) for row in board.leaderboard] == [
        (BORIS, 2 * MILLION),
        (ANNA, 3 * MILLION // 2),
    ]


def test_attainment_is_of_the_months_quota_and_pace_goes_by_working_days() -> None:
    """November 2026 has 20 working days in Russia (the 4th is a holiday), of which 16 are over with the 24th."""
    line = rep(board_of(asked(MILLION, ANNA), sold(MILLION // 2, ANNA)))
    assert (line["quota_minor"], line["attainment_bp"], line["expected_bp"], line["pace_bp"]) == (
        MILLION,
        5_000,
        8_000,
        -3_000,
    )


def test_who_began_in_the_middle_of_the_month_is_measured_by_their_own_days() -> None:
    """From the 23rd on there are 6 working days, of which 2 are over."""
    line = rep(board_of(asked(MILLION, ANNA, starts_on=date(2026, 11, 23))))
    assert (line["attainment_bp"], line["expected_bp"]) == (0, 3_333)


def test_without_a_quota_there_is_no_attainment() -> None:
    line = rep(board_of(sold(MILLION, ANNA)))
    assert (line["quota_minor"], line["attainment_bp"], line["expected_bp"], line["pace_bp"]) == (None,) * 4


def test_a_quota_of_another_month_is_not_this_months() -> None:
    october = asked(MILLION, ANNA, starts_on=date(2026, 10, 1), ends_on=date(2026, 11, 1))
    assert board_of(october).leaderboard == []


def test_what_was_let_go_is_not_asked_for() -> None:
    relief = QuotaRelieved(
        occurred_at=at(7),
        day=TODAY,
        quota=f"quota-{ANNA}",
        holder=ANNA,
        holder_kind="rep",
        measure="revenue",
        currency="RUB",
        reliefs=(PeriodRelief(period="2026-11", relieved=MILLION // 2),),
        reason="vacation",
    )
    line = rep(board_of(asked(MILLION, ANNA), relief, sold(MILLION // 2, ANNA)))
    assert (line["quota_minor"], line["attainment_bp"]) == (MILLION, 10_000)


def test_what_was_refunded_is_taken_off() -> None:
    refund = DealRefunded(
        occurred_at=at(9),
        day=TODAY,
        deal="d1",
        customer="x",
        amount_minor=MILLION // 4,
        currency="RUB",
        credits=(Credit(rep=ANNA, share_bp=10_000, amount_minor=MILLION // 4),),
        sale=call_id(1),
        novelty="new",
        reason="defect",
    )
    line = rep(board_of(asked(MILLION, ANNA), sold(MILLION, ANNA, deal="d1"), refund))
    assert (line["won_minor"], line["booked_minor"], line["attainment_bp"]) == (MILLION, 3 * MILLION // 4, 7_500)


def test_money_of_another_currency_is_not_added_up() -> None:
    board = board_of(sold(MILLION, ANNA), sold(500, ANNA, currency="EUR"))
    assert rep(board)["booked_minor"] == MILLION


def test_a_rep_has_the_days_calls_and_what_they_are_doing_now() -> None:
    board = board_of(answered(), answered(), entered("ready", at(9)), entered("talking", at(9, 1)))
    assert (rep(board)["calls"], rep(board)["state"]) == (2, "talking")


def test_the_leaderboard_has_no_more_lines_than_the_page_has_room_for() -> None:
    board = board_of(*(sold(number * 100, f"rep-{number:02}") for number in range(1, 41)))
    assert [row["rep"] for row in board.leaderboard] == [f"rep-{number:02}" for number in range(40, 31, -1)]


def test_the_last_deals_come_first_with_those_who_won_them() -> None:
    shares = (
        Credit(rep=BORIS, share_bp=4_000, amount_minor=400),
        Credit(rep=ANNA, share_bp=6_000, amount_minor=600),
    )
    deals = [sold(100 * hour, BORIS, when=at(hour)) for hour in (5, 6, 7)]
    board = board_of(*deals, sold(1_000, ANNA, when=at(8), deal="shared", credits=shares))
    assert [(row["won_minor"], row["names"]) for row in board.ticker] == [
        (1_000, [ANNA, BORIS]),
        (700, [BORIS]),
        (600, [BORIS]),
    ]
    assert board.ticker[0]["at"] == "2026-11-24T08:00:00.000000Z"


def test_of_the_deals_of_one_second_the_last_one_comes_first() -> None:
    moments = [at(8).replace(microsecond=number) for number in range(5)]
    board = board_of(*(sold(100 + moment.microsecond, ANNA, when=moment) for moment in reversed(moments)))
    assert [row["won_minor"] for row in board.ticker] == [104, 103, 102]


def test_a_sale_that_was_amended_is_shown_as_it_is_now() -> None:
    was, now = sold(1_000, ANNA, deal="d1"), sold(1_200, ANNA, deal="d1")
    board = board_of(was, amended(was, now))
    assert [row["won_minor"] for row in board.ticker] == [1_200]
    assert rep(board)["booked_minor"] == 1_200


def test_before_anything_happened_the_board_is_empty() -> None:
    board = board_of()
    assert (board.business_day, board.queues, board.leaderboard, board.ticker) == (TODAY, [], [], [])


def test_every_tile_asks_a_question_and_names_the_formulas_it_uses() -> None:
    assert all(tile.sql.startswith("-- ") and tile.sql.splitlines()[0].endswith("?") for tile in load_tiles().values())
    with Tables(PROJECTIONS) as tables:
        maker = BoardMaker(SETTINGS, COMPANY, tables)
        assert [(each.id, each.version) for each in maker.metrics("queues")] == [("service_level_offered", 1)]
        assert [each.id for each in maker.metrics("leaderboard")] == ["attainment", "expected_share", "pace"]


def test_a_target_that_cells_cannot_tell_exactly_is_refused() -> None:
    with pytest.raises(ClearError, match="waits are kept by the second to 60"):
        WallboardSettings(target_s=61)


def feed(board: Board, name: str = PBX) -> Row:
    """Give the line of a feed."""
    return next(row for row in board.feeds if row["feed"] == name)


def test_a_feed_stands_with_its_last_beat_and_what_may_be_missing_of_the_day() -> None:
    first, second, third = gap(at(7), missing=17), gap(at(8), missing=5), gap(at(8, 30))
    board = board_of(first, second, closed(second), third, beat(at(9), parked=2), beat(at(9, 29, 50), parked=1))
    assert feed(board) == {
        "feed": PBX,
        "beat_ms": epoch_ms(at(9, 29, 50)),
        "by_log": False,
        "stalled": False,
        "gaps": 3,
        "open_gaps": 2,
        "missing": 17,
        "unknown": 1,
        "parked": 3,
        "ahead_s": None,
        "severity": 1,
    }


def test_yesterdays_gaps_are_not_todays_and_yesterdays_beat_is_still_the_last_one() -> None:
    yesterday = TODAY - timedelta(days=1)
    seen = at(20, day=yesterday)
    line = feed(board_of(gap(seen, day=yesterday), beat(seen, day=yesterday), entered("ready")))
    assert (line["gaps"], line["beat_ms"], line["stalled"], line["severity"]) == (0, epoch_ms(seen), True, 2)


@pytest.mark.parametrize(("seconds", "stalled"), [(15, False), (16, True)])
def test_a_feed_that_beats_by_a_clock_is_stalled_after_a_quarter_of_a_minute(seconds: int, stalled: bool) -> None:  # noqa: FBT001  # a case
    now = at(9, 30)
    assert feed(board_of(beat(now - timedelta(seconds=seconds)), now=now))["stalled"] is stalled


@pytest.mark.parametrize(("seconds", "stalled"), [(900, False), (901, True)])
def test_a_feed_that_is_told_things_is_stalled_after_a_quarter_of_an_hour(seconds: int, stalled: bool) -> None:  # noqa: FBT001  # a case
    now = at(9, 30)
    last = now - timedelta(seconds=seconds)
    assert feed(board_of(delivered(last), now=now), "aircall/webhooks")["stalled"] is stalled


@pytest.mark.parametrize(("seconds", "stalled"), [(900, False), (901, True)])
def test_a_feed_that_is_told_things_is_judged_by_the_logs_clock_though_the_phone_systems_stands_still(
    seconds: int,
    stalled: bool,  # noqa: FBT001  # a case
) -> None:
    last = at(12)
    line = feed(
        board_of(beat(at(9)), delivered(last), now=at(9), log=last + timedelta(seconds=seconds)), "aircall/webhooks"
    )
    assert (line["stalled"], line["by_log"]) == (stalled, True)


def test_a_clock_is_ahead_by_what_the_beats_say_at_the_most() -> None:
    beats = [delivered(at(9), ahead_ms=-800), delivered(at(9, 5), ahead_ms=40_900), delivered(at(9, 10))]
    assert feed(board_of(*beats), "aircall/webhooks")["ahead_s"] == 40


def test_what_is_told_by_deliveries_is_not_the_clock_of_the_board() -> None:
    floor = Floor()
    floor.tell(beat(at(9)), delivered(at(10)))
    with Tables(PROJECTIONS) as tables:
        tables.load(floor.live)
        assert BoardMaker(SETTINGS, COMPANY, tables).beats() == {PBX: epoch_ms(at(9))}


def test_a_file_that_was_read_is_a_feed_of_the_board_only_if_something_in_it_could_not_be() -> None:
    well, ill = caught_up(parked=0), caught_up(feed="asterisk/pbx1/cdr_csv", parked=2)
    line = feed(board_of(well, ill), "asterisk/pbx1/cdr_csv")
    assert (line["parked"], line["beat_ms"], line["stalled"], line["severity"]) == (2, None, False, 1)
    assert len(board_of(well, ill).feeds) == 1


def test_the_worst_feed_comes_first() -> None:
    told = [beat(at(9, 30), "/well"), beat(at(9), "/stalled"), beat(at(9, 30), "/gapped"), gap(feed="/gapped")]
    assert [row["feed"] for row in board_of(*told).feeds] == ["/stalled", "/gapped", "/well"]
