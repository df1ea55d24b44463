"""What several tests against a broker are given."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.releases import CHECKOUT, Release
from tests.projector.groups import Log, logging_to
from tests.projector.workers import make_topics


@pytest.fixture
async def log(bootstrap: str) -> AsyncIterator[Log]:
    """Give a log with topics of the test's own."""
    async with logging_to(bootstrap) as own:
        yield own


@pytest.fixture
async def release(fresh_bootstrap: str, tmp_path: Path) -> Release:
    """Give this checkout's code over a log of its own, and a home of its own."""
    await make_topics(fresh_bootstrap)
    home = tmp_path / "home"
    home.mkdir()
    told = {"KVOTA_HOME": str(home), "KVOTA_KAFKA_BOOTSTRAP_SERVERS": fresh_bootstrap, "KVOTA_PROJECTOR_PORT": "0"}
    return Release(CHECKOUT, told)
