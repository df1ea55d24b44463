"""A broker is really Kafka, keeps its data, and never leaves a process behind."""

import socket
import time
from pathlib import Path

import pytest

from services.broker import detached
from services.broker.broker import Broker
from services.broker.errors import BrokerError
from services.broker.folder import Folder, Owner
from services.broker.process import is_guard
from services.runtime.topics import ensure_topics, source_topics
from tests.broker.processes import first_line, jvms_on, kill, processes_on, python
from tests.broker.records import append, read_first
from tests.waiting import eventually

pytestmark = pytest.mark.kafka

OWNED = """
import sys
from pathlib import Path
from services.broker.broker import Broker

home, data_dir = map(Path, sys.argv[1:])
with Broker(home=home, data_dir=data_dir).running() as address:
    print(address, flush=True)
    sys.stdin.read()
"""
DETACHED = """
import sys
from pathlib import Path
from services.broker.detached import start

home, data_dir = map(Path, sys.argv[1:])
print(start(home, port=0, data_dir=data_dir), flush=True)
"""


async def test_what_was_appended_survives_a_restart_on_the_same_data_directory(home: Path, tmp_path: Path) -> None:
    broker = Broker(home=home, data_dir=tmp_path)
    with broker.running() as address:
        await ensure_topics(address, source_topics())
        assert await append(address, "kvota.decisions", b"signed") == 0
    identity = (tmp_path / "kafka" / "meta.properties").read_text(encoding="ascii")
    with broker.running() as address:
        assert (await read_first(address, "kvota.decisions")).value == b"signed"
    assert (tmp_path / "kafka" / "meta.properties").read_text(encoding="ascii") == identity


def test_a_stopped_broker_leaves_no_process(home: Path, tmp_path: Path) -> None:
    with Broker(home=home, data_dir=tmp_path).running():
        assert len(jvms_on(tmp_path)) == 1
    assert processes_on(tmp_path) == []


async def test_the_append_time_is_the_brokers_word(bootstrap: str) -> None:
    await ensure_topics(bootstrap, source_topics())
    before_ms = time.time_ns() // 1_000_000
    await append(bootstrap, "kvota.records", b"exported", timestamp_ms=1_000)
    record = await read_first(bootstrap, "kvota.records")
    assert record.timestamp_type == 1
    assert before_ms <= record.timestamp <= time.time_ns() // 1_000_000


def test_a_taken_port_is_named_and_nothing_is_started(home: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(BrokerError, match=f"Port {port} is taken by another program: stop that program") as caught:
            detached.start(home, port=port, data_dir=tmp_path)
    assert "\n" not in str(caught.value)
    assert eventually(lambda: processes_on(tmp_path) == [])


def test_a_data_directory_has_one_broker(home: Path, tmp_path: Path) -> None:
    broker = Broker(home=home, data_dir=tmp_path)
    with broker.running(), pytest.raises(BrokerError, match="Another broker runs on"), broker.running():
        pytest.fail("two brokers ran on one data directory")


def test_a_broker_that_dies_at_its_start_says_why_and_where_to_read_on(home: Path, tmp_path: Path) -> None:
    broker = Broker(home=home, data_dir=tmp_path)
    with broker.running():
        pass
    (tmp_path / "kafka" / "meta.properties").write_text("version=none\n", encoding="ascii")
    with pytest.raises(BrokerError, match=r"exit code 1: .+ \(log file: .+broker\.log\)$") as caught, broker.running():
        pytest.fail("it ran on broken storage")
    assert "\n" not in str(caught.value)
    assert processes_on(tmp_path) == []


def test_a_folder_may_have_spaces_and_any_letters_in_its_name(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "Данные отдела продаж"
    with Broker(home=home, data_dir=folder).running():
        assert (folder / "kafka" / "__cluster_metadata-0").is_dir()


def test_a_killed_owner_leaves_no_broker(home: Path, tmp_path: Path) -> None:
    with python(OWNED, home, tmp_path) as owner:
        assert first_line(owner)
        owner.kill()
    assert eventually(lambda: processes_on(tmp_path) == [])


def test_an_owner_killed_while_its_broker_starts_leaves_no_broker(home: Path, tmp_path: Path) -> None:
    with python(OWNED, home, tmp_path) as owner:
        assert eventually(lambda: jvms_on(tmp_path) != [])
        owner.kill()
    assert eventually(lambda: processes_on(tmp_path) == [])


def test_a_killed_guard_leaves_no_broker(home: Path, tmp_path: Path) -> None:
    with python(OWNED, home, tmp_path) as owner:
        assert first_line(owner)
        kill(tmp_path)
        assert eventually(lambda: jvms_on(tmp_path) == [])


def test_a_detached_broker_survives_its_starter_until_it_is_stopped(home: Path, tmp_path: Path) -> None:
    with python(DETACHED, home, tmp_path) as starter:
        address = first_line(starter)
        assert starter.wait() == 0
    try:
        assert detached.status(home, tmp_path) == address
        assert detached.start(home, port=0, data_dir=tmp_path) == address
        assert len(jvms_on(tmp_path)) == 1
    finally:
        assert detached.stop(home, tmp_path)
    assert processes_on(tmp_path) == []
    assert detached.status(home, tmp_path) is None
    assert not detached.stop(home, tmp_path)


def test_a_killed_guard_of_a_detached_broker_is_not_running_and_can_start_again(home: Path, tmp_path: Path) -> None:
    detached.start(home, port=0, data_dir=tmp_path)
    kill(tmp_path)
    assert eventually(lambda: detached.status(home, tmp_path) is None and processes_on(tmp_path) == [])
    try:
        assert detached.start(home, port=0, data_dir=tmp_path)
    finally:
        assert detached.stop(home, tmp_path)


def test_a_process_that_only_has_an_old_guards_id_is_let_live(home: Path, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with python("import sys; print('here', flush=True); sys.stdin.read()") as bystander:
        assert first_line(bystander) == "here"
        folder.lock.touch()
        folder.write_owner(Owner(bystander.pid))
        assert not is_guard(bystander.pid, folder)
        assert detached.status(home, tmp_path) is None
        assert not detached.stop(home, tmp_path)
        assert bystander.poll() is None
