"""`kvota fold` and `kvota feed --dry-run`: pure commands over files."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.captures.asterisk import AMI
from tests.cli.commands import kvota
from tests.feeds.samples import CDR_FILE, LOG_FILE
from tests.telling import answered, raw, restated, unfoldable


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the captured day as events, one a line."""
    folder = tmp_path_factory.mktemp("day")
    told = kvota("feed", "asterisk", "--file", AMI, "--dry-run", home=folder)
    assert (told.code, told.err) == (0, "")
    path = folder / "day.ndjson"
    path.write_text(told.out)
    return path


def cells(path: Path, *options: str) -> list[dict[str, object]]:
    """Fold a file and give its cells."""
    ran = kvota("fold", "queue_interval", path, *options, "--json", home=path.parent)
    assert ran.code == 0, ran.err
    found: list[dict[str, object]] = ran.json["cells"]
    return found


def test_order_batches_and_repetition_make_no_difference(day: Path) -> None:
    expected = cells(day)
    doubled = day.with_name("doubled.ndjson")
    doubled.write_text("".join(line + line for line in day.read_text().splitlines(keepends=True)))
    assert cells(day, "--shuffle", "1", "--batch", "7") == expected
    assert cells(day, "--shuffle", "2", "--batch", "1000") == expected
    assert cells(doubled, "--shuffle", "3", "--batch", "50") == expected
    assert sum(int(str(cell["calls"])) for cell in expected if cell["clock"] == "enqueue") == 51


def test_a_fact_restated_there_and_back_changes_nothing(day: Path, tmp_path: Path) -> None:
    was, now = answered(10, 60), answered(70, 5, queue="support")
    once, corrected = tmp_path / "once.ndjson", tmp_path / "corrected.ndjson"
    told = day.read_bytes() + raw(was) + b"\n"
    once.write_bytes(told)
    there, back = raw(restated(was, now, revision=1)), raw(restated(now, was, revision=2))
    corrected.write_bytes(there + b"\n" + told + back + b"\n")
    assert cells(corrected, "--batch", "3") == cells(once)


def test_the_two_records_of_one_phone_system_agree_on_every_call_that_both_saw(day: Path, tmp_path: Path) -> None:
    told = kvota("feed", "asterisk", "--file", LOG_FILE, "--dry-run", home=tmp_path)
    by_log = {event["id"]: event for event in told.objects if event["type"] == "call.ended"}
    by_ami = {event["id"]: event for event in kvota_lines(day) if event["type"] == "call.ended"}
    fields = ("queue", "outcome", "rep", "wait_seconds", "ring_seconds", "talk_seconds", "transfers")
    assert len(by_log) == 51
    assert len(by_ami) == 66
    for identity, event in by_log.items():
        ours, theirs = event["data"], by_ami[identity]["data"]
        assert [ours.get(field) for field in fields] == [theirs.get(field) for field in fields]


def kvota_lines(path: Path) -> list[dict[str, Any]]:
    """Read the events of a file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_no_event_holds_a_callers_number_or_name(day: Path) -> None:
    text = day.read_text()
    assert "+7916" not in text
    assert "Иван Петров" not in text
    assert "O'Brien" not in text


def test_what_cannot_be_read_is_reported_with_its_line_and_the_rest_is_folded(day: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.ndjson"
    torn.write_bytes(b"not json\n" + day.read_bytes() + b'{"specversion":"1.0"')
    ran = kvota("fold", "queue_interval", torn, "--json", home=tmp_path)
    assert (ran.code, ran.json["parked"]) == (0, 2)
    assert ran.err.startswith("torn.ndjson:1: ")
    assert ran.json["cells"] == cells(day)


def test_a_file_of_which_nothing_can_be_read_is_bad_input_and_an_empty_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("rep;calls\n\nanna;7\n")
    ran = kvota("fold", "queue_interval", path, "--json", home=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[-1] == "kvota: other.csv holds no event: none of its 2 lines can be read"
    assert ran.err.startswith("other.csv:1: ")
    path.write_text("\n")
    assert cells(path) == []


def test_a_record_that_no_cell_can_hold_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.ndjson"
    path.write_bytes(raw(unfoldable()) + b"\n")
    ran = kvota("fold", "quota", path, home=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "kvota: bad.ndjson holds what no cell can: quota cannot take it: Conversion Error\n"


def test_the_clock_of_the_phone_system_may_be_in_another_zone_than_the_company(tmp_path: Path) -> None:
    zones = ("--time-zone", "Asia/Vladivostok", "--source-zone", "Europe/Moscow")
    told = kvota("feed", "asterisk", "--file", CDR_FILE, "--dry-run", *zones, home=tmp_path)
    calls = [json.loads(line) for line in told.out.splitlines() if '"call.ended"' in line]
    assert len(calls) == 66
    assert {call["day"] for call in calls} == {"2026-11-25"}
    assert min(call["time"] for call in calls).startswith("2026-11-24T15:12")
