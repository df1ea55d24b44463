"""What several tests against a broker are given."""

from collections.abc import AsyncIterator

import pytest

from tests.projector.groups import Log, logging_to


@pytest.fixture
async def log(bootstrap: str) -> AsyncIterator[Log]:
    """Give a log with topics of the test's own."""
    async with logging_to(bootstrap) as own:
        yield own
