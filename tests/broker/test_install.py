"""Kafka is installed once: whole or not at all, and without a network the second time."""

from pathlib import Path

import pytest

from services.broker.folder import Folder
from services.broker.install import install
from services.broker.installation import Installation
from services.broker.jars import pinned
from services.broker.launch import Launch
from services.broker.supervision import running
from tests.broker.processes import first_line, python

SECOND_TIME = """
import sys
from pathlib import Path
from services.broker.install import install

install(Path(sys.argv[1]))
print("jgo" in sys.modules, flush=True)
"""
KILLED = """
import os, signal, sys
from pathlib import Path
from services.broker.install import install

def killed(done: int, total: int) -> None:
    if done == 3:
        os.kill(os.getpid(), signal.SIGKILL)

install(Path(sys.argv[1]), killed)
"""


def test_every_jar_is_pinned_by_its_digest() -> None:
    assert "kafka_2.13-4.3.1.jar" in pinned()
    assert all(len(digest) == 64 for digest in pinned().values())


@pytest.mark.kafka
def test_the_second_installation_asks_no_registry(home: Path) -> None:
    install(home)
    with python(SECOND_TIME, home) as process:
        assert first_line(process) == "False"


@pytest.mark.kafka
def test_a_killed_installation_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    installation = Installation.under(tmp_path)
    with python(KILLED, tmp_path) as process:
        assert process.wait() == -9
    assert 0 < len(list(installation.jars.glob("*.jar"))) < len(pinned())
    assert not installation.jars_complete.exists()
    seen: list[tuple[int, int]] = []
    install(tmp_path, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(pinned()), len(pinned()))
    assert {jar.name for jar in installation.jars.iterdir()} == set(pinned())
    assert installation.archive.exists()


@pytest.mark.kafka
@pytest.mark.parametrize("archive", [None, b"", b"not an archive" * 10_000])
def test_a_missing_or_damaged_archive_only_costs_time(home: Path, tmp_path: Path, archive: bytes | None) -> None:
    installation = Installation(tmp_path / "kafka")
    installation.root.mkdir()
    installation.jars.symlink_to(install(home).jars)
    if archive is not None:
        installation.archive.write_bytes(archive)
    with running(Launch(installation=installation, folder=Folder(tmp_path / "data"), owned=True)) as address:
        assert address.startswith("127.0.0.1:")
