"""What tests of the vault share: each kind of store, empty. Where no PostgreSQL can run, they fail."""

from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.vault.people import People
from services.vault.settings import VaultSettings
from services.vault.vault import open_people
from tests.vault.postgres import Postgres, running_postgres

NewStore = Callable[[], VaultSettings]
"""Gives the settings of a vault whose store is empty."""


@pytest.fixture(scope="session")
def postgres() -> Generator[Postgres]:
    """Run a PostgreSQL for this session."""
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest) -> VaultSettings:
    """Settings of a vault, once for each kind of store."""
    if request.param == "sqlite":
        return VaultSettings()
    server: Postgres = request.getfixturevalue("postgres")
    return VaultSettings(store=SecretStr(server.new_database()))


@pytest.fixture
def people(settings: VaultSettings, tmp_path: Path) -> Generator[People]:
    """An empty store, open."""
    opened = open_people(settings, tmp_path)
    with closing(opened.store):
        yield opened
