"""How old the board says its data is."""

from services.wallboard.freshness import Age, Freshness

NOON = 1_800_000_000_000
FEED = "/asterisk/pbx1"


def fresh(**beats: int) -> Freshness:
    """Give what is known when two shards ticked a second and three seconds before noon."""
    freshness = Freshness()
    freshness.ticked([0, 1], {0: NOON - 1_000, 1: NOON - 3_000})
    freshness.beaten(beats, NOON)
    return freshness


def test_data_is_as_old_as_the_tick_of_the_shard_that_lags_most() -> None:
    assert fresh().of_decisions(NOON).age_ms == 3_000


def test_while_a_shard_has_no_tick_there_is_no_age() -> None:
    freshness = Freshness()
    freshness.ticked([0, 1], {0: NOON})
    assert freshness.of_decisions(NOON).age_ms is None


def test_before_anything_was_read_there_is_no_moment_either() -> None:
    assert Freshness().of_calls(NOON) == Age(None, None)


def test_the_moment_of_the_board_is_the_phone_systems_else_the_logs() -> None:
    assert fresh().now_ms == NOON - 1_000
    assert fresh(pbx1=NOON + 3_600_000, pbx2=NOON).now_ms == NOON + 3_600_000


def test_a_phone_system_that_was_once_in_another_year_is_not_asked_for_the_moment() -> None:
    years = 3 * 365 * 86_400_000
    assert fresh(pbx1=NOON + years).now_ms == NOON - 1_000
    assert fresh(pbx1=NOON + years, pbx2=NOON).now_ms == NOON


def test_what_comes_through_a_feed_is_no_younger_than_its_last_beat() -> None:
    freshness = fresh(pbx1=NOON)
    freshness.ticked([0], {0: NOON + 20_000})
    freshness.beaten({"pbx1": NOON}, NOON + 20_000)
    assert freshness.of_decisions(NOON + 20_000).age_ms == 0
    assert freshness.of_calls(NOON + 20_000).age_ms == 20_000


def test_a_beat_makes_it_young_again() -> None:
    freshness = fresh(pbx1=NOON)
    freshness.ticked([0], {0: NOON + 20_000})
    freshness.beaten({"pbx1": NOON + 1}, NOON + 20_000)
    assert freshness.of_calls(NOON + 20_000).age_ms == 0


def test_a_feed_that_says_nothing_new_while_the_log_goes_on_is_silent() -> None:
    freshness = fresh(pbx1=NOON, pbx2=NOON)
    freshness.ticked([0], {0: NOON + 15_001})
    freshness.beaten({"pbx1": NOON, "pbx2": NOON + 15_000}, NOON + 15_001)
    assert freshness.silent() == ["pbx1"]


def test_when_the_log_stands_still_no_feed_is_blamed() -> None:
    assert fresh(pbx1=NOON).silent() == []


def test_a_clock_that_runs_ahead_makes_no_negative_age() -> None:
    assert fresh().of_decisions(NOON - 10_000).age_ms == 0
