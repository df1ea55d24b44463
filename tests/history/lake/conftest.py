"""Empty lakes: one in a folder, and one in an S3 and a PostgreSQL that are started for the tests."""

from collections.abc import Generator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.history.lake.lake import Lake
from services.history.lake.settings import LakeSettings
from tests.history.lake.lakes import Opened
from tests.history.lake.storage import new_bucket, running_s3
from tests.vault.postgres import Postgres, running_postgres

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def lake_postgres() -> Generator[Postgres]:
    """Run a PostgreSQL for this session."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def s3() -> Generator[str]:
    """Run an S3 for this session; where it answers."""
    with running_s3() as endpoint:
        yield endpoint


@pytest.fixture
def in_folder(tmp_path: Path) -> LakeSettings:
    """Have a lake of files, and its catalogue in one."""
    return LakeSettings(warehouse=(tmp_path / "warehouse").as_uri())


@pytest.fixture
def on_s3(s3: str, lake_postgres: Postgres) -> LakeSettings:
    """Have a lake in a bucket, and its catalogue in a database."""
    return LakeSettings(
        catalogue=SecretStr(lake_postgres.new_database()),
        warehouse=f"s3://{new_bucket(s3, next(_NUMBERS))}/kvota",
        s3_endpoint=s3,
        s3_access_key_id="kvota",
        s3_secret_access_key=SecretStr("of-no-use-elsewhere"),
    )


@pytest.fixture(params=["in_folder", "on_s3"])
def settings(request: pytest.FixtureRequest) -> LakeSettings:
    """An empty lake of each kind."""
    found: LakeSettings = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def opened(tmp_path: Path) -> Generator[Opened]:
    """Open lakes; they are closed when the test ends."""
    with ExitStack() as lakes:
        yield lambda settings: lakes.enter_context(Lake.open(settings, tmp_path, make=True))
