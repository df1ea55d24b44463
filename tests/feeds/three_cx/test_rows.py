"""The columns of a row, in whatever order, and its times."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.feeds.three_cx.fields import NEEDED, ORDER, cut, read_fields
from services.runtime.errors import ClearError
from tests.feeds.samples import at, contents, ended, facts, parked
from tests.feeds.three_cx.given import CALL, NAME, callid, clock, read, row, turned

BERLIN = ZoneInfo("Europe/Berlin")
MIXED = tuple(sorted(set(ORDER) - {"from-dispname", "to-dispname", "final-dispname"}))


def reasons(told: bytes, **how: object) -> list[str]:
    return [each.reason for each in parked(read(told, **how))]  # type: ignore[arg-type]  # as read takes them


def test_a_name_with_commas_shifts_nothing() -> None:
    assert row().count(b",") == len(ORDER)
    assert NAME.count(",") == 1
    assert ended(read(row()))[0].rep == "anna"


def test_the_columns_may_be_in_any_order_that_is_told() -> None:
    in_order, mixed = facts(read(row())), facts(read(row(MIXED), order=MIXED))
    assert contents(in_order) == contents(mixed)


def test_fields_are_read_as_a_person_writes_them() -> None:
    assert read_fields(", ".join(ORDER)) == ORDER
    assert read_fields(",".join(ORDER).upper().replace("-", "_")) == ORDER


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_fields_without_one_that_is_needed_are_refused_and_so_are_those_that_have_it_twice(name: str) -> None:
    for order in ([other for other in ORDER if other != name], [*ORDER, name]):
        with pytest.raises(ClearError, match=f"--fields has to have each of these once: {name}$"):
            read_fields(",".join(order))


def test_a_row_of_another_order_is_parked() -> None:
    [reason] = reasons(row((*MIXED, "to-dispname", "from-dispname", "final-dispname")))
    assert reason.startswith(("chain is none", "the row has"))
    assert reasons(b"Call 1,2,3\r\n") == ["the row has 3 columns, and 27 are in the order of fields"]


def test_names_with_commas_between_columns_that_are_read_cannot_be_told_apart() -> None:
    order = ("from-dispname", *MIXED, "to-dispname")
    assert reasons(row(order), order=order) == [
        f"the row has {len(order) + 1} columns, and 26 are in the order of fields"
    ]
    assert not reasons(row(order, from_dispname="Ivan"), order=order)


def test_what_is_not_read_may_be_anything() -> None:
    assert cut(row(bill_name="Local"), ORDER) == cut(row(bill_name="", missed_queue_calls="101;102;"), ORDER)


@pytest.mark.parametrize("identity", [callid(0.9), callid(0.9, windows=True), turned(0.9), "0" * 30])
def test_the_times_are_utc_unless_told_otherwise(identity: str) -> None:
    assert ended(read(row(callid=identity)))[0].ended_at == at(69)


@pytest.mark.parametrize("identity", [callid(0.9), callid(0.9, windows=True), turned(0.9)])
@pytest.mark.parametrize("zone", ["Europe/Moscow", "Asia/Kathmandu", "America/New_York"])
def test_a_zone_that_is_wrong_is_given_away_by_the_id_of_the_call(identity: str, zone: str) -> None:
    wrong = "time-start is not when the id of the call was made: the zone of these times must be another"
    assert reasons(row(callid=identity), zone=ZoneInfo(zone)) == [wrong]


def test_a_part_that_begins_long_after_the_call_is_no_wrong_zone() -> None:
    later = row(time_start=clock(1_000), time_answered=clock(1_010), time_end=clock(1_070))
    assert not reasons(later)


AUTUMN = datetime(2026, 10, 25, 0, 58, tzinfo=UTC)
"""Two minutes before clocks in Berlin are put back from three to two."""


def in_berlin(identity: str) -> bytes:
    return row(
        callid=identity,
        time_start="2026/10/25 02:58:00",
        time_answered="2026/10/25 02:59:30",
        time_end="2026/10/25 02:01:30",
        duration="00:02:00",
    )


def test_an_hour_that_the_clocks_showed_twice_is_told_by_the_id() -> None:
    made = f"{round(AUTUMN.timestamp()) * 1000 + 20:016X}_1"
    [call] = ended(read(in_berlin(made), zone=BERLIN))
    assert (call.wait_seconds, call.talk_seconds) == (90, 120)
    assert call.ended_at == datetime(2026, 10, 25, 1, 1, 30, tzinfo=UTC)
    assert reasons(in_berlin("0" * 30), zone=BERLIN) == [
        "time-start is an hour that the clocks showed twice, and the id of the call does not tell which"
    ]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("time_start", "", "time-start is missing"),
        ("time_start", "noon", "time-start is no date and time of our days"),
        ("time_start", "2026/03/29 02:30:00", "time-start is a time that the clocks never showed"),
        ("time_answered", clock(-1), "time-answered lies before what went before it"),
        ("time_end", clock(7), "time-end lies before what went before it"),
        ("duration", "61", "duration is no time of HH:MM:SS"),
        ("historyid", "79161230001", "historyid is no id of a call"),
        ("callid", "", "callid is no id of a call"),
        ("from_type", "Robot", "from-type is none that is known"),
        ("to_type", "", "to-type is none that is known"),
        ("chain", "Line", "chain is none: the columns are in another order than that of the fields"),
    ],
)
def test_what_cannot_be_read_says_which_column(column: str, value: str, reason: str) -> None:
    zone = BERLIN if "never" in reason else UTC
    assert reasons(row(**{column: value}), zone=zone) == [reason]


def test_every_column_of_a_call_is_one_of_3cx() -> None:
    assert CALL.keys() <= set(ORDER)
