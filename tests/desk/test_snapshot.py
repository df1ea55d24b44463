"""Snapshots: what is restored goes on as if the whole log had been read, and what cannot be trusted is not used."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.desk.fold import Fold
from services.desk.snapshot import FILE_NAME, meaning, restored, save
from services.runtime.ports import free_port
from services.runtime.topics import ensure_topics, source_topics
from tests.callers import bearer
from tests.desk.desks import vault_running
from tests.desk.test_crashes import process
from tests.desk.test_lead_auditing import worked
from tests.events.examples import EXAMPLES
from tests.telling import decided
from tests.waiting import eventually

DECISIONS = [
    (example.event, example.envelope.stream) for example in EXAMPLES.values() if example.envelope.stream is not None
]


def folded(records: Sequence[bytes], into: Fold | None = None) -> Fold:
    fold = into or Fold()
    for record in records[fold.position :]:
        fold.take(fold.position, record)
    return fold


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give where a snapshot lies."""
    return tmp_path / FILE_NAME


def log_of_examples() -> list[bytes]:
    """One decision of every kind that there is, each the first of a stream of its own."""
    return [decided(event, f"{stream}.{number}", 1) for number, (event, stream) in enumerate(DECISIONS)]


def test_every_kind_of_decision_survives(path: Path) -> None:
    records = log_of_examples()
    for cut in range(len(records) + 1):
        save(folded(records[:cut]), path)
        assert restored(path).position == cut
        assert folded(records, restored(path)) == folded(records)


@settings(max_examples=30)
@given(data=st.data())
def test_a_restored_fold_goes_on_as_if_all_had_been_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    records = worked(data).records
    path = tmp_path_factory.mktemp("snapshot") / FILE_NAME
    save(folded(records[: data.draw(st.integers(0, len(records)))]), path)
    assert folded(records, restored(path)) == folded(records)


def other_code(path: Path) -> None:
    path.write_bytes(b"0" * 64 + path.read_bytes()[64:])


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def something_else(path: Path) -> None:
    path.write_bytes(meaning().encode() + b"\nrest")


def open_to_others(path: Path) -> None:
    path.chmod(0o660)


@pytest.mark.parametrize("spoil", [other_code, damaged, cut_off, empty, something_else, open_to_others])
def test_what_cannot_be_trusted_is_not_used(path: Path, spoil: Callable[[Path], None]) -> None:
    save(folded(log_of_examples()), path)
    spoil(path)
    assert restored(path) == Fold()


def test_nobody_else_may_read_it(path: Path) -> None:
    save(Fold(), path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_one_that_dies_while_it_writes_leaves_the_one_before(path: Path) -> None:
    save(folded(log_of_examples()[:3]), path)
    dying = (
        "import os, signal, sys; from pathlib import Path; from services.desk import snapshot\n"
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
        "snapshot.save(snapshot.Fold(), Path(sys.argv[1]))"
    )
    ran = subprocess.run([sys.executable, "-c", dying, str(path)], check=False)
    assert ran.returncode == -signal.SIGKILL
    assert path.with_suffix(".partial").exists()
    assert restored(path).position == 3
    save(folded(log_of_examples()[:5]), path)
    assert restored(path).position == 5


@pytest.mark.kafka
async def test_a_desk_starts_from_its_snapshot_and_not_from_that_of_another_log(
    own_bootstrap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KVOTA_DESK_SNAPSHOT_EVERY", "5")
    await ensure_topics(own_bootstrap, source_topics(1))
    path, port = tmp_path / FILE_NAME, free_port()
    async with vault_running(tmp_path) as vault, httpx.AsyncClient(trust_env=False, timeout=30) as client:
        client.base_url, url = httpx.URL(f"http://127.0.0.1:{port}"), str(vault.base_url)
        client.headers.update(bearer(tmp_path, "manager"))
        async with process(own_bootstrap, tmp_path, port, url):
            for number in range(6):
                answer = await client.post("/v1/units", json={"kind": "team", "title": f"Team {number}"})
                assert answer.status_code == 201, answer.text
            units = (await client.get("/v1/units")).json()
            assert await asyncio.to_thread(eventually, path.exists, 30)
        taken = restored(path)
        assert taken.position >= 5
        async with process(own_bootstrap, tmp_path, port, url):
            assert (await client.get("/v1/units")).json() == units
            assert (await client.post("/v1/units", json={"kind": "team", "title": "One more"})).status_code == 201

        taken.last = b"a record of another log"
        save(taken, path)
        async with process(own_bootstrap, tmp_path, port, url):
            titles = [unit["title"] for unit in (await client.get("/v1/units")).json()["items"]]
        assert titles == [*(f"Team {number}" for number in range(6)), "One more"]

        taken.position += 1_000
        save(taken, path)
        async with process(own_bootstrap, tmp_path, port, url):
            assert len((await client.get("/v1/units")).json()["items"]) == len(titles)
