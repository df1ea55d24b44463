"""The broker's pure parts: what is written is what is read."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from services.broker.folder import Folder
from services.broker.installation import Installation
from services.broker.launch import Launch, parse
from services.broker.log import failure
from services.broker.properties import Listeners, server_properties
from services.runtime.lock import is_owned, is_released, own

LISTENERS = Listeners(clients=9092, controller=9093)
OWNED = Launch(installation=Installation(Path("/kafka")), folder=Folder(Path("/data of sales")), owned=True)
STACK_TRACE = """INFO before this start
ERROR Exiting Kafka due to fatal exception
java.lang.RuntimeException: no storage
\tat kafka.Kafka.main(Kafka.scala)
"""


@pytest.mark.parametrize(
    "launch",
    [
        OWNED,
        replace(OWNED, owned=False, port=9092, heap_mb=1024, stop_within_s=3, record=Path("/archive.jsa")),
    ],
)
def test_a_guard_reads_what_its_starter_wrote(launch: Launch) -> None:
    assert parse(launch.command()[3:]) == launch


def test_a_broker_listens_on_this_machine_only() -> None:
    lines = server_properties(Path("/data"), LISTENERS).splitlines()
    assert "listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093" in lines
    assert "advertised.listeners=PLAINTEXT://127.0.0.1:9092" in lines


def test_properties_are_ascii_in_every_language() -> None:
    assert r"log.dirs=/\u0434\u0430\u043d\u043d\u044b\u0435/a\\b" in server_properties(Path("/данные/a\\b"), LISTENERS)


def test_a_failure_is_told_by_the_last_line_that_is_no_stack_frame(tmp_path: Path) -> None:
    log = tmp_path / "broker.log"
    log.write_text(STACK_TRACE, encoding="utf-8")
    assert failure("It died", log, 0) == f"It died: java.lang.RuntimeException: no storage (log file: {log})"


def test_a_failure_of_an_earlier_start_is_not_told(tmp_path: Path) -> None:
    log = tmp_path / "broker.log"
    log.write_text(STACK_TRACE, encoding="utf-8")
    assert failure("It died", log, len(STACK_TRACE)) == f"It died: it said nothing (log file: {log})"


def test_a_lock_has_one_owner_and_looking_at_it_takes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    assert not is_owned(file)
    descriptor = own(file)
    assert is_owned(file)
    assert not is_released(file, within_s=0.0)
    with pytest.raises(BlockingIOError):
        own(file, within_s=0.0)
    os.close(descriptor)
    assert is_released(file, within_s=0.0)
