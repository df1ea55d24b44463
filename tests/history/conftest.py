"""An archive in a file of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from projections.projection import load_projections
from services.history.archive import Archive

PROJECTIONS = load_projections()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "history.duckdb"


@pytest.fixture
def archive(path: Path) -> Iterator[Archive]:
    with Archive(path, PROJECTIONS) as opened:
        yield opened
