"""An archive in a file of its own, and a broker of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from projections.projection import load_projections
from services.history.archive import Archive
from services.runtime.settings import KafkaSettings

PROJECTIONS = load_projections()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "history.duckdb"


@pytest.fixture
def archive(path: Path) -> Iterator[Archive]:
    with Archive(path, PROJECTIONS) as opened:
        yield opened


@pytest.fixture
def fresh_kafka(fresh_bootstrap: str) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=fresh_bootstrap, client_id="test")


@pytest.fixture
def piecemeal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pieces of two rows."""
    monkeypatch.setattr("services.history.keeping.PIECE", 2)
