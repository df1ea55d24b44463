"""A projection file that says more than it may is refused, each with its reason."""

import pytest

from projections.projection import ProjectionError, load_projection, load_projections

KEY = "-- How many?\n-- key: rep\n"
HEAD = KEY + "-- live: for ever\n"
BY_DAY = "-- How many?\n-- key: rep, day, answered_at, calls\n-- live: "
DAILY = "\nSELECT rep, day, answered_at, 1 AS calls, 1 AS n FROM calls"


def test_the_shipped_projections_load() -> None:
    loaded = load_projections()
    assert {"agent_interval", "agent_now", "queue_handle", "queue_interval", "rep_day", "rep_month"} <= loaded.keys()
    assert {"quota", "deal_credit", "deal_day", "deal_ticker", "queue_waiting", "feed_now"} <= loaded.keys()
    assert loaded["rep_day"].keys == ("rep", "day", "currency")
    assert loaded["rep_day"].relations == {"calls", "deals"}
    assert loaded["agent_now"].question == "What is each agent doing now, and since when?"


def test_metrics_are_no_projection() -> None:
    assert "metrics" not in load_projections()


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT rep, 1 AS calls FROM calls", "begin with a comment"),
        ("-- How many?\nSELECT rep, 1 AS calls FROM calls", "one line `-- key"),
        (HEAD + "-- key: day\nSELECT rep, 1 AS calls FROM calls", "one line `-- key"),
        (KEY + "SELECT rep, 1 AS n FROM calls", "say in one line how long cells stay live"),
        (HEAD + "-- live: for ever\nSELECT rep, 1 AS n FROM calls", "say in one line how long"),
        (BY_DAY + "a while" + DAILY, "live: 'a while' is neither like '8 days of day'"),
        (BY_DAY + "8 days of n" + DAILY, "live: 'n' is no part of the key"),
        (BY_DAY + "8 days of month" + DAILY, "live: 'month' is no part of the key"),
        (BY_DAY + "48 hours of day" + DAILY, "live: day is DATE, which is not counted in hours"),
        (BY_DAY + "2 months of day" + DAILY, "live: day is DATE, which is not counted in months"),
        (BY_DAY + "8 days of calls" + DAILY, "live: calls is INTEGER, which is not counted in days"),
        (HEAD + "SELEC rep", "is no SELECT"),
        (HEAD + "SELECT rep, 1 AS n FROM calls; SELECT rep, 1 AS n FROM calls", "more than one statement"),
        (HEAD + "DROP TABLE calls", "is no SELECT"),
        (HEAD + "SELECT rep, count(*) AS n FROM calls GROUP BY rep", "may not group"),
        (HEAD + "SELECT rep, 1 AS n FROM calls ORDER BY rep", "may not group"),
        (HEAD + "SELECT rep, 1 AS n FROM calls LIMIT 1", "may not group"),
        (HEAD + "SELECT DISTINCT rep, 1 AS n FROM calls", "may not group"),
        (HEAD + "WITH c AS (FROM calls) SELECT rep, 1 AS n FROM c", "may not group"),
        (HEAD + "SELECT rep, 1 AS n FROM calls QUALIFY row_number() OVER () = 1", "may not"),
        (HEAD + "SELECT rep, row_number() OVER () AS n FROM calls", "windows or subqueries"),
        (HEAD + "SELECT rep, (SELECT 1) AS n FROM calls", "windows or subqueries"),
        (HEAD + "SELECT rep, 1 AS n FROM calls WHERE rep IN (SELECT rep FROM agents)", "windows or subqueries"),
        (HEAD + "SELECT rep, sum(talk_seconds) AS n FROM calls", r"may not call sum\(\)"),
        (HEAD + "SELECT rep, epoch_ms(now()) AS n FROM calls", r"may not call now\(\)"),
        (HEAD + "SELECT rep, (random() * 9)::INT AS n FROM calls", r"may not call random\(\)"),
        (HEAD + "SELECT rep, 1 AS n FROM calls JOIN agents USING (rep)", "exactly one relation"),
        (HEAD + "SELECT rep, 1 AS n FROM counted", "exactly one relation"),
        (HEAD + "SELECT 'a' AS rep, 1 AS n", "exactly one relation"),
        (HEAD + "SELECT rep, no_such AS n FROM calls", "no_such"),
        (HEAD + "SELECT queue, 1 AS n FROM calls", "the key names 'rep'"),
        (HEAD + "SELECT rep, 1.5 AS n FROM calls", "a measure is a whole number"),
        (HEAD + "SELECT rep, talk_seconds / 60 AS n FROM calls", "a measure is a whole number"),
        (HEAD + "SELECT rep, queue AS n FROM calls", "a measure is a whole number"),
        (HEAD + "SELECT rep, amount_minor FROM deals", "`currency` must be part of the key"),
        (HEAD + "SELECT rep, wait_seconds AS max_wait FROM calls", "can be restated"),
        (HEAD + "SELECT rep, wait_seconds AS min_wait FROM calls", "can be restated"),
        (HEAD + "SELECT rep, queue AS last_queue FROM calls", "can be restated"),
        (HEAD + "SELECT rep, seconds AS max_s FROM agents", "facts of agents can be restated"),
        (HEAD + "SELECT rep, 1 AS max_s FROM agents WHERE type IN ('agent.state_lasted', 'x')", "can be restated"),
        (HEAD + "SELECT rep, 1 AS max_s FROM agents WHERE type = 'x' OR rep = 'y'", "can be restated"),
        (HEAD + "SELECT rep, 1 AS max_s FROM agents WHERE type <> 'agent.state_lasted'", "can be restated"),
        (HEAD + "SELECT rep, 1 AS max_s FROM agents WHERE type IN ('x', lower(queue))", "can be restated"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused(sql: str, reason: str) -> None:
    with pytest.raises(ProjectionError, match=reason) as refusal:
        load_projection("wrong", sql)
    assert str(refusal.value).startswith("projections/wrong.sql: ")


def test_extremes_of_what_is_never_restated_are_allowed() -> None:
    entered = "FROM agents WHERE rep > 'a' AND type = 'agent.state_entered'"
    loaded = load_projection("right", HEAD + f"SELECT rep, 1 AS max_n, state AS last_state {entered}")
    assert [measure.kind for measure in loaded.measures] == ["max", "last"]
